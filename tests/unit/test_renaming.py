# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which of several accounts can get the addresses that they want."""

import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import renaming

UUIDS = {name: sys_uuid.UUID(int=n) for n, name in enumerate("abcde", 1)}


@pytest.mark.parametrize(
    ("wanted", "failing"),
    [
        ({"a": "free"}, ""),
        ({"a": "b"}, "a"),
        ({"a": "b", "b": "a"}, ""),
        ({"a": "b", "b": "c", "c": "a"}, ""),
        ({"a": "b", "b": "free"}, ""),
        ({"a": "b", "b": "c", "c": "d"}, "abc"),
        ({"a": "free", "b": "free"}, "b"),
        ({"a": "b", "c": "b", "b": "free"}, "c"),
        ({"a": "b", "b": "free", "c": "free"}, "c"),
        ({"c": "free", "a": "b", "b": "free"}, "ab"),
    ],
)
def test_who_cannot_get_an_address(wanted: dict[str, str], failing: str) -> None:
    found = renaming.clashing(
        {UUIDS[one]: (address, "example.com") for one, address in wanted.items()},
        {(name, "example.com"): uuid for name, uuid in UUIDS.items()},
    )
    assert found == {UUIDS[one] for one in failing}
