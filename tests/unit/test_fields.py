# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

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
