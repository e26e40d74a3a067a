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
import uuid as sys_uuid

from exordos_mail.protocol import shards
from exordos_mail.standards import address, dkim

# The union of the alphabets of crypt(5): printable ASCII without what could
# end a field or a line, or be expanded or quoted by anything on the way.
_HASH = re.compile(r"[A-Za-z0-9./$_,=+-]{13,384}\Z")
# One DNS label: a selector is also a file name, so no dot and no slash.
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
# exim's ratelimit: a count and an interval (spec chapter 44, "ratelimit").
_RATE_LIMIT = re.compile(r"[1-9][0-9]{0,8} / [1-9][0-9]{0,4}[smhdw]\Z")

_SETTINGS = frozenset({"dkim_keys", "rate_limit", "send_networks"})
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
class MailSpec:
    """What decides, beside accounts and tenants, what the node's files hold.

    `rate_limit` is recipients per interval and account, `1000 / 1h`;
    `send_networks` are the networks (CIDR) where exim and the send service may
    go although they are private.
    """

    domain: str
    dkim_keys: tuple[DKIMKey, ...]
    rate_limit: str
    send_networks: tuple[str, ...] = ()

    @functools.cached_property
    def settings(self) -> dict[str, tp.Any]:
        """The settings as they came (see `protocol.revision`)."""
        settings: dict[str, tp.Any] = {
            "dkim_keys": {
                key.selector: {
                    "algorithm": key.algorithm,
                    "private_key": key.private_key,
                }
                for key in self.dkim_keys
            },
            "rate_limit": self.rate_limit,
        }
        if self.send_networks:
            settings["send_networks"] = list(self.send_networks)
        return settings


def parse(domain: object, settings: tp.Mapping[str, tp.Any]) -> MailSpec:
    """Return the checked specification.

    Raises:
        SpecError: a field is missing, unknown, of the wrong type, or breaks
            its rule.
    """
    unknown = set(settings) - _SETTINGS
    if unknown:
        raise SpecError(
            "this node's software does not know these fields of the payload: "
            + ", ".join(sorted(str(name)[:40] for name in unknown))
            + "; it needs a newer image"
        )
    return MailSpec(
        domain=_domain(domain),
        dkim_keys=_dkim_keys(settings.get("dkim_keys")),
        rate_limit=_rate_limit(settings.get("rate_limit")),
        send_networks=_send_networks(settings.get("send_networks", [])),
    )


def check_accounts(value: object) -> dict[str, str]:
    """Return accounts (hash by username) that keep to the rules.

    Raises:
        SpecError: one does not.
    """
    if not isinstance(value, dict):
        raise SpecError("the payload's accounts are not an object")
    for username, password_hash in value.items():
        try:
            address.check_username(username)
        except address.AddressError:
            raise SpecError("an account's name breaks the rule of names") from None
        if not isinstance(password_hash, str) or not _HASH.match(password_hash):
            raise SpecError(f"the hash of account {username} is not a crypt(5) hash")
    return value


def check_shard(shard: int, text: bytes) -> None:
    """Check the accounts of a shard's text.

    Raises:
        SpecError: an account breaks its rule or does not belong there, or the
            text is not the one that these accounts make.
    """
    try:
        accounts = shards.accounts(text)
    except ValueError:
        raise SpecError(f"shard {shard} cannot be read") from None
    check_accounts(accounts)
    if shards.text(accounts) != text:
        raise SpecError(f"shard {shard} is not written as it should be")
    if any(shards.number(username) != shard for username in accounts):
        raise SpecError(f"an account is in shard {shard} and belongs to another")


def _domain(value: object) -> str:
    try:
        return address.check_domain(value)
    except address.AddressError:
        raise SpecError("the payload's domain is not a domain") from None


def _dkim_keys(value: object) -> tuple[DKIMKey, ...]:
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
        key = DKIMKey(selector, algorithm, private_key)
        try:
            record = key.record
        except dkim.DKIMKeyError as exc:
            raise SpecError(f"DKIM key {selector}: {exc}") from None
        if f"k={algorithm.removesuffix('-sha256')};" not in record:
            raise SpecError(f"DKIM key {selector} is not of its algorithm")
        keys.append(key)
    return tuple(keys)


def check_tenants(value: object) -> dict[str, str]:
    """Return the tags of tenants by uuid, both in the usual form of a UUID.

    Raises:
        SpecError: they are something else.
    """
    if not isinstance(value, dict):
        raise SpecError("the payload's tenants are not an object")
    if not all(_is_uuid(one) for item in value.items() for one in item):
        raise SpecError("a tenant of the payload has no uuid or no tag")
    return {uuid: value[uuid] for uuid in sorted(value)}


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(sys_uuid.UUID(value)) == value
    except ValueError:
        return False


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


def _rate_limit(value: object) -> str:
    if not isinstance(value, str) or not _RATE_LIMIT.match(value):
        raise SpecError("the payload's rate limit is not like '1000 / 1h'")
    return value
