# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The table of planted DNS faults: what is done, and what is to be said of it.

Every fault is planted in the zone `tenant.test` that has all records that are wanted,
served by Knot and by NSD, or by a server of our own that misbehaves as none of those
can be told to (`odd`).
"""

import dataclasses
import typing as tp

from exordos_mail.standards.dns import wanted

DOMAIN, HOST, ADDRESS = "tenant.test", "mail.tenant.test", "203.0.113.7"
RSA = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" + "pY7Ta4vQ0x" * 34 + "wIDAQAB"
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
X1, X2 = "x1._domainkey.tenant.test", "x2._domainkey.tenant.test"
DMARC, STS, TLSRPT = (
    "_dmarc.tenant.test",
    "_mta-sts.tenant.test",
    "_smtp._tls.tenant.test",
)
PROOF, TLSA = "_exordos-mail.tenant.test", "_25._tcp.mail.tenant.test"
DIGEST = "ab" * 32
#: A key in the operator's zone, and where it stands.
KEY, TARGET = "v=DKIM1; k=rsa; p=MIIBIjANBgkq", "x3.keys.operator.test"

#: The reverse name of ADDRESS, and where a part of the block may be delegated to.
REVERSE_ZONE = "113.0.203.in-addr.arpa"
REVERSE, PART = f"7.{REVERSE_ZONE}", f"0-127.{REVERSE_ZONE}"
OWNER = f"Ask the owner of the address {ADDRESS}, usually the hosting provider"

FACTS = wanted.Facts(
    DOMAIN,
    HOST,
    ipv4s=(ADDRESS,),
    sources=(ADDRESS,),
    reverse=(ADDRESS,),
    keys=(
        wanted.Key("x1", f"v=DKIM1; k=rsa; p={RSA}"),
        wanted.Key("x2", f"v=DKIM1; k=ed25519; p={ED25519}"),
        wanted.Key("x3", KEY, target=TARGET),
    ),
    receives=True,
    dmarc_policy="quarantine",
    dmarc_rua="dmarc@tenant.test",
    tls_rua="tls@tenant.test",
    mta_sts_id="20261129T0001",
    tlsa=(DIGEST,),
    proof="exordos-mail=nxikzrkeqvqkmsechz457p3sze",
    web_names=("autoconfig",),
)

#: All mail leaves by a smarthost, another one that is private, and one that is gone.
SMARTHOST = "smtp.example.net"
BY_SMARTHOST = dataclasses.replace(FACTS, reverse=(), smarthost=SMARTHOST)
BY_PRIVATE = dataclasses.replace(FACTS, reverse=(), smarthost="relay.example.net")
BY_LOST = dataclasses.replace(FACTS, reverse=(), smarthost="gone.example.net")
BY_ADDRESS = dataclasses.replace(FACTS, reverse=(), smarthost="198.51.100.25")
#: Mail leaves from an address that the tenant has chosen.
CHOSEN = dataclasses.replace(
    FACTS,
    ipv4s=(ADDRESS, "203.0.113.8"),
    sources=("203.0.113.8",),
    unnamed=("203.0.113.8",),
    reverse=(),
)
#: Its host is at the apex, whose address record may be somebody else's.
CHOSEN_AT_APEX = dataclasses.replace(CHOSEN, hostname=DOMAIN, ipv4s=("203.0.113.8",))
#: Blocklists under example.org, each of which says something else of ADDRESS.
LISTS = ("clean", "listed", "refusing", "everybody", "sold", "gone")
LISTED = dataclasses.replace(
    FACTS, blocklists=tuple(f"{one}.example.org" for one in LISTS)
)

Edit = tuple[str, str, tuple[str, ...]]

#: What others have published: smarthosts, and SPF of their operators, who send by other
#: addresses.
OTHERS: tuple[Edit, ...] = (
    (SMARTHOST, "A", ("198.51.100.25",)),
    ("relay.example.net", "A", ("10.0.0.25",)),
    ("_spf.example.net", "TXT", ("v=spf1 ip4:192.0.2.200 -all",)),
    ("_spf.example.com", "TXT", ("v=spf1 ip4:192.0.2.200 -all",)),
    ("2.0.0.127.clean.example.org", "A", ("127.0.0.2",)),
    ("2.0.0.127.listed.example.org", "A", ("127.0.0.2",)),
    ("7.113.0.203.listed.example.org", "A", ("127.0.0.4",)),
    ("7.113.0.203.listed.example.org", "TXT", ("bot, see https://listed.example.org",)),
    ("*.refusing.example.org", "A", ("127.255.255.254",)),
    ("*.everybody.example.org", "A", ("127.0.0.2",)),
    ("*.sold.example.org", "A", ("198.51.100.80",)),
)


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        title: what is wrong.
        at: name and type of the record that the verdict is on.
        edits: name, type and values, as `Internet.set` takes them.
        state: of the verdict.
        found: part of what is found; "": nothing is.
        fix: part of the sentence; "": there is none.
        then: what is done to the servers; see test_dns_faults.py.
        facts: of the domain that is checked.
    """

    title: str
    at: tuple[str, str]
    edits: tuple[Edit, ...]
    state: str
    found: str
    fix: str
    then: str = ""
    facts: wanted.Facts = FACTS


def _txt(
    title: str, name: str, values: tp.Sequence[str], state: str, found: str, fix: str
) -> Fault:
    return Fault(
        title, (name, "TXT"), ((name, "TXT", tuple(values)),), state, found, fix
    )


def _of(
    kind: str,
    title: str,
    name: str,
    values: tp.Sequence[str],
    state: str,
    found: str,
    fix: str,
) -> Fault:
    return Fault(title, (name, kind), ((name, kind, tuple(values)),), state, found, fix)


def _spf(
    title: str,
    value: str,
    state: str,
    fix: str,
    *more: Edit,
    facts: wanted.Facts = FACTS,
) -> Fault:
    edits = ((DOMAIN, "TXT", (value,)), *more)
    at = (DOMAIN, "TXT")
    return Fault(title, at, edits, state, value[:100], fix, facts=facts)


def _by_smarthost(
    title: str,
    value: str,
    state: str,
    fix: str,
    facts: wanted.Facts = BY_SMARTHOST,
) -> Fault:
    return _spf(title, value, state, fix, facts=facts)


def _ptr(title: str, values: tp.Sequence[str], state: str, fix: str) -> Fault:
    found = values[0].lower() if values else ""
    edits = ((REVERSE, "PTR", tuple(values)),)
    return Fault(title, (REVERSE, "PTR"), edits, state, found, fix)


def _a(label: str, count: int) -> tuple[Edit, ...]:
    return tuple(
        (f"{label}{i}.{DOMAIN}", "TXT", (f"v=spf1 ip4:192.0.2.{i} -all",))
        for i in range(count)
    )


_DKIM = (
    _txt("no key", X1, [], "missing", "", f"Add a TXT record at {X1}"),
    _txt(
        "key cut off",
        X1,
        [f"v=DKIM1; k=rsa; p={RSA[:180]}"],
        "truncated",
        RSA[:180],
        "180 of its",
    ),
    _txt(
        "text cut off at 255 octets",
        X1,
        [f"v=DKIM1; k=rsa; p={RSA}"[:255]],
        "truncated",
        RSA[:200],
        "strings of at most 255 octets",
    ),
    _txt(
        "strings of one record made records",
        X1,
        [f"v=DKIM1; k=rsa; p={RSA[:200]}", RSA[200:]],
        "truncated",
        RSA[200:300],
        "Make one record of the 2",
    ),
    _txt(
        "two keys at one name",
        X1,
        [f"v=DKIM1; k=rsa; p={RSA}", "v=DKIM1; p=QUJDREVGR0g="],
        "duplicate",
        "QUJDREVGR0g=",
        "Leave the expected one of the 2",
    ),
    _txt(
        "key in upper case",
        X1,
        [f"v=DKIM1; k=rsa; p={RSA.upper()}"],
        "wrong",
        RSA.upper()[:60],
        "upper and lower case",
    ),
    _txt(
        "record in lower case",
        X1,
        [f"v=dkim1; k=rsa; p={RSA}"],
        "wrong",
        "v=dkim1",
        "Write v=DKIM1 in upper case",
    ),
    _txt(
        "quotes published",
        X1,
        [f'"\\"v=DKIM1; k=rsa; p={RSA[:100]}" "{RSA[100:300]}" "{RSA[300:]}\\""'],
        "wrong",
        '"v=DKIM1',
        "Remove the quotes",
    ),
    _txt(
        "blanks in the key, which are allowed",
        X1,
        [f'"v=DKIM1; k=rsa; p={RSA[:100]} " " {RSA[100:300]}" "{RSA[300:]}"'],
        "ok",
        f"{RSA[:100]}  {RSA[100:200]}",
        "",
    ),
    _txt(
        "key in many short strings",
        X1,
        [
            '"v=DKIM1;" " k=rsa; p="'
            + "".join(f' "{RSA[i : i + 50]}"' for i in range(0, len(RSA), 50))
        ],
        "ok",
        "v=DKIM1; k=rsa; p=MII",
        "",
    ),
    _txt(
        "semicolons escaped for a zone file",
        X1,
        [f'"v=DKIM1\\\\; k=rsa\\\\; p={RSA[:150]}" "{RSA[150:]}"'],
        "wrong",
        "v=DKIM1\\\\; k=rsa",
        "backslashes",
    ),
    _txt(
        "key of another selector",
        X1,
        [f"v=DKIM1; k=rsa; p={ED25519}"],
        "wrong",
        ED25519,
        f"the one of {X2}",
    ),
    _txt(
        "key of another server",
        X1,
        ["v=DKIM1; k=rsa; p=" + "QUJD" * 90],
        "wrong",
        "QUJDQUJD",
        "it is another key",
    ),
    _txt(
        "revoked key",
        X1,
        ["v=DKIM1; k=rsa; p="],
        "wrong",
        "p=",
        "an empty p= says it is revoked",
    ),
    _txt(
        "wrong kind of key",
        X2,
        [f"v=DKIM1; k=rsa; p={ED25519}"],
        "wrong",
        "k=rsa",
        "Set k=ed25519",
    ),
    _txt(
        "kind of key left out",
        X2,
        [f"v=DKIM1; p={ED25519}"],
        "wrong",
        f"p={ED25519}",
        "Set k=ed25519",
    ),
    _txt(
        "key in test mode",
        X1,
        [f"v=DKIM1; k=rsa; t=y; p={RSA}"],
        "wrong",
        "t=y",
        "Remove t=y",
    ),
    _txt(
        "SHA-1 only",
        X1,
        [f"v=DKIM1; k=rsa; h=sha1; p={RSA}"],
        "wrong",
        "h=sha1",
        "Remove h=",
    ),
    _txt("no p=", X1, ["v=DKIM1; k=rsa"], "wrong", "v=DKIM1; k=rsa", "there is no p="),
    _txt(
        "text behind the key",
        X1,
        [f"v=DKIM1; k=rsa; p={RSA}MORE"],
        "wrong",
        RSA[:100],
        "Remove what stands behind",
    ),
    Fault(
        "name doubled",
        (X1, "TXT"),
        ((X1, "TXT", ()), (f"{X1}.{DOMAIN}", "TXT", (f"v=DKIM1; k=rsa; p={RSA}",))),
        "wrong",
        f"{X1}.{DOMAIN}: v=DKIM1",
        "Enter x1._domainkey as the name",
    ),
    _of(
        "CNAME",
        "alias to another name",
        "x3._domainkey.tenant.test",
        ["x3.keys.example.com."],
        "wrong",
        "x3.keys.example.com.",
        "Point the CNAME",
    ),
    _of(
        "CNAME",
        "no alias",
        "x3._domainkey.tenant.test",
        [],
        "missing",
        "",
        "Add a CNAME record",
    ),
    Fault(
        "alias of a key that is not in the operator's zone",
        ("x3._domainkey.tenant.test", "CNAME"),
        ((TARGET, "TXT", ()),),
        "waiting",
        f"{TARGET}.",
        "Wait until the operator's zone has the key",
    ),
    Fault(
        "alias of another key in the operator's zone",
        ("x3._domainkey.tenant.test", "CNAME"),
        ((TARGET, "TXT", ("v=DKIM1; k=rsa; p=b2xkIGtleQ==",)),),
        "waiting",
        f"{TARGET}.",
        "the CNAME is right",
    ),
    Fault(
        "alias in a loop",
        (X1, "TXT"),
        (
            (X1, "TXT", ()),
            (X1, "CNAME", (f"loop.{DOMAIN}.",)),
            (f"loop.{DOMAIN}", "CNAME", (f"{X1}.",)),
        ),
        "wrong",
        "CNAME",
        "Replace the CNAME",
    ),
    Fault(
        "alias to nothing",
        (X1, "TXT"),
        ((X1, "TXT", ()), (X1, "CNAME", ("nothing.example.com.",))),
        "wrong",
        "CNAME",
        "Replace the CNAME",
    ),
    Fault(
        "key behind an alias, which is allowed",
        (X1, "TXT"),
        (
            (X1, "TXT", ()),
            (X1, "CNAME", ("key.example.com.",)),
            ("key.example.com", "TXT", (f"v=DKIM1; k=rsa; p={RSA}",)),
        ),
        "ok",
        "v=DKIM1; k=rsa; p=MII",
        "",
    ),
    Fault(
        "wildcard answers instead",
        (X1, "TXT"),
        ((X1, "TXT", ()), (f"*._domainkey.{DOMAIN}", "TXT", ("v=spf1 -all",))),
        "missing",
        "v=spf1 -all",
        "Add a TXT record",
    ),
)

_SPF = (
    _txt(
        "no SPF",
        DOMAIN,
        ["google-site-verification=abc"],
        "missing",
        "",
        f"Add a TXT record at {DOMAIN}",
    ),
    _txt(
        "two SPF records",
        DOMAIN,
        ["v=spf1 mx -all", "v=spf1 include:a0.tenant.test ~all"],
        "duplicate",
        "v=spf1 mx -all",
        "Merge the 2 SPF records",
    ),
    _spf(
        "SPF without this host",
        "v=spf1 ip4:198.51.100.9 -all",
        "wrong",
        f"Add a:{HOST}",
    ),
    _spf("SPF that refuses everybody", "v=spf1 -all", "wrong", f"Add a:{HOST}"),
    _spf(
        "eleven look-ups",
        "v=spf1 a:mail.tenant.test "
        + " ".join(f"include:a{i}.{DOMAIN}" for i in range(10))
        + " -all",
        "wrong",
        "10 look-ups",
        *_a("a", 10),
    ),
    _spf(
        "ten look-ups, which are allowed",
        "v=spf1 a:mail.tenant.test "
        + " ".join(f"include:a{i}.{DOMAIN}" for i in range(9))
        + " -all",
        "ok",
        "",
        *_a("a", 9),
    ),
    _spf(
        "names that do not exist",
        "v=spf1 a:n1.tenant.test a:n2.tenant.test a:n3.tenant.test mx -all",
        "wrong",
        "look-ups find nothing",
    ),
    _spf(
        "include of nothing",
        "v=spf1 a:mail.tenant.test include:n1.tenant.test -all",
        "wrong",
        "No valid SPF record for included domain",
    ),
    _spf(
        "SPF that includes itself",
        "v=spf1 include:tenant.test -all",
        "wrong",
        "recursion",
    ),
    _spf(
        "unknown mechanism",
        "v=spf1 ipv4:203.0.113.7 -all",
        "wrong",
        "Unknown mechanism",
    ),
    _spf("no blanks", "v=spf1 a:mail.tenant.test-all", "wrong", "Add a:"),
    _spf("behind all", "v=spf1 -all a:mail.tenant.test", "wrong", "the result is fail"),
    _txt(
        "quotes around SPF",
        DOMAIN,
        ['"\\"v=spf1 a:mail.tenant.test -all\\""'],
        "wrong",
        '"v=spf1',
        "Remove the quotes",
    ),
    _txt(
        "SPF of a version that never was",
        DOMAIN,
        ["v=spf2 mx -all"],
        "wrong",
        "v=spf2",
        "Begin the SPF record with v=spf1",
    ),
    _txt(
        "strings of SPF joined without a blank",
        DOMAIN,
        ['"v=spf1 ip4:198.51.100.1" "a:mail.tenant.test -all"'],
        "wrong",
        "198.51.100.1a:mail",
        "Correct the SPF record",
    ),
    _spf(
        "own SPF that lets this host send",
        "v=spf1 mx ip4:198.51.100.0/24 -all",
        "ok",
        "",
    ),
    _spf("SPF cut off", "v=spf1 a:mail.tenan", "truncated", "its end is cut off"),
)

_SMARTHOST = (
    _by_smarthost(
        "SPF of the machine that sends by a smarthost",
        "v=spf1 a:mail.tenant.test -all",
        "wrong",
        f"Add a:{SMARTHOST} right behind v=spf1, or rather the include: that the"
        f" operator of the smarthost {SMARTHOST} names",
    ),
    _by_smarthost(
        "SPF that names the smarthost, which is right",
        f"v=spf1 a:{SMARTHOST} -all",
        "ok",
        "",
    ),
    _by_smarthost(
        "SPF that has the smarthost's address, which is right",
        "v=spf1 ip4:198.51.100.0/24 -all",
        "ok",
        "",
    ),
    _by_smarthost(
        "include of the smarthost's operator, who sends by other addresses",
        "v=spf1 include:_spf.example.net -all",
        "ok",
        "",
    ),
    _by_smarthost(
        "include of somebody else beside a smarthost",
        "v=spf1 include:_spf.example.com -all",
        "wrong",
        f"Add a:{SMARTHOST}",
    ),
    _by_smarthost(
        "include of the smarthost's operator that is not there",
        "v=spf1 include:nobody.example.net -all",
        "wrong",
        "No valid SPF record for included domain",
    ),
    Fault(
        "no SPF for a smarthost",
        (DOMAIN, "TXT"),
        ((DOMAIN, "TXT", ()),),
        "missing",
        "",
        "or with the include: that the operator of the smarthost",
        facts=BY_SMARTHOST,
    ),
    _by_smarthost(
        "smarthost without an address",
        "v=spf1 a:mail.tenant.test -all",
        "wrong",
        "Correct the instance's smarthost gone.example.net",
        facts=BY_LOST,
    ),
    _by_smarthost(
        "address of a smarthost that SPF lacks",
        "v=spf1 a:mail.tenant.test -all",
        "wrong",
        "Add ip4:198.51.100.25",
        facts=BY_ADDRESS,
    ),
    _by_smarthost(
        "private smarthost, of which nobody knows the gateway",
        "v=spf1 ip4:198.51.100.77 -all",
        "ok",
        "",
        facts=BY_PRIVATE,
    ),
    _spf(
        "SPF without the address that was chosen",
        "v=spf1 ip4:203.0.113.7 -all",
        "wrong",
        "Add a:mail.tenant.test ip4:203.0.113.8 right behind v=spf1",
        facts=CHOSEN,
    ),
    _spf(
        "SPF that the chosen address alone passes, which is enough",
        "v=spf1 ip4:203.0.113.8 -all",
        "ok",
        "",
        facts=CHOSEN,
    ),
    _spf(
        "SPF of a host at the apex without the address that was chosen",
        "v=spf1 a -all",
        "wrong",
        "Add ip4:203.0.113.8",
        facts=CHOSEN_AT_APEX,
    ),
    _spf(
        "SPF that names a host without an address",
        "v=spf1 a:mail.tenant.test -all",
        "wrong",
        "Correct the address records behind a:mail.tenant.test",
        (HOST, "A", ()),
    ),
)

_REVERSE = (
    _ptr("no PTR", [], "missing", f"{OWNER}: set the PTR record"),
    _ptr(
        "PTR to the provider's own name",
        ["7.static.example.com."],
        "wrong",
        f"{OWNER}: set the PTR record (reverse DNS) {REVERSE} to {HOST} instead of"
        " 7.static.example.com.",
    ),
    _ptr(
        "PTR without a dot at its end",
        [f"{HOST}.{REVERSE_ZONE}."],
        "wrong",
        "which lacks a dot at its end",
    ),
    _ptr("PTR to an address", ["203.0.113.7."], "wrong", f"to {HOST} instead of"),
    _ptr("PTR to the domain", [f"{DOMAIN}."], "wrong", f"to {HOST} instead of"),
    _ptr("PTR in upper case, which is allowed", [f"{HOST.upper()}."], "ok", ""),
    _ptr(
        "two PTR records, one to the host, which is allowed",
        [f"{HOST}.", "7.static.example.com."],
        "ok",
        "",
    ),
    Fault(
        "PTR to a host that leads elsewhere",
        (REVERSE, "PTR"),
        ((HOST, "A", ("198.51.100.9",)),),
        "wrong",
        f"{HOST} A 198.51.100.9",
        f"Add {ADDRESS} to the A records of {HOST}",
    ),
    Fault(
        "PTR to a host that leads nowhere",
        (REVERSE, "PTR"),
        ((HOST, "A", ()),),
        "wrong",
        f"{HOST} A nowhere",
        "receivers do not believe the PTR record",
    ),
    Fault(
        "PTR of a part of a block that is delegated, which is right",
        (REVERSE, "PTR"),
        (
            (REVERSE, "PTR", ()),
            (REVERSE, "CNAME", (f"7.{PART}.",)),
            (f"7.{PART}", "PTR", (f"{HOST}.",)),
        ),
        "ok",
        f"CNAME 7.{PART}.",
        "",
    ),
    Fault(
        "no PTR in a part of a block that is delegated",
        (REVERSE, "PTR"),
        ((REVERSE, "PTR", ()), (REVERSE, "CNAME", (f"7.{PART}.",))),
        "missing",
        f"CNAME 7.{PART}.",
        f"{OWNER}: set the PTR record",
    ),
    Fault(
        "no reverse server answers",
        (REVERSE, "PTR"),
        (),
        "unreachable",
        "",
        # as far as the resolver still knows which servers there are
        f"the owner of the address {ADDRESS}, usually the hosting provider",
        "both silent",
    ),
    Fault(
        "one of two servers has an old PTR",
        (REVERSE, "PTR"),
        (),
        "waiting",
        "198.51.100.53): old.example.com.",
        f"{OWNER}: wait until ns2.lab",
        "secondary has an old PTR",
    ),
    Fault(
        "digest of another key of the reverse zone",
        (REVERSE, "PTR"),
        (),
        "insecure",
        f"{HOST}.",
        f"{OWNER}: sign the zone {REVERSE_ZONE} again",
        "reverse forged",
    ),
)


def _listed(
    title: str, name: str, state: str, found: str, fix: str, then: str = ""
) -> Fault:
    at = (f"7.113.0.203.{name}.example.org", "A")
    return Fault(title, at, (), state, found, fix, then, LISTED)


_BLOCKLISTS = (
    _listed("on no blocklist, which is right", "clean", "ok", "", ""),
    _listed(
        "on a blocklist",
        "listed",
        "wrong",
        "bot, see https://listed.example.org",
        f"Ask the operator of the blocklist listed.example.org to remove {ADDRESS}",
    ),
    _listed(
        "blocklist that refuses to answer",
        "refusing",
        "waiting",
        "127.255.255.254",
        "refuses to answer",
    ),
    _listed(
        "blocklist that has everybody",
        "everybody",
        "unreachable",
        "127.0.0.2",
        "is no blocklist now",
    ),
    _listed(
        "blocklist that is another's web site",
        "sold",
        "unreachable",
        "198.51.100.80",
        "is no blocklist now",
    ),
    _listed("blocklist that is gone", "gone", "unreachable", "", "is no blocklist now"),
    _listed(
        "blocklist that does not answer",
        "listed",
        "unreachable",
        "",
        "does not answer now",
        "both silent",
    ),
)

_DMARC = (
    _txt("no DMARC", DMARC, [], "missing", "", f"Add a TXT record at {DMARC}"),
    _txt(
        "two DMARC records",
        DMARC,
        ["v=DMARC1; p=none", "v=DMARC1; p=reject"],
        "duplicate",
        "p=none",
        "Leave one of the 2",
    ),
    _txt(
        "p=rejekt",
        DMARC,
        ["v=DMARC1; p=rejekt; rua=mailto:dmarc@tenant.test"],
        "wrong",
        "p=rejekt",
        "Set p= to one of none, quarantine, reject; it is 'rejekt'",
    ),
    _txt(
        "pct",
        DMARC,
        ["v=DMARC1; p=reject; pct=100; rua=mailto:dmarc@tenant.test"],
        "wrong",
        "pct=100",
        "Remove pct=",
    ),
    _txt(
        "rua without mailto",
        DMARC,
        ["v=DMARC1; p=reject; rua=dmarc@tenant.test"],
        "wrong",
        "rua=dmarc@",
        "as mailto:",
    ),
    _txt(
        "reports to somebody else",
        DMARC,
        ["v=DMARC1; p=reject; rua=mailto:x@example.com"],
        "wrong",
        "x@example.com",
        "Add mailto:dmarc@tenant.test",
    ),
    _txt(
        "no policy",
        DMARC,
        ["v=DMARC1; rua=mailto:dmarc@tenant.test"],
        "wrong",
        "v=DMARC1; rua",
        "Add a policy",
    ),
    _txt(
        "weaker policy",
        DMARC,
        ["v=DMARC1; p=none; rua=mailto:dmarc@tenant.test"],
        "wrong",
        "p=none",
        "Set p=quarantine",
    ),
    _txt(
        "stricter policy, which is allowed",
        DMARC,
        ["v=DMARC1; p=reject; rua=mailto:x@example.com, mailto:dmarc@tenant.test"],
        "ok",
        "p=reject",
        "",
    ),
    _txt(
        "DMARC in lower case",
        DMARC,
        ["v=dmarc1; p=reject"],
        "wrong",
        "v=dmarc1",
        "Begin the record with v=DMARC1",
    ),
    _txt(
        "cut off at a semicolon",
        DMARC,
        ["v=DMARC1"],
        "truncated",
        "v=DMARC1",
        "it ends at a semicolon",
    ),
    _txt(
        "quotes around DMARC",
        DMARC,
        ['"\\"v=DMARC1; p=quarantine\\""'],
        "wrong",
        '"v=DMARC1',
        "Remove the quotes",
    ),
    _txt(
        "policy in test mode",
        DMARC,
        ["v=DMARC1; p=quarantine; t=y; rua=mailto:dmarc@tenant.test"],
        "wrong",
        "t=y",
        "Remove t=y",
    ),
    Fault(
        "DMARC at the domain itself",
        (DMARC, "TXT"),
        (
            (DMARC, "TXT", ()),
            (DOMAIN, "TXT", ("v=spf1 a:mail.tenant.test ~all", "v=DMARC1; p=reject")),
        ),
        "wrong",
        "tenant.test: v=DMARC1",
        f"Move the record from {DOMAIN} to {DMARC}",
    ),
    Fault(
        "DMARC with its label doubled",
        (DMARC, "TXT"),
        ((DMARC, "TXT", ()), (f"_dmarc.{DMARC}", "TXT", ("v=DMARC1; p=reject",))),
        "wrong",
        f"_dmarc.{DMARC}: v=DMARC1",
        "Move the record",
    ),
    Fault(
        "DMARC with the domain doubled",
        (DMARC, "TXT"),
        ((DMARC, "TXT", ()), (f"{DMARC}.{DOMAIN}", "TXT", ("v=DMARC1; p=reject",))),
        "wrong",
        f"{DMARC}.{DOMAIN}",
        "Enter _dmarc as the name",
    ),
)

_POLICIES = (
    _txt("no MTA-STS", STS, [], "missing", "", "Add a TXT record"),
    _txt(
        "MTA-STS without id",
        STS,
        ["v=STSv1;"],
        "wrong",
        "v=STSv1;",
        "Add id=20261129T0001",
    ),
    _txt(
        "bad id", STS, ["v=STSv1; id=bad id"], "wrong", "bad id", "letters and digits"
    ),
    _txt(
        "id of an older policy",
        STS,
        ["v=STSv1; id=20250101T0001"],
        "wrong",
        "20250101T0001",
        "the policy has changed",
    ),
    _txt(
        "MTA-STS of an unknown version",
        STS,
        ["v=STSv2; id=20261129T0001"],
        "wrong",
        "STSv2",
        "Begin the record with v=STSv1",
    ),
    _txt(
        "two MTA-STS records",
        STS,
        ["v=STSv1; id=20261129T0001", "v=STSv1; id=1"],
        "duplicate",
        "id=1",
        "Leave one of the 2",
    ),
    _txt("no TLS-RPT", TLSRPT, [], "missing", "", "Add a TXT record"),
    _txt(
        "TLS-RPT without mailto",
        TLSRPT,
        ["v=TLSRPTv1; rua=tls@tenant.test"],
        "wrong",
        "rua=tls@",
        "Add mailto:tls@tenant.test",
    ),
    _txt(
        "two TLS-RPT records",
        TLSRPT,
        [
            "v=TLSRPTv1; rua=mailto:tls@tenant.test",
            "v=TLSRPTv1; rua=mailto:b@tenant.test",
        ],
        "duplicate",
        "b@tenant.test",
        "Leave one of the 2",
    ),
    _txt("no proof", PROOF, [], "missing", "", "Add a TXT record"),
    _txt(
        "proof of another instance",
        PROOF,
        ["exordos-mail=aaaaaaaaaaaaaaaaaaaaaaaaaa"],
        "wrong",
        "aaaaaaaa",
        "is another's",
    ),
    _txt(
        "proof of two instances, which is allowed",
        PROOF,
        [
            "exordos-mail=aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "exordos-mail=nxikzrkeqvqkmsechz457p3sze",
        ],
        "ok",
        "aaaaaaaa",
        "",
    ),
)

_HOSTS = (
    _of(
        "A",
        "no address of the host",
        HOST,
        [],
        "missing",
        "",
        f"Add a A record at {HOST}",
    ),
    _of(
        "A",
        "another address",
        HOST,
        ["198.51.100.9"],
        "wrong",
        "198.51.100.9",
        f"to {ADDRESS} instead of 198.51.100.9",
    ),
    _of(
        "A",
        "an address too many",
        HOST,
        [ADDRESS, "198.51.100.9"],
        "wrong",
        "198.51.100.9",
        "Remove the A record 198.51.100.9",
    ),
    Fault(
        "host is an alias",
        (HOST, "A"),
        (
            (TLSA, "TLSA", ()),
            (HOST, "A", ()),
            (HOST, "CNAME", ("h.example.com.",)),
            ("h.example.com", "A", (ADDRESS,)),
        ),
        "wrong",
        "CNAME h.example.com.",
        "must not be an alias",
    ),
    _of("MX", "no MX", DOMAIN, [], "missing", "", "Add a MX record"),
    _of(
        "MX",
        "MX to an address",
        DOMAIN,
        ["10 203.0.113.7."],
        "wrong",
        "203.0.113.7",
        "never an address",
    ),
    Fault(
        "MX to an alias",
        (DOMAIN, "MX"),
        (
            (DOMAIN, "MX", ("10 alias.tenant.test.",)),
            ("alias.tenant.test", "CNAME", (f"{HOST}.",)),
        ),
        "wrong",
        "alias.tenant.test.",
        "not an alias",
    ),
    _of("MX", "null MX", DOMAIN, ["0 ."], "wrong", "0 .", "null MX"),
    _of(
        "MX",
        "another server before",
        DOMAIN,
        ["5 mx.example.com.", f"10 {HOST}."],
        "wrong",
        "5 mx.example.com.",
        "it takes mail in its place",
    ),
    _of(
        "MX",
        "another server behind, which is allowed",
        DOMAIN,
        ["20 mx.example.com.", f"10 {HOST}."],
        "ok",
        "mx.example.com.",
        "",
    ),
    _of(
        "MX",
        "MX in upper case, which is allowed",
        DOMAIN,
        [f"10 {HOST.upper()}."],
        "ok",
        HOST,
        "",
    ),
    _of(
        "SRV",
        "service at another port",
        "_submissions._tcp.tenant.test",
        [f"0 1 587 {HOST}."],
        "wrong",
        "587",
        "Set the SRV record",
    ),
    _of(
        "CNAME",
        "no name for autoconfiguration",
        "autoconfig.tenant.test",
        [],
        "missing",
        "",
        "Add a CNAME record",
    ),
    Fault(
        "addresses instead of an alias, which is allowed",
        ("autoconfig.tenant.test", "CNAME"),
        (
            ("autoconfig.tenant.test", "CNAME", ()),
            ("autoconfig.tenant.test", "A", (ADDRESS,)),
        ),
        "ok",
        "",
        "",
    ),
    Fault(
        "autoconfiguration at another host",
        ("autoconfig.tenant.test", "CNAME"),
        (
            ("autoconfig.tenant.test", "CNAME", ()),
            ("autoconfig.tenant.test", "A", ("198.51.100.9",)),
        ),
        "wrong",
        "",
        "Replace the addresses",
    ),
    _of("TLSA", "no TLSA", TLSA, [], "missing", "", "Add a TLSA record"),
    _of(
        "TLSA",
        "TLSA of an old certificate",
        TLSA,
        ["3 1 1 " + "00" * 32],
        "wrong",
        "00" * 32,
        "none of those there",
    ),
    _of(
        "TLSA",
        "TLSA of an old and the present certificate, which is allowed",
        TLSA,
        ["3 1 1 " + "00" * 32, f"3 1 1 {DIGEST}"],
        "ok",
        DIGEST,
        "",
    ),
)

_SERVERS = (
    Fault(
        "one of two servers has an old key",
        (X1, "TXT"),
        (),
        "waiting",
        "198.51.100.53): v=DKIM1; k=rsa; p=b2xk",
        "Wait until ns2.lab (198.51.100.53) has the record",
        "secondary old",
    ),
    Fault(
        "one of two servers is silent",
        (X1, "TXT"),
        (),
        "waiting",
        "ns2.lab (198.51.100.53) does not answer",
        "Repair the name server ns2.lab (198.51.100.53)",
        "secondary silent",
    ),
    Fault(
        "one of two servers is stopped",
        (X1, "TXT"),
        (),
        "waiting",
        "ns2.lab (198.51.100.53) does not answer",
        "Repair the name server",
        "secondary stopped",
    ),
    Fault(
        "no server answers",
        (X1, "TXT"),
        (),
        "unreachable",
        "does not answer",
        "none of them does now",
        "both silent",
    ),
    Fault(
        "signatures that have expired",
        (X1, "TXT"),
        (),
        "insecure",
        "v=DKIM1",
        "Sign the zone tenant.test again",
        "years later",
    ),
    Fault(
        "digest of another key at the parent",
        (X1, "TXT"),
        (),
        "insecure",
        "v=DKIM1",
        "DNSSEC signatures do not validate",
        "forged",
    ),
    Fault(
        "digest at the parent of a zone that is not signed",
        ("_dmarc.unsigned.test", "TXT"),
        (
            ("unsigned.test", "DS", (f"1 13 2 {'00' * 32}",)),
            (
                "_dmarc.unsigned.test",
                "TXT",
                ("v=DMARC1; p=quarantine; rua=mailto:dmarc@tenant.test",),
            ),
        ),
        "insecure",
        "v=DMARC1",
        "Sign the zone unsigned.test again, or remove its DS record",
        "forget",
    ),
)

#: Behaviour of the server of `odd.test`, as odd_server.py has it.
_ODD = (
    (
        "never answers",
        "silent",
        "unreachable",
        "does not answer",
        "none of them does now",
    ),
    ("SERVFAIL", "servfail", "unreachable", "SERVFAIL", "none of them does now"),
    ("REFUSED", "refused", "unreachable", "", "none of them does now"),
    ("not its zone", "lame", "unreachable", "", "none of them does now"),
    ("rubbish", "rubbish", "unreachable", "", "none of them does now"),
    ("answers by TCP only when asked by UDP", "truncated", "ok", "v=DKIM1", ""),
    ("TTL beyond all bounds", "ttl", "ok", "v=DKIM1", ""),
    ("knows no EDNS", "no edns", "ok", "v=DKIM1", ""),
    ("lower-cases the question", "lower", "ok", "v=DKIM1", ""),
    ("wrong id first", "wrong id", "ok", "v=DKIM1", ""),
    ("answers of another question first", "out of step", "ok", "v=DKIM1", ""),
    (
        "one octet in a second by TCP",
        "drip",
        "unreachable",
        "",
        "none of them does now",
    ),
    ("64 KiB of records", "huge", "unreachable", "", "none of them does now"),
    (
        "compression pointers in a ring",
        "ring",
        "unreachable",
        "",
        "none of them does now",
    ),
    (
        "an alias of an alias without end",
        "aliases",
        "wrong",
        "CNAME",
        "Replace the CNAME",
    ),
    (
        "control characters and text from right to left",
        "control",
        "missing",
        "\\226\\128\\174",
        "Add a TXT record",
    ),
    ("a text of 60 KB", "long", "unreachable", "", "none of them does now"),
    (
        "a text of 12 KB",
        "rather long",
        "missing",
        "(12000 characters)",
        "Add a TXT record",
    ),
)

FAULTS = (
    *_DKIM,
    *_SPF,
    *_SMARTHOST,
    *_REVERSE,
    *_BLOCKLISTS,
    *_DMARC,
    *_POLICIES,
    *_HOSTS,
    *_SERVERS,
)
ODD = _ODD
