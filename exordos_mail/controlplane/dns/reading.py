# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What an answer of the DNS says, in plain values."""

import typing as tp

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from exordos_mail.standards.dns import text

#: Records of one answer that are looked at, and aliases that are followed in it.
RECORDS_MAX, ALIASES_MAX = 100, 8


class Said(tp.NamedTuple):
    """What a message says of a name and type.

    Attributes:
        kind: answered, nodata, nxdomain, servfail, refused, lame, or `referral`.
        values: records in the form of `record.Record.value`.
        raw: of TXT the octets of each text.
        alias: last name of a chain of CNAMEs, without the last dot; "": none.
        first: what the name itself is an alias of; "": it is none.
    """

    kind: str
    values: tuple[str, ...] = ()
    raw: tuple[bytes, ...] = ()
    alias: str = ""
    first: str = ""


def said(message: dns.message.Message, name: str, kind: str) -> Said:
    """Read the answer of an authoritative server.

    Aliases are followed as far as the message has them.
    """
    failure = _failure(message)
    if failure:
        return Said(failure)
    owner, first = dns.name.from_text(name), ""
    wanted = dns.rdatatype.from_text(kind)
    for _ in range(ALIASES_MAX):
        found = _records(message, owner, wanted)
        target = _records(message, owner, dns.rdatatype.CNAME)
        if found or not target or wanted == dns.rdatatype.CNAME:
            return _read(message, found, owner, name, first)
        owner = target[0].target  # type: ignore[attr-defined]
        first = first or host(owner)
    return Said("loop")


def host(name: dns.name.Name) -> str:
    """Return a name as ASCII in lower case, without the last dot."""
    return text.plain(name.to_text(omit_final_dot=True).lower().encode())


def is_referral(message: dns.message.Message) -> bool:
    """Tell whether the server says that others serve the name."""
    return (
        not message.answer
        and not message.flags & dns.flags.AA
        and message.rcode() == dns.rcode.NOERROR
        and any(one.rdtype == dns.rdatatype.NS for one in message.authority)
    )


def _failure(message: dns.message.Message) -> str:
    if is_referral(message):
        return "referral"
    code = message.rcode()
    if code == dns.rcode.REFUSED:
        return "refused"
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return "servfail"
    if not message.flags & (dns.flags.AA | dns.flags.RA):
        return "lame"
    return ""


def _records(
    message: dns.message.Message, owner: dns.name.Name, kind: dns.rdatatype.RdataType
) -> list[dns.rdata.Rdata]:
    return [
        data
        for rrset in message.answer
        if rrset.name == owner
        and rrset.rdtype == kind
        and rrset.rdclass == dns.rdataclass.IN
        for data in rrset
    ][:RECORDS_MAX]


def _read(
    message: dns.message.Message,
    found: list[dns.rdata.Rdata],
    owner: dns.name.Name,
    name: str,
    first: str,
) -> Said:
    alias = "" if host(owner) == name.lower() else host(owner)
    if not found:
        is_absent = message.rcode() == dns.rcode.NXDOMAIN and not alias
        return Said("nxdomain" if is_absent else "nodata", alias=alias, first=first)
    raw = tuple(
        b"".join(one.strings)  # type: ignore[attr-defined]
        for one in found
        if one.rdtype == dns.rdatatype.TXT
    )
    values = tuple(map(text.plain, raw)) or tuple(map(_value, found))
    return Said("answered", values, raw, alias, first)


def _value(data: dns.rdata.Rdata) -> str:
    """Return a record that is no TXT as one line of ASCII; names in lower case."""
    return text.plain(data.to_text().encode()).lower()
