# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the publisher of records does in one set of them, and what it leaves alone."""

import pytest

from exordos_mail.controlplane.dns.publish import publisher, step, update_server
from exordos_mail.standards.dns.record import Record

SPF = Record("example.com", "TXT", "v=spf1 a:mx.example.com ~all", "spf", True)
MX = Record("example.com", "MX", "10 mx.example.com.", "mx", True)
TLSA = Record("_25._tcp.mx.example.com", "TLSA", "3 1 1 " + "ab" * 32, "tlsa", False)
ALIAS = Record("mta-sts.example.com", "CNAME", "mx.example.com.", "web", False)
TEXTS, EXCHANGES = ("example.com", "TXT"), ("example.com", "MX")


def test_what_is_missing_is_added() -> None:
    found = step.step(TEXTS, [SPF, MX], (), ())
    assert (found.add, found.remove, found.changes) == ((SPF,), (), True)


def test_what_is_there_costs_nothing() -> None:
    found = step.step(TEXTS, [SPF], {SPF.value}, {SPF.value})
    assert (found.add, found.changes) == ((), False)


def test_what_is_wanted_no_more_goes_and_only_that() -> None:
    old = "v=spf1 a:old.example.com ~all"
    found = step.step(TEXTS, [SPF], {old}, {old, "verification=1"})
    assert (found.add, found.remove) == ((SPF,), (old,))


def test_a_foreign_value_is_never_removed() -> None:
    found = step.step(TEXTS, [], (), {"v=spf1 -all", SPF.value})
    assert (found.add, found.remove, found.changes) == ((), (), False)


def test_what_somebody_else_published_is_not_taken_over() -> None:
    found = step.step(TEXTS, [SPF], (), {SPF.value})
    assert (found.add, found.remove, found.changes) == ((), (), False)


def test_a_second_spf_record_is_refused_and_other_texts_are_not() -> None:
    with pytest.raises(step.Conflict, match="not ours: V=SPF1 -all"):
        step.step(TEXTS, [SPF], (), {"V=SPF1 -all"})
    assert step.step(TEXTS, [SPF], (), {"verification=1"}).add == (SPF,)


@pytest.mark.parametrize("record", [MX, ALIAS], ids=lambda one: str(one.type))
def test_a_foreign_record_is_a_conflict(record: Record) -> None:
    key = (record.name, record.type)
    with pytest.raises(step.Conflict, match="that is not ours"):
        step.step(key, [record], (), {"10 other.example.net."})


def test_records_of_other_certificates_stand_beside_ours() -> None:
    key = (TLSA.name, TLSA.type)
    assert step.step(key, [TLSA], (), {"3 1 1 " + "cd" * 32}).add == (TLSA,)


def test_a_record_that_somebody_removed_comes_back() -> None:
    assert step.step(EXCHANGES, [MX], {MX.value}, ()).add == (MX,)


def test_a_hostile_value_makes_a_short_and_plain_text() -> None:
    with pytest.raises(step.Conflict) as caught:
        step.step(TEXTS, [SPF], (), {"v=spf1 \x1b[2J\xff" + "x" * 5000})
    assert len(str(caught.value)) < 300


def test_sets_are_looked_at_once_the_wanted_ones_first() -> None:
    found = step.keys([SPF, MX], [("old.example.com", "A"), TEXTS])
    assert found == [TEXTS, EXCHANGES, ("old.example.com", "A")]


@pytest.mark.parametrize("length", [0, 1, 255, 256, 600])
def test_texts_are_split_and_put_together(length: int) -> None:
    text = 'a"\\' * 200
    rdata = update_server.rdata("TXT", text[:length])
    assert all(len(one) <= 255 for one in rdata.strings)  # type: ignore[attr-defined]
    assert update_server.value(rdata) == text[:length]


def test_tries_become_rare_and_never_end() -> None:
    assert 5 <= publisher.delay(1) <= 6
    assert 10 <= publisher.delay(2) <= 12
    assert 3600 <= publisher.delay(10_000) <= 3600 * 1.2
