# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which DNS records a domain wants, and their form in a zone file."""

import dataclasses

import dns.rdatatype
import dns.zone
import pytest

from exordos_mail.schema import dns_record as schema
from exordos_mail.standards.dns import dmarc, record, text, verdict, wanted, zone

KEY = wanted.Key("x1", "v=DKIM1; k=rsa; p=" + "A" * 392)
FACTS = wanted.Facts(
    "example.com", "mail.example.com", ipv4s=("203.0.113.7",), keys=(KEY,)
)
FULL = wanted.Facts(
    "example.com",
    "mail.example.com",
    zone="example.com",
    ipv4s=("203.0.113.7",),
    ipv6s=("2001:db8::7",),
    keys=(KEY, wanted.Key("x2", "", target="x2.keys.operator.example")),
    receives=True,
    dmarc_rua="dmarc@example.com",
    tls_rua="tls@example.com",
    mta_sts_id="20261129T0001",
    tlsa=("AB" * 32, "cd" * 32),
    signed=True,
    proof="exordos-mail=abc",
    web_names=("autoconfig",),
)


def of(facts: wanted.Facts, purpose: str) -> list[record.Record]:
    return [one for one in wanted.wanted(facts) if one.purpose == purpose]


def test_a_domain_that_only_sends_gets_what_sending_needs() -> None:
    assert [(one.purpose, one.name, one.type) for one in wanted.wanted(FACTS)] == [
        ("host", "mail.example.com", "A"),
        ("spf", "example.com", "TXT"),
        ("dkim", "x1._domainkey.example.com", "TXT"),
        ("dmarc", "_dmarc.example.com", "TXT"),
    ]


@pytest.mark.parametrize("purpose", ["mx", "tlsa", "srv", "mta_sts", "web"])
def test_what_receiving_needs_is_not_advised_before_it_receives(purpose: str) -> None:
    assert of(FULL, purpose)
    assert not of(dataclasses.replace(FULL, receives=False), purpose)


def test_mail_programs_find_mailboxes_where_there_are_some() -> None:
    found = {one.name: one.value for one in of(FULL, "srv")}
    assert set(found) == {f"_{one}._tcp.example.com" for one in _SENDING}
    facts = dataclasses.replace(FULL, mailboxes=True)
    found = {one.name: one.value for one in of(facts, "srv")}
    assert found == {
        f"_{name}._tcp.example.com": f"0 1 {port} {FULL.hostname}."
        for name, port in {**_SENDING, **_READING}.items()
    }
    facts = dataclasses.replace(facts, receives=False)
    assert not of(facts, "srv")


_SENDING = {"submissions": 465, "submission": 587}
_READING = {"imaps": 993, "imap": 143, "pop3s": 995, "pop3": 110, "sieve": 4190}


@pytest.mark.parametrize("hostname", ["example.com", "mx.operator.example"])
def test_no_address_is_advised_at_an_apex_or_in_another_domain(hostname: str) -> None:
    facts = dataclasses.replace(FULL, hostname=hostname)
    assert not of(facts, "host")
    apex = dataclasses.replace(FULL, zone="mail.example.com")
    assert not of(apex, "host")


def test_host_that_bounces_come_to_is_a_sender_too() -> None:
    facts = dataclasses.replace(FACTS, returns=True)
    text = "v=spf1 a:mail.example.com ~all"
    assert {one.name: one.value for one in of(facts, "spf")} == {
        "mail.example.com": text,
        "example.com": text,
    }
    for change in ({"smarthost": "smtp.example.net"}, {"hostname": "mx.far.example"}):
        assert len(of(dataclasses.replace(facts, **change), "spf")) == 1


def test_spf_names_the_host_and_addresses_only_for_a_host_at_the_apex() -> None:
    assert of(FACTS, "spf")[0].value == "v=spf1 a:mail.example.com ~all"
    apex = dataclasses.replace(FULL, hostname="example.com")
    assert of(apex, "spf")[0].value == "v=spf1 ip4:203.0.113.7 ip6:2001:db8::7 ~all"


def test_dmarc_has_no_pct_and_reports_by_choice() -> None:
    assert of(FACTS, "dmarc")[0].value == "v=DMARC1; p=none"
    full = of(FULL, "dmarc")[0].value
    assert full == "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    assert not dmarc.problem(full)


def test_tlsa_of_both_keys_is_for_signed_zones() -> None:
    assert [one.value for one in of(FULL, "tlsa")] == [
        "3 1 1 " + "ab" * 32,
        "3 1 1 " + "cd" * 32,
    ]
    assert not of(dataclasses.replace(FULL, signed=False), "tlsa")


def test_a_key_is_a_text_or_an_alias_and_gone_when_it_is_retired() -> None:
    assert [(one.type, one.value) for one in of(FULL, "dkim")] == [
        ("TXT", KEY.value),
        ("CNAME", "x2.keys.operator.example."),
    ]
    retired = dataclasses.replace(KEY, state="retired")
    assert not of(dataclasses.replace(FULL, keys=(retired,)), "dkim")


def test_the_snippet_is_read_by_a_zone_parser_as_what_is_wanted() -> None:
    records = wanted.wanted(FULL)
    head = "@ 3600 IN SOA ns. h. 1 2 3 4 5\n@ 3600 IN NS ns.example.org.\n"
    found = dns.zone.from_text(
        head + zone.snippet("example.com", records), "example.com.", relativize=False
    )
    for one in records:
        kind = dns.rdatatype.from_text(one.type)
        texts = {
            b"".join(data.strings).decode() if one.type == "TXT" else data.to_text()
            for data in found.find_rdataset(one.name + ".", kind)
        }
        assert one.value in texts


def test_a_long_text_is_split_and_its_quotes_are_escaped() -> None:
    assert [len(one) for one in text.strings("x" * 600)] == [255, 255, 90]
    assert text.quoted('a"b\\c') == '"a\\"b\\\\c"'


@pytest.mark.parametrize(
    "octets",
    [b"a\x00b\r\n\x1b[31m", "\u202eevil".encode(), b"\xff\xfe", b"\\"],
)
def test_a_text_of_the_dns_is_one_printable_line(octets: bytes) -> None:
    assert text.plain(octets).isascii()
    assert text.plain(octets).isprintable()


def test_only_so_much_of_a_text_is_shown() -> None:
    assert len(text.shown("x" * 65_000)) < 700
    assert len(text.shown_all(str(one) for one in range(100))) == text.SHOWN_COUNT


def test_the_noun_has_the_words_of_the_standards():
    """They stand in two places, since `schema` imports nothing of ours."""
    assert schema.TYPES == record.TYPES
    assert schema.PURPOSES == record.PURPOSES
    assert schema.STATES == verdict.STATES


def test_a_name_without_room_below_the_longest_domain_is_not_wanted():
    domain = ".".join(["a" * 49] * 5) + ".org"
    found = wanted.wanted(wanted.Facts(domain, domain, keys=(KEY,), proof="x"))
    assert found
    assert all(len(one.name) <= wanted.NAME_MAX for one in found)
