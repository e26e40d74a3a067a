# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the command log keeps of a result."""

import typing as tp

import msgspec
import pytest

from exordos_mail.send.commands import summary


class Out(msgspec.Struct):
    id: str
    state: str
    attempts: int
    active: bool
    subject: str
    recipients: list[str]
    password: bytes


OUT = Out("m1", "queued", 2, True, "Private", ["r@example.net"], b"sealed")
KEPT = {"id": "m1", "state": "queued", "attempts": 2, "active": True}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (OUT, KEPT),
        ([OUT], KEPT),
        ([OUT, OUT], {"count": 2}),
        ((OUT, ["drafts"]), KEPT),
        (msgspec.structs.asdict(OUT), KEPT),
        (7, {"count": 7}),
        (True, {}),
        (None, {}),
        ("text", {}),
        ((), {}),
        (msgspec.Raw(b'{"id": "x"}'), {"repeated": True}),
    ],
)
def test_of(found: tp.Any, expected: dict[str, tp.Any]) -> None:
    assert summary.of(found) == expected
