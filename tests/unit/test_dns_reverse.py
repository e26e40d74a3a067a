# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Reverse DNS: which addresses it is judged of, whom each sentence says to ask.

Single faults have a table of their own: tests/integration/controlplane_dns.
"""

import typing as tp

from oslo_config import cfg
import pytest

from exordos_mail.controlplane import dns_options  # noqa: F401 its options are used
from exordos_mail.controlplane.dns import leaving
from exordos_mail.standards.dns import reverse, wanted, zone
from exordos_mail.standards.dns.verdict import FAILURES, Answer, Context, Verdict

OURS, HOST = "203.0.113.7", "mail.example.com"
FACTS = wanted.Facts(
    "example.com", HOST, ipv4s=(OURS,), sources=(OURS,), reverse=(OURS,)
)
WISH = reverse.record(OURS, HOST)
GOOD = Verdict("ok", WISH.value, (WISH.value,))
OWNER = f"Ask the owner of the address {OURS}, usually the hosting provider: "
ROW = {
    "primary": True,
    "ipsv4": ["1.1.1.1"],
    "smarthost": None,
    "outbound_family": "any",
    "outbound_address": None,
}


@pytest.fixture(autouse=True)
def options() -> None:
    """No network counts as public but those that are."""
    cfg.CONF([], project="test")
    cfg.CONF.set_override("dns_private_networks", [], group="mail")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (OURS, "7.113.0.203.in-addr.arpa"),
        ("2001:db8::7", f"7{'.0' * 23}.8.b.d.0.1.0.0.2.ip6.arpa"),
    ],
)
def test_a_reverse_name_is_that_of_the_address(address: str, name: str) -> None:
    found = reverse.record(address, HOST)
    assert (found.name, found.type, found.value) == (name, "PTR", f"{HOST}.")


def test_nobody_is_told_to_publish_it_and_nobody_publishes_it() -> None:
    """The zone text and the publisher have `wanted` alone."""
    assert [one.purpose for one in reverse.records(FACTS)] == ["ptr"]
    records = wanted.wanted(FACTS)
    assert not [one for one in records if one.purpose == "ptr" or one.type == "PTR"]
    assert "arpa" not in zone.snippet("example.com", records)


@pytest.mark.parametrize("kind", [*FAILURES, "nodata", "nxdomain"])
def test_each_sentence_says_whom_to_ask(kind: str) -> None:
    answers = [Answer("ns1 (192.0.2.1)", kind, alias="7.part.example")]
    found = reverse.judge(OURS, WISH, answers, Context())
    absent = kind in ("nodata", "nxdomain", "loop")
    assert found.state == ("missing" if absent else "unreachable")
    assert found.fix.startswith(OWNER)
    assert not reverse.judge(
        OURS, WISH, [Answer("ns1", "answered", (WISH.value,))], Context()
    ).fix


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([(OURS,)], "ok"),
        ([(OURS, "198.51.100.9")], "ok"),
        ([(OURS,), ()], "waiting"),
        ([("198.51.100.9",)], "wrong"),
        ([("198.51.100.9",), ()], "wrong"),
        ([], "waiting"),
    ],
)
def test_the_name_has_to_lead_back(said: list[tuple[str, ...]], state: str) -> None:
    answers = [Answer("ns", "answered" if one else "nodata", one) for one in said]
    found = reverse.way_back(OURS, WISH, GOOD, answers)
    assert found.state == state
    assert bool(found.fix) is (state != "ok")


def test_no_answer_about_the_host_is_no_fault_of_the_record() -> None:
    silent = [Answer("ns", "silent"), Answer("ns", "lame")]
    assert reverse.way_back(OURS, WISH, GOOD, silent).state == "waiting"


def test_an_ipv6_address_leads_back_in_whatever_form() -> None:
    wish = reverse.record("2001:db8::7", HOST)
    answers = [Answer("ns", "answered", ("2001:0db8:0:0::0007",))]
    assert reverse.way_back("2001:db8::7", wish, GOOD, answers).state == "ok"
    assert reverse.kind_of("2001:db8::7") == "AAAA"


@pytest.mark.parametrize(
    ("changes", "addresses"),
    [
        ({}, ("1.1.1.1",)),
        ({"ipsv4": ["1.1.1.1", "9.9.9.9"]}, ("1.1.1.1", "9.9.9.9")),
        ({"ipsv4": []}, ()),
        # the host's affair, which the primary domain has
        ({"primary": False}, ()),
        # its operator's
        ({"smarthost": "smtp.example.net"}, ()),
        # no receiver sees it
        ({"ipsv4": ["10.0.0.7"]}, ()),
        ({"ipsv4": ["10.0.0.7", "1.1.1.1"]}, ("1.1.1.1",)),
        ({"outbound_family": "ipv4"}, ("1.1.1.1",)),
        ({"outbound_family": "ipv6"}, ()),
        ({"outbound_address": "9.9.9.9"}, ("9.9.9.9",)),
        ({"outbound_address": "2606:4700::1111"}, ("2606:4700::1111",)),
        # of a machine behind a gateway
        ({"outbound_address": "10.0.0.7"}, ("1.1.1.1",)),
    ],
)
def test_it_is_judged_of_the_addresses_that_receivers_see(
    changes: dict[str, tp.Any], addresses: tuple[str, ...]
) -> None:
    assert leaving.of({**ROW, **changes})["reverse"] == addresses


def test_an_address_of_the_tenants_choice_is_the_hosts_and_in_spf() -> None:
    row = {**ROW, "outbound_address": "2606:4700::1111"}
    facts = wanted.Facts("example.com", HOST, **leaving.of(row))
    hosts = [one for one in wanted.wanted(facts) if one.purpose == "host"]
    assert [(one.type, one.value) for one in hosts] == [
        ("A", "1.1.1.1"),
        ("AAAA", "2606:4700::1111"),
    ]
    assert wanted.mechanisms(facts) == [f"a:{HOST}", "ip6:2606:4700::1111"]
    told = leaving.of({**ROW, "outbound_address": "1.1.1.1"})
    assert wanted.mechanisms(wanted.Facts("example.com", HOST, **told)) == [f"a:{HOST}"]


@pytest.mark.parametrize(
    ("smarthost", "mechanism"),
    [
        ("smtp.example.net", "a:smtp.example.net"),
        ("198.51.100.25", "ip4:198.51.100.25"),
        ("2001:db8::25", "ip6:2001:db8::25"),
    ],
)
def test_spf_names_the_smarthost_and_not_the_machine(
    smarthost: str, mechanism: str
) -> None:
    facts = wanted.Facts(
        "example.com", HOST, **leaving.of({**ROW, "smarthost": smarthost})
    )
    assert wanted.spf(facts) == f"v=spf1 {mechanism} ~all"
