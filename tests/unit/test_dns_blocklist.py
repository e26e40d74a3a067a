# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Blocklists: names that are asked, and what the operator may choose.

What lists say has a table of its own: tests/integration/controlplane_dns.
"""

import pathlib

from oslo_config import cfg
import pytest

from exordos_mail.controlplane import dns_options  # noqa: F401 its options are used
from exordos_mail.controlplane.dns import leaving
from exordos_mail.standards.dns import blocklist, wanted
from exordos_mail.standards.dns.verdict import Answer

HAS = Answer("r", "answered", ("127.0.0.2",))
NONE = Answer("r", "nxdomain")


def test_names_are_those_of_rfc_5782() -> None:
    assert blocklist.name("192.0.2.99", "bl.example") == "99.2.0.192.bl.example"
    assert blocklist.name("2001:db8::7", "bl.example") == (
        f"7{'.0' * 23}.8.b.d.0.1.0.0.2.bl.example"
    )
    assert blocklist.name(blocklist.points("2001:db8::7")[0], "bl.example") == (
        f"2.0.0.0.0.0.f.7.f.f.f.f{'.0' * 20}.bl.example"
    )
    assert blocklist.points("192.0.2.99") == ("127.0.0.2", "127.0.0.1")


@pytest.mark.parametrize(
    ("address", "has", "has_not", "state"),
    [
        (NONE, HAS, NONE, "ok"),
        (HAS, HAS, NONE, "wrong"),
        (HAS, NONE, NONE, "unreachable"),
        (NONE, NONE, NONE, "unreachable"),
        (HAS, HAS, HAS, "unreachable"),
        (Answer("r", "silent"), HAS, NONE, "unreachable"),
        # who does not know whether the list is one says nothing
        (HAS, Answer("r", "servfail"), NONE, "unreachable"),
        (HAS, HAS, Answer("r", "silent"), "unreachable"),
        (Answer("r", "answered", ("127.255.255.254",)), HAS, NONE, "waiting"),
        (NONE, Answer("r", "answered", ("127.255.255.255",)), NONE, "waiting"),
        (Answer("r", "answered", ("198.51.100.1",)), HAS, NONE, "unreachable"),
    ],
)
def test_a_listing_counts_of_a_list_that_is_one(
    address: Answer, has: Answer, has_not: Answer, state: str
) -> None:
    said = blocklist.Said(address, (), has, has_not)
    found = blocklist.judge("192.0.2.99", "bl.example", said)
    assert found.state == state
    assert bool(found.fix) is (state != "ok")


def test_no_list_is_asked_unless_the_operator_chooses_it(
    tmp_path: pathlib.Path,
) -> None:
    row = {
        "primary": True,
        "ipsv4": ["1.1.1.1"],
        "smarthost": None,
        "outbound_family": "any",
        "outbound_address": None,
    }
    cfg.CONF([], project="test")
    cfg.CONF.clear_override("dns_blocklists", group="mail")
    assert leaving.of(row)["blocklists"] == ()
    config = tmp_path / "mail.conf"
    config.write_text("[mail]\ndns_blocklists = BL.example., other.example\n")
    try:
        cfg.CONF(["--config-file", str(config)], project="test")
        facts = wanted.Facts("example.com", "mail.example.com", **leaving.of(row))
    finally:
        cfg.CONF([], project="test")
    assert [one.name for one in blocklist.records(facts)] == [
        "1.1.1.1.bl.example",
        "1.1.1.1.other.example",
    ]
    assert not [one for one in wanted.wanted(facts) if one.purpose == "blocklist"]
