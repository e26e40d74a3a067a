# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Connections to the gateway that are too many: which of them go."""

import pytest

from exordos_mail.controlplane.gateway import door


class Guest:
    """A connection that remembers that it was ended."""

    def __init__(self) -> None:
        self.ended = False

    def abort(self) -> None:
        self.ended = True


def come(entrance: door.Door, source: str, number: int = 1) -> list[Guest]:
    """Let connections of one source in, and return them."""
    guests = [Guest() for _ in range(number)]
    assert all([entrance.enter(one, source) for one in guests])
    return guests


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
def test_a_source_is_an_address_or_a_64(first: str, second: str, same: bool) -> None:
    found = {door.source_of((one, 1)) for one in (first, second)}
    assert (len(found) == 1) is same


def test_the_oldest_of_a_source_goes_and_other_sources_stay() -> None:
    entrance = door.Door(10_000)
    (other,) = come(entrance, "b")
    guests = come(entrance, "a", door.STRANGERS_PER_SOURCE + 3)
    assert [one.ended for one in guests[:4]] == [True, True, True, False]
    assert not other.ended


def test_of_all_strangers_one_of_the_busiest_source_goes() -> None:
    entrance = door.Door(10_000)
    single = come(entrance, "single")
    sources = door.STRANGERS_MAX // door.STRANGERS_PER_SOURCE
    many = [come(entrance, f"s{n}", door.STRANGERS_PER_SOURCE) for n in range(sources)]
    assert not single[0].ended
    assert sum(one.ended for guests in many for one in guests) == 1


def test_a_node_is_no_stranger_and_stays() -> None:
    entrance = door.Door(10_000)
    (node,) = come(entrance, "a")
    entrance.introduce(node)
    come(entrance, "a", 2 * door.STRANGERS_PER_SOURCE)
    assert not node.ended


def test_descriptors_are_kept_back() -> None:
    entrance = door.Door(3)
    nodes = come(entrance, "a", 2)
    for one in nodes:
        entrance.introduce(one)
    (stranger,) = come(entrance, "b")
    (late,) = come(entrance, "c")
    assert stranger.ended and not late.ended
    entrance.introduce(late)
    assert not entrance.enter(Guest(), "d")
    entrance.leave(nodes[0])
    assert entrance.enter(Guest(), "d")


def test_who_has_left_counts_no_more() -> None:
    entrance = door.Door(10_000)
    for _ in range(3 * door.STRANGERS_PER_SOURCE):
        (guest,) = come(entrance, "a")
        entrance.leave(guest)
        assert not guest.ended
