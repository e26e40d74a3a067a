# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Ids of new rows."""

import uuid

from exordos_mail.send import ids


def test_ids_are_uuid_7_and_rise() -> None:
    made = ids.Generator()
    found = made.take(1000, 1_700_000_000_000) + made.take(1000, 1_700_000_000_000)
    # The clock was set back: order holds all the same.
    found += made.take(10, 1_600_000_000_000)
    assert found == sorted(found)
    assert len(set(found)) == len(found)
    for one in found[::97]:
        parsed = uuid.UUID(one)
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert uuid.UUID(found[0]).int >> 80 == 1_700_000_000_000


def test_two_processes_do_not_collide() -> None:
    one, other = (ids.Generator().take(1000, 1_700_000_000_000) for _ in range(2))
    assert not set(one) & set(other)
