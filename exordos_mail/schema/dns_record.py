# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A DNS record that a domain needs, and what the DNS has in its place."""

import typing as tp

from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

#: Types and purposes of records, as `standards.dns.record` has them.
TYPES = ("A", "AAAA", "CNAME", "MX", "PTR", "SRV", "TLSA", "TXT")
PURPOSES = (
    "proof",
    "spf",
    "dkim",
    "dmarc",
    "host",
    "ptr",
    "blocklist",
    "mx",
    "tlsa",
    "srv",
    "mta_sts",
    "web",
    "tls_rpt",
)
#: States, as `standards.dns.verdict` has them.
STATES = (
    "ok",
    "missing",
    "wrong",
    "truncated",
    "duplicate",
    "waiting",
    "unreachable",
    "insecure",
)
#: Longest texts in characters.
VALUE_MAX, EXPECTED_MAX, FIX_MAX = 4096, 8192, 1024


def _told(name: str, text: str, example: str, most: int, **more: tp.Any) -> Field:
    given = {"default": "", "least": 0, "most": most, "access": Access.READ_ONLY}
    return Field(name, Kind.LINE, text, example, **{**given, **more})


def _word(name: str, words: tuple[str, ...], text: str, example: str) -> Field:
    return Field(
        name,
        Kind.WORD,
        text,
        example,
        default=words[0],
        words=words,
        access=Access.READ_ONLY,
        sortable=True,
    )


def _moment(name: str, text: str) -> Field:
    example = "2026-01-31T12:00:00Z"
    return Field(
        name, Kind.MOMENT, text, example, nullable=True, access=Access.READ_ONLY
    )


NOUN = Noun(
    "dns_record",
    "dns_records",
    "A DNS record of a domain, and what is found of it.",
    (
        _told(
            "name",
            "Owner name, complete and without a dot at the end.",
            "_dmarc.example.com",
            253,
            sortable=True,
        ),
        _word("type", TYPES, "Type of the record.", "TXT"),
        _told(
            "value",
            "What to publish: of TXT the whole text without quotes, of the others as in"
            " a zone file. The owner of the address publishes a PTR record. Empty:"
            " nothing should stand there.",
            "v=DMARC1; p=none",
            VALUE_MAX,
        ),
        _word("purpose", PURPOSES, "What it is for.", "dmarc"),
        Field(
            "required",
            Kind.FLAG,
            "Whether mail suffers without it; false: it is advised.",
            True,
            default=True,
            access=Access.READ_ONLY,
            sortable=True,
        ),
        _word(
            "state",
            STATES,
            "What the authoritative servers say. ok: all show it. missing, wrong,"
            " truncated, duplicate: none shows it as it should be. waiting: not looked"
            " at yet, or only some show it. unreachable: none answers. insecure: it is"
            " there, and DNSSEC takes it away.",
            "ok",
        ),
        _told(
            "expected",
            "What should stand there; of SPF your own record, completed.",
            "v=DMARC1; p=none",
            EXPECTED_MAX,
        ),
        Field(
            "found",
            Kind.OWN,
            "What stands there, in ASCII with escapes, cut to what people read.",
            ["v=DMARC1; p=none"],
            access=Access.READ_ONLY,
        ),
        _told(
            "fix",
            "What to do, in one sentence; empty: nothing.",
            "",
            FIX_MAX,
        ),
        _moment("since", "Since when the state is this one, UTC."),
        _moment("checked_at", "When the servers were asked last, UTC; null: not yet."),
    ),
    below="domain",
    title="DNS record",
    model="MailDNSRecord",
    read_only=True,
    declarable=False,
    listed=("name", "type", "purpose", "state", "fix"),
)
