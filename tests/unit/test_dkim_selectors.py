# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Selectors: no two keys of a domain share one."""

import datetime
import re
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dkim import naming
from exordos_mail.standards import dkim, dkim_selector, rule

_DAY = datetime.date(2026, 1, 31)
# Identifiers that a client may choose, next to each other.
_INSTANCES = [sys_uuid.UUID(int=n) for n in range(100)]


def test_selectors_of_a_day_are_of_the_instance_and_the_algorithm() -> None:
    found = [
        dkim_selector.of_day(one, kind, _DAY, ())
        for one in _INSTANCES
        for kind in dkim.ALGORITHMS
    ]
    assert len(set(found)) == 200
    assert re.fullmatch("x20260131-[0-9a-f]{12}r", found[0])
    assert re.fullmatch("x20260131-[0-9a-f]{12}e", found[1])


def test_many_keys_of_one_day_have_selectors_of_their_own() -> None:
    taken: list[str] = []
    for _ in range(30):
        taken.append(dkim_selector.of_day(_INSTANCES[0], "rsa-sha256", _DAY, taken))
    assert len(set(taken)) == 30
    assert all(dkim_selector.check_selector(one) for one in taken)


def test_fixed_selectors_are_three_for_each_instance() -> None:
    found = [dkim_selector.fixed(one) for one in _INSTANCES]
    assert len({name for names in found for name in names}) == 300
    assert found[5] == dkim_selector.fixed(_INSTANCES[5])


def test_a_deleted_keys_selector_is_not_given_again_unless_it_is_a_fixed_one() -> None:
    own = naming.KeyScheme(_INSTANCES[0], "example.com", aliased=False)
    first = own.free("rsa-sha256", (), _DAY)
    assert first is not None
    assert own.free("rsa-sha256", (), _DAY, {first}) == f"{first}2"
    aliased = naming.KeyScheme(_INSTANCES[0], "example.com", aliased=True)
    name = aliased.fixed[0]
    # There are but three: it waits for caches instead (`dkim_life`).
    assert aliased.free("rsa-sha256", (), _DAY, {name}) == name


def test_targets_in_the_operators_zone_are_apart() -> None:
    zone = "mail.cloud.example"
    names = {
        dkim_selector.target(selector, domain, zone)
        for one in _INSTANCES[:5]
        for selector in dkim_selector.fixed(one)
        for domain in ("example.com", "example.org", "d" * 63 + ".example")
    }
    assert len(names) == 45
    assert all(name.endswith("._domainkey.mail.cloud.example") for name in names)


@pytest.mark.parametrize("good", ["a", "s1", "x-1", "2026", "a" * 63])
def test_a_label_may_be_a_selector(good) -> None:
    assert dkim_selector.check_selector(good) == good


@pytest.mark.parametrize(
    "bad",
    ["", "-a", "a-", "A", "a.b", "a b", "a\n", "ä", "a" * 64, "*", None, 1, ["a"]],
)
def test_anything_else_may_not(bad) -> None:
    # RFC 6376 section 3.1 has dots, too; one label is enough for everybody.
    with pytest.raises(rule.RuleError, match="lower-case letters"):
        dkim_selector.check_selector(bad)
