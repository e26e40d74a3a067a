#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Texts from nodes and from Core become reasons of a status."""

import hypothesis
import hypothesis.strategies as st
import pytest

from exordos_mail.controlplane.dm import fields
from exordos_mail.controlplane.dm import types as mail_types


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ""),
        ("exim is down", "exim is down"),
        ("  a\n\tb\r\n c\0d\x7f ", "a b c d"),
        ("x" * 5000, "x" * fields.REASON_MAX),
    ],
)
def test_any_text_becomes_one_line(text: str, reason: str) -> None:
    assert fields.as_reason(text) == reason


@hypothesis.given(st.text())
def test_every_reason_can_be_stored(text: str) -> None:
    kind = mail_types.Line("reason", max_length=fields.REASON_MAX)
    reason = fields.as_reason(text)
    assert kind.validate(reason)
    reason.encode()
