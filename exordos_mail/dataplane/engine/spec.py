# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node must be, as typed data, checked again before anything is written.

The control plane has checked all of it already; the node checks it once more,
because one newline in a name would become a line of a root-owned file. No
error text holds a value of the payload beyond names of fields.
"""

import dataclasses
import functools
import ipaddress
import re
import typing as tp

from exordos_mail.protocol import documents
from exordos_mail.standards import address, dkim, trust_anchor

# One DNS label: a selector is also a file name, so no dot and no slash.
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
# exim's ratelimit: a count and an interval (spec chapter 44, "ratelimit").
_RATE_LIMIT = re.compile(r"[1-9][0-9]{0,8} / [1-9][0-9]{0,4}[smhdw]\Z")

_SETTINGS = frozenset(
    {
        *("domain", "hostname", "dkim_keys", "rate_limit", "send_networks"),
        *("resolver", "mailboxes"),
    }
)
#: Collections and buckets name files.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_DIGEST = re.compile(r"(?:[0-9a-f]{64}|[0-9a-f-]{36})\Z")
#: Their texts are kept, so that they cannot have tags.
_KEPT = (
    *("settings", "accounts", "aliases", "certificates", "challenges"),
    "sieve_scripts",
)
#: These make a file of each bucket, whether it has documents or not.
_SPREAD = ("accounts", "aliases")
_BUCKETS = frozenset(map(str, range(documents.COUNT)))
_KEY_FIELDS = frozenset({"algorithm", "private_key"})


#: `dkim.public_record`: loading an RSA key proves it, which takes 15 ms, and
#: the keys rarely change.
public_record = functools.lru_cache(maxsize=8)(dkim.public_record)


class SpecError(ValueError):
    """The payload cannot be applied; the text is for a person, without secrets."""


@dataclasses.dataclass(frozen=True)
class DKIMKey:
    """One signing key: `selector._domainkey.<domain>` publishes its public half."""

    selector: str
    algorithm: str
    private_key: str = dataclasses.field(repr=False)

    @functools.cached_property
    def record(self) -> str:
        """The TXT record data of the public half."""
        return public_record(self.private_key)


@dataclasses.dataclass(frozen=True)
class ResolverSettings:
    """The node's own resolver.

    `forwarders` are addresses of the name servers that it asks, () for the
    authoritative ones; `anchors` are its trust anchors, () for the internet's root.
    """

    forwarders: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class MailboxSettings:
    """What mailboxes may hold whose accounts say nothing else; None: no limit."""

    quota_bytes: int | None = None
    quota_messages: int | None = None


@dataclasses.dataclass(frozen=True)
class MailSpec:
    """The settings, as typed data.

    `domain` is the primary one; `hostname` is the node's own name, "" for the same;
    `dkim_keys` are those of the primary domain, unless there is a collection of them;
    `rate_limit` is recipients per interval and account, `1000 / 1h`;
    `send_networks` are the networks (CIDR) where exim and the send service may
    go although they are private; `resolver` is the node's own, None for none;
    `mailboxes`: None, the instance keeps none;
    `unknown` are the names of settings that this node's software does not know.
    """

    domain: str
    dkim_keys: tuple[DKIMKey, ...]
    rate_limit: str
    send_networks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    hostname: str = ""
    resolver: ResolverSettings | None = None
    mailboxes: MailboxSettings | None = None

    @property
    def host(self) -> str:
        """The name of the node in greetings, certificates and traces."""
        return self.hostname or self.domain


def parse(settings: tp.Mapping[str, tp.Any], has_keys: bool = False) -> MailSpec:
    """Return the checked specification.

    Args:
        settings: by name.
        has_keys: whether there is a collection of DKIM keys, whose place is there then.

    Raises:
        SpecError: a setting is missing, of the wrong type, or breaks its rule.
    """
    if has_keys:
        settings = {**settings, "dkim_keys": {}}
    return MailSpec(
        domain=_domain(settings.get("domain"), "domain"),
        hostname=_hostname(settings),
        dkim_keys=_dkim_keys(settings.get("dkim_keys")),
        rate_limit=_rate_limit(settings.get("rate_limit")),
        send_networks=_send_networks(settings.get("send_networks", [])),
        resolver=_resolver(settings.get("resolver")),
        mailboxes=_mailboxes(settings.get("mailboxes")),
        unknown=tuple(sorted(settings.keys() - _SETTINGS)),
    )


def check_collections(value: object) -> dict[str, dict[str, str]]:
    """Return collections, in order, whose names and digests keep to the rules.

    Raises:
        SpecError: one does not.
    """
    if not isinstance(value, dict):
        raise SpecError("the payload's collections are not an object")
    for name, digests in value.items():
        if not isinstance(digests, dict) or not _NAME.match(str(name)):
            raise SpecError("a collection of the payload has no name or no buckets")
        for bucket, digest in digests.items():
            if not (isinstance(digest, str) and _DIGEST.match(digest)):
                raise SpecError(f"a bucket of {name} has no digest")
            if not _NAME.match(str(bucket)):
                raise SpecError(f"a bucket of {name} has no name")
            if name in _SPREAD and bucket not in _BUCKETS:
                raise SpecError(f"a bucket of {name} is none of those of a table")
            if name in _KEPT and documents.is_tag(digest):
                raise SpecError(f"a bucket of {name} has a tag and no digest")
    return {
        name: {bucket: value[name][bucket] for bucket in sorted(value[name])}
        for name in sorted(value)
    }


def _domain(value: object, name: str) -> str:
    try:
        return address.check_domain(value)
    except address.AddressPartError:
        raise SpecError(f"the payload's {name} is not a domain") from None


def _hostname(settings: tp.Mapping[str, tp.Any]) -> str:
    # Of a control plane that knows no such setting, the domain is the name.
    return _domain(settings["hostname"], "hostname") if "hostname" in settings else ""


def _dkim_keys(value: object) -> tuple[DKIMKey, ...]:
    keys = signing_keys(value)
    for key in keys:
        try:
            record = key.record
        except dkim.DKIMKeyError as exc:
            raise SpecError(f"DKIM key {key.selector}: {exc}") from None
        if f"k={key.algorithm.removesuffix('-sha256')};" not in record:
            raise SpecError(f"DKIM key {key.selector} is not of its algorithm")
    return keys


def signing_keys(value: object) -> tuple[DKIMKey, ...]:
    """Return the keys by selector, in order; the keys themselves are not proved.

    Raises:
        SpecError: a key has no proper selector, or not the fields of one.
    """
    if not isinstance(value, dict):
        raise SpecError("the payload's DKIM keys are not an object")
    keys = []
    for selector, fields in sorted(value.items()):
        if not isinstance(selector, str) or not _SELECTOR.match(selector):
            raise SpecError("a DKIM selector is not one DNS label")
        if not isinstance(fields, dict) or set(fields) != _KEY_FIELDS:
            raise SpecError(f"DKIM key {selector} has the wrong fields")
        algorithm, private_key = fields["algorithm"], fields["private_key"]
        if algorithm not in dkim.ALGORITHMS or not isinstance(private_key, str):
            raise SpecError(f"DKIM key {selector} has an unknown algorithm")
        keys.append(DKIMKey(selector, algorithm, private_key))
    return tuple(keys)


def _send_networks(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise SpecError("the payload's networks are not a list")
    try:
        networks = [ipaddress.ip_network(str(one)) for one in value]
    except ValueError:
        raise SpecError("one of the payload's networks is none") from None
    if [str(one) for one in networks] != value:
        raise SpecError("one of the payload's networks is not in the usual form")
    return tuple(value)


def _resolver(value: object) -> ResolverSettings | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"forwarders", "anchors"}:
        raise SpecError("the payload's resolver has the wrong fields")
    forwarders, anchors = value["forwarders"], value["anchors"]
    if not isinstance(forwarders, list) or not isinstance(anchors, list):
        raise SpecError("the payload's resolver has no lists")
    if not all(map(_is_address, forwarders)):
        raise SpecError("one of the resolver's forwarders is not an IP address")
    if not all(map(trust_anchor.is_canonical, anchors)):
        raise SpecError("one of the resolver's trust anchors is none")
    return ResolverSettings(tuple(forwarders), tuple(anchors))


def _mailboxes(value: object) -> MailboxSettings | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"quota_bytes", "quota_messages"}:
        raise SpecError("the payload's mailboxes have the wrong fields")
    if not all(one is None or is_limit(one) for one in value.values()):
        raise SpecError("a quota of the payload's mailboxes is not a whole number")
    return MailboxSettings(**value)


def is_limit(value: object) -> bool:
    """Return whether this is a whole number above 0 of 63 bits at the most."""
    return type(value) is int and 0 < value < 1 << 63


def _is_address(value: object) -> bool:
    # What follows "%" (a zone of RFC 4007) may be any text.
    try:
        is_text = isinstance(value, str) and "%" not in value
        return is_text and str(ipaddress.ip_address(str(value))) == value
    except ValueError:
        return False


def _rate_limit(value: object) -> str:
    if not isinstance(value, str) or not _RATE_LIMIT.match(value):
        raise SpecError("the payload's rate limit is not like '1000 / 1h'")
    return value
