# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A check of a domain whose servers say odd things: it always ends with verdicts."""

import asyncio

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.rrset
import hypothesis
from hypothesis import strategies as st
from oslo_config import cfg
import pytest

from exordos_mail.controlplane import dns_options
from exordos_mail.controlplane.dns import exchange, inspection
from exordos_mail.standards.dns import verdict, wanted

RESOLVER, SERVER = "resolver", "192.0.2.1"
LONG = ".".join(["a" * 60] * 4)[:240]


@pytest.fixture(autouse=True)
def options() -> None:
    """Documentation addresses are the internet here."""
    cfg.CONF([], project="test")
    cfg.CONF.set_override("dns_private_networks", ["192.0.2.0/24"], group="mail")


class World:
    """All of the DNS: one zone, one server, and a text wherever one is asked for.

    Args:
        zone: its apex.
        text: the one text.
    """

    def __init__(self, zone: str, *texts: bytes) -> None:
        self.zone = dns.name.from_text(zone)
        self.texts = texts
        self.asked = 0

    async def ask(
        self, query: dns.message.QueryMessage, address: str, budget: exchange.Budget
    ) -> dns.message.Message:
        """Answer as the resolver or the server."""
        self.asked += 1
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA | dns.flags.RA
        name, kind = query.question[0].name, query.question[0].rdtype
        given = {
            dns.rdatatype.SOA: f"ns.{self.zone} h.{self.zone} 1 2 3 4 5",
            dns.rdatatype.NS: f"ns.{self.zone}",
            dns.rdatatype.A: SERVER,
        }.get(kind)
        if kind == dns.rdatatype.TXT and self.texts:
            rrset = dns.rrset.RRset(name, dns.rdataclass.IN, kind)
            for text in self.texts:
                parts = [text[i : i + 255] for i in range(0, len(text), 255)] or [b""]
                rrset.add(
                    dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, kind, parts), ttl=60
                )
            answer.answer.append(rrset)
        elif given and (kind != dns.rdatatype.SOA or name == self.zone):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, given))
        else:
            soa = f"ns.{self.zone} h.{self.zone} 1 2 3 4 5"
            answer.authority.append(
                dns.rrset.from_text(self.zone, 60, "IN", "SOA", soa)
            )
        return answer


def check(world: World, domain: str) -> inspection.Report:
    facts = wanted.Facts(
        domain,
        f"mail.{domain}",
        ipv4s=("192.0.2.7",),
        reverse=("192.0.2.7", "2001:db8::7"),
        keys=(wanted.Key("x1", "v=DKIM1; k=rsa; p=QUJD"),),
        receives=True,
        dmarc_rua="d@example.com",
        tls_rua="t@example.com",
        mta_sts_id="1",
        proof="exordos-mail=x",
        web_names=("autoconfig",),
    )
    return asyncio.run(inspection.inspect(facts, [RESOLVER], ask=world.ask))


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(
    texts=st.lists(st.binary(max_size=400), max_size=4),
    begin=st.sampled_from([b"", b"v=spf1 ", b"v=DMARC1; ", b"v=DKIM1; ", b"v=STSv1;"]),
)
def test_whatever_texts_there_are_a_check_ends_with_verdicts(
    texts: list[bytes], begin: bytes
) -> None:
    report = check(World("example.com", *(begin + one for one in texts)), "example.com")
    assert report.answered
    for _, found in report.judged:
        assert found.state in verdict.STATES
        for text in (*found.found, found.fix):
            assert text.isascii()
            assert text.isprintable()
            assert len(text) <= 1024


@pytest.mark.parametrize(
    "terms",
    [
        f"a:{LONG}.{LONG}",
        "a:%{i}._spf.example.com exists:%{ir}.%{v}.%{l}.%{o}.example.com",
        "include:a\\\\.example.com a:.. a:-",
        "a:" + "x" * 64 + ".example.com",
        "ptr ptr:example.com mx mx:example.com",
        "redirect=example.com",
        "exp=%{p}.example.com -all",
    ],
)
def test_odd_names_in_spf_end_no_check(terms: str) -> None:
    report = check(World("example.com", f"v=spf1 {terms}".encode()), "example.com")
    (found,) = [one for record, one in report.judged if record.purpose == "spf"]
    assert found.state in ("ok", "wrong", "waiting")


@pytest.mark.parametrize(
    "domain",
    ["xn--bcher-kva.example", "_under.example.com", "a.b.c.d.e.example", LONG],
)
def test_every_domain_that_may_be_one_is_checked(domain: str) -> None:
    world = World(domain, b"v=DMARC1; p=none; rua=mailto:d@example.com")
    report = check(world, domain)
    states = {record.purpose: found.state for record, found in report.judged}
    assert report.zone.apex == domain
    assert states["dmarc"] == ("ok" if len(domain) < 200 else states["dmarc"])
    assert world.asked < 120


def test_servers_that_are_not_public_are_not_asked() -> None:
    cfg.CONF.set_override("dns_private_networks", [], group="mail")
    world = World("example.com", b"v=spf1 -all")
    report = check(world, "example.com")
    assert {found.state for _, found in report.judged} == {"unreachable"}
    assert "no address in the public internet" in report.judged[0][1].found[0]
    for address in (
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "224.0.0.1",
        "x",
    ):
        assert not dns_options.may_ask(address)
    assert dns_options.may_ask("1.1.1.1")
