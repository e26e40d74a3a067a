# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A list with bad recipients among good ones: the good ones get their mail."""

import collections.abc as cabc
import itertools
import pathlib

import pytest

from tests.clients import client as client_module
from tests.clients import everyone, letters, office
from tests.e2e import harness as harness_module

#: A domain that says that it takes no mail (RFC 7505).
NO_MAIL = "no-mail.test"
BAD = (
    "ann@no-such-domain.test",
    "ben@remote",
    f"cem@{NO_MAIL}",
    "dan@localhost",
    "eva@remote.tset",
)


@pytest.fixture(scope="module", autouse=True)
def null_mx(harness: harness_module.Harness) -> None:
    """Publish the records of a domain without mail."""
    harness.ctl("dns", "set", NO_MAIL, "MX", "0 .")
    harness.ctl("dns", "set", NO_MAIL, "A", "203.0.113.7")


def mixed(good: cabc.Iterable[str]) -> tuple[str, ...]:
    """Return good and bad recipients by turns, a bad one first."""
    pairs = itertools.zip_longest(BAD, good)
    return tuple(to for pair in pairs for to in pair if to is not None)


@everyone.each_that_ends_at_once
def test_bad_recipients_keep_no_mail_from_the_good_ones(
    the_office: office.Office,
    work: cabc.Iterator[pathlib.Path],
    client: client_module.Client,
) -> None:
    good = office.somebody(4)
    letter = letters.Letter(mixed(good), "To a list")
    outcome = the_office.send(client, next(work), letter)
    if client.goes_on:
        assert outcome.sent == 1, outcome.text
        assert outcome.refused == set(BAD), outcome.text
    else:
        # It gives up at the first one that is refused, and says which.
        assert outcome.sent == 0, outcome.text
        assert BAD[0] in outcome.text
        letter = letters.Letter(good, "To the rest of a list")
        outcome = the_office.send(client, next(work), letter)
        assert outcome.sent == 1, outcome.text
    the_office.arrived(letter, good)


@everyone.each_as_written
def test_an_address_with_a_blank_in_it_is_refused(
    the_office: office.Office,
    work: cabc.Iterator[pathlib.Path],
    client: client_module.Client,
) -> None:
    good = office.somebody(2)
    # What is left of a list that was split at blanks, or not split at all.
    bad = ("bo b@remote.test", "f=a dam@other.test")
    letter = letters.Letter(good, "To a list with blanks", blind=bad)
    outcome = the_office.send(client, next(work), letter)
    assert outcome.sent == 1, outcome.text
    assert outcome.refused == set(bad), outcome.text
    the_office.arrived(letter, good)
