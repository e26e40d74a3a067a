# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whether an authority of certificates would see a record, by what servers say."""

import pytest

from exordos_mail.controlplane.certificates import published
from exordos_mail.controlplane.dns.publish import step
from exordos_mail.standards.dns import shown
from exordos_mail.standards.dns.record import CHALLENGE, Record
from exordos_mail.standards.dns.verdict import Answer

NAME = "_acme-challenge.mail.example.com"
ONE, TWO = "one", "two"


def _answers(*said: str | tuple[str, ...]) -> list[Answer]:
    """Return answers of servers: their texts, or how they fail."""
    return [
        Answer(f"ns{number}", one)
        if isinstance(one, str)
        else Answer(f"ns{number}", "answered" if one else "nxdomain", one)
        for number, one in enumerate(said, 1)
    ]


@pytest.mark.parametrize(
    ("said", "everywhere", "enough"),
    [
        ([(ONE,), (ONE, "of others")], True, True),
        ([(ONE,), ()], False, False),
        ([(ONE,), ("of others",)], False, False),
        ([(ONE,), "silent"], False, True),
        ([(ONE,), "servfail", ()], False, False),
        (["silent", "lame"], False, False),
        ([], False, False),
    ],
)
def test_all_servers_show_it_or_do_not_answer(
    said: list[str | tuple[str, ...]], everywhere: bool, enough: bool
) -> None:
    found = shown.of_texts(_answers(*said), [ONE])
    assert (found.everywhere, found.enough) == (everywhere, enough)


def test_each_server_shows_all_of_them() -> None:
    assert not shown.of_texts(_answers((ONE,), (TWO,)), [ONE, TWO]).enough
    assert shown.of_texts(_answers((TWO, ONE)), [ONE, TWO]).everywhere


def test_the_reason_names_who_denies_it_first() -> None:
    found = shown.of_texts(_answers("silent", (ONE,), (), "refused", "lame"), [ONE])
    assert found.reason == (
        "ns3 does not show it; ns1 does not answer; ns4 refuses to answer (and 1 more)"
    )


def test_challenges_of_several_orders_stand_beside_each_other() -> None:
    mine = Record(NAME, "TXT", ONE, CHALLENGE, False)
    found = step.step((NAME, "TXT"), [mine], (), {TWO})
    assert (found.add, found.remove) == ((mine,), ())


def test_a_challenge_that_is_over_goes_and_the_next_one_comes() -> None:
    mine = Record(NAME, "TXT", ONE, CHALLENGE, False)
    found = step.step((NAME, "TXT"), [mine], {"former"}, {"former", TWO})
    assert (found.add, found.remove) == ((mine,), ("former",))


def test_parents_of_a_name_are_whole_labels() -> None:
    assert published.with_parents("a.b.test") == ["a.b.test", "b.test", "test"]
