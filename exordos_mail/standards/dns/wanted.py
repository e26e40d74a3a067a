# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which records a mail domain wants, made of facts.

Two kinds of records are never among them, since they would take something away that
works: an address at the apex of a zone, which may be somebody's web site, and an MX
before this instance receives the domain's mail. PTR records are not either, since
others publish them: see `reverse`.
"""

import dataclasses
import typing as tp

from exordos_mail.standards import smarthost
from exordos_mail.standards.dns.record import Record, is_below

#: Label of the TXT record that proves who owns the domain.
PROOF_LABEL = "_exordos-mail"

#: Longest name of a record in characters (RFC 1035 section 2.3.4).
NAME_MAX = 253

#: A key in one of these states is not published (any more).
_UNPUBLISHED = ("retired",)

# Services that clients look for, label and port, and those of mailboxes besides
# (RFC 6186 section 3, RFC 8314 section 5.1, RFC 5804 section 1.8).
_SERVICES = (("_submissions._tcp", 465), ("_submission._tcp", 587))
_READING = (
    ("_imaps._tcp", 993),
    ("_imap._tcp", 143),
    ("_pop3s._tcp", 995),
    ("_pop3._tcp", 110),
    ("_sieve._tcp", 4190),
)


@dataclasses.dataclass(frozen=True)
class Key:
    """A DKIM key as far as the DNS is concerned.

    Attributes:
        selector: its label below `_domainkey`.
        value: text of its TXT record.
        state: state of its life.
        target: host name that a CNAME points to instead; "": a TXT record.
    """

    selector: str
    value: str
    state: str = "made"
    target: str = ""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the records of a domain are made of.

    Attributes:
        domain: its name, as A-labels in lower case.
        hostname: name of the instance's host.
        zone: apex of the zone that holds the domain; "": not known.
        ipv4s, ipv6s: addresses of the host.
        sources: those of them that mail leaves from, where it does not leave by a
            smarthost.
        unnamed: those of the sources that the host's name may not lead to, so that SPF
            has to name them.
        reverse: those of the sources whose PTR records are judged with this domain.
        blocklists: zones of the lists that those are looked up in.
        smarthost: name or address of the server that takes all mail; "": there is none.
        returns: bounces come to the host, so it is a sender too.
        keys: DKIM keys of the domain.
        receives: the instance receives the domain's mail.
        mailboxes: it keeps that for people who read it here.
        dmarc_policy: none, quarantine or reject.
        dmarc_rua, tls_rua: addresses for reports.
        mta_sts_id: id of the policy that the host serves; None: there is none.
        tlsa: SHA-256 of the public keys of the host's certificates, the present one
            and the next, as 64 hexadecimal digits.
        signed: the zone is signed and validates (DNSSEC).
        proof: text of the record that proves the ownership; None: none is asked for.
        web_names: labels below the domain that the instance's web server serves.
    """

    domain: str
    hostname: str
    zone: str = ""
    ipv4s: tuple[str, ...] = ()
    ipv6s: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    reverse: tuple[str, ...] = ()
    blocklists: tuple[str, ...] = ()
    smarthost: str = ""
    returns: bool = False
    keys: tuple[Key, ...] = ()
    receives: bool = False
    mailboxes: bool = False
    dmarc_policy: str = "none"
    dmarc_rua: str | None = None
    tls_rua: str | None = None
    mta_sts_id: str | None = None
    tlsa: tuple[str, ...] = ()
    signed: bool = False
    proof: str | None = None
    web_names: tuple[str, ...] = ()


def wanted(facts: Facts) -> list[Record]:
    """Return the records that the domain wants, those of the host with them.

    The order is the one in which people publish them; no two have name, type and value
    in common. Records of the host are left out where it is in another domain: they are
    for that one's owner.
    """
    found = [*_proof(facts), *_host(facts), *_sending(facts)]
    if facts.receives:
        found += _receiving(facts)
    found += _tls_reports(facts)
    # Below the longest domains there is no room for some names.
    return [one for one in dict.fromkeys(found) if len(one.name) <= NAME_MAX]


def spf(facts: Facts) -> str:
    """Return the SPF record of a domain that sends by this instance alone.

    The host is named, and not its addresses, so that a changed address needs no edit;
    but for a host at the apex, whose address record is not ours. Receivers see the
    addresses of a smarthost and not the host's. Its operator may send by others, too,
    and have an `include:` for them, which nobody but them can tell.
    """
    return f"v=spf1 {' '.join(mechanisms(facts))} ~all"


def mechanisms(facts: Facts) -> list[str]:
    """Return the SPF mechanisms that let this instance send (RFC 7208 section 5)."""
    if facts.smarthost:
        is_name = not smarthost.version(facts.smarthost)
        return [f"a:{facts.smarthost}" if is_name else _ip(facts.smarthost)]
    addresses = [*facts.ipv4s, *facts.ipv6s]
    if _at_apex(facts) and addresses:
        return [_ip(one) for one in addresses]
    return [f"a:{facts.hostname}", *map(_ip, facts.unnamed)]


def _ip(address: str) -> str:
    return f"ip6:{address}" if ":" in address else f"ip4:{address}"


def dmarc(facts: Facts) -> str:
    """Return the DMARC record (RFC 9989): reports by choice, and no `pct`."""
    reports = f"; rua=mailto:{facts.dmarc_rua}" if facts.dmarc_rua else ""
    return f"v=DMARC1; p={facts.dmarc_policy}{reports}"


def _at_apex(facts: Facts) -> bool:
    return facts.hostname in (facts.domain, facts.zone)


def _proof(facts: Facts) -> tp.Iterator[Record]:
    if facts.proof:
        name = f"{PROOF_LABEL}.{facts.domain}"
        yield Record(name, "TXT", facts.proof, "proof", True)


def _host(facts: Facts) -> tp.Iterator[Record]:
    if _at_apex(facts) or not is_below(facts.hostname, facts.domain):
        return
    for kind, addresses in (("A", facts.ipv4s), ("AAAA", facts.ipv6s)):
        for address in addresses:
            yield Record(facts.hostname, kind, address, "host", True)
    if facts.returns and not facts.smarthost:
        yield Record(facts.hostname, "TXT", spf(facts), "spf", True)


def _sending(facts: Facts) -> tp.Iterator[Record]:
    domain = facts.domain
    yield Record(domain, "TXT", spf(facts), "spf", True)
    for key in facts.keys:
        if key.state in _UNPUBLISHED:
            continue
        name = f"{key.selector}._domainkey.{domain}"
        kind = "CNAME" if key.target else "TXT"
        value = f"{key.target}." if key.target else key.value
        yield Record(name, kind, value, "dkim", True)
    yield Record(f"_dmarc.{domain}", "TXT", dmarc(facts), "dmarc", True)


def _receiving(facts: Facts) -> tp.Iterator[Record]:
    domain, host = facts.domain, f"{facts.hostname}."
    yield Record(domain, "MX", f"10 {host}", "mx", True)
    yield from _tlsa(facts)
    for label, port in _SERVICES + (_READING if facts.mailboxes else ()):
        yield Record(f"{label}.{domain}", "SRV", f"0 1 {port} {host}", "srv", False)
    for label in facts.web_names:
        yield Record(f"{label}.{domain}", "CNAME", host, "web", False)
    if facts.mta_sts_id:
        yield Record(f"mta-sts.{domain}", "CNAME", host, "web", False)
        text = f"v=STSv1; id={facts.mta_sts_id}"
        yield Record(f"_mta-sts.{domain}", "TXT", text, "mta_sts", False)


def _tlsa(facts: Facts) -> tp.Iterator[Record]:
    # Without DNSSEC nobody looks at them (RFC 7672 section 2.2.1).
    if not facts.signed or not is_below(facts.hostname, facts.domain):
        return
    for digest in facts.tlsa:
        name = f"_25._tcp.{facts.hostname}"
        yield Record(name, "TLSA", f"3 1 1 {digest.lower()}", "tlsa", False)


def _tls_reports(facts: Facts) -> tp.Iterator[Record]:
    if facts.tls_rua:
        text = f"v=TLSRPTv1; rua=mailto:{facts.tls_rua}"
        yield Record(f"_smtp._tls.{facts.domain}", "TXT", text, "tls_rpt", False)
