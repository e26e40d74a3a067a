#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""What a node must be, as typed data, checked again before anything is written.

The control plane has checked all of it already; the node checks it once more,
because one newline in a name would become a line of a root-owned file. No
error text holds a value of the payload beyond names of fields.
"""

import dataclasses
import functools
import re
import typing as tp

from exordos_mail.standards import address, dkim
from exordos_mail.standards import revision as revision_lib

# The union of the alphabets of crypt(5): printable ASCII without what could
# end a field or a line, or be expanded or quoted by anything on the way.
_HASH = re.compile(r"[A-Za-z0-9./$_,=+-]{13,384}\Z")
# One DNS label: a selector is also a file name, so no dot and no slash.
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
# exim's ratelimit: a count and an interval (spec chapter 44, "ratelimit").
_RATE_LIMIT = re.compile(r"[1-9][0-9]{0,8} / [1-9][0-9]{0,4}[smhdw]\Z")
_REVISION = re.compile(r"[0-9a-f]{64}\Z")

_BULK_FIELDS = frozenset({"accounts", "dkim_keys", "rate_limit"})
_KEY_FIELDS = frozenset({"algorithm", "private_key"})
_NAME_MAX = 255


# Loading an RSA key proves it, which takes 15 ms; the keys rarely change.
_public_record = functools.lru_cache(maxsize=8)(dkim.public_record)


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
        return _public_record(self.private_key)


@dataclasses.dataclass(frozen=True)
class MailSpec:
    """Everything that decides what the node's files hold.

    `accounts` maps a username to its crypt(5) hash (active accounts only),
    `rate_limit` is recipients per interval and account, `1000 / 1h`.
    """

    domain: str
    accounts: tp.Mapping[str, str] = dataclasses.field(repr=False)
    dkim_keys: tuple[DKIMKey, ...]
    rate_limit: str

    def address_of(self, username: str) -> str:
        """Return the address of an account, which is also its login."""
        return f"{username}@{self.domain}"


@dataclasses.dataclass(frozen=True)
class Payload:
    """A whole payload: its head, its specification and the bulk as it came."""

    uuid: str
    name: str
    generation: int
    revision: str
    spec: MailSpec
    bulk: tp.Mapping[str, tp.Any] = dataclasses.field(repr=False)

    @property
    def domain(self) -> str:
        """The primary domain."""
        return self.spec.domain

    def with_head(self, head: tp.Mapping[str, tp.Any]) -> "Payload":
        """Return the same configuration under the head of another payload."""
        return dataclasses.replace(
            self,
            uuid=str(head["uuid"]),
            name=_name(head),
            generation=_generation(head),
        )

    def as_value(self) -> dict[str, tp.Any]:
        """Return the JSON object that `parse` reads."""
        return {
            "uuid": self.uuid,
            "name": self.name,
            "generation": self.generation,
            "revision": self.revision,
            "domain": self.domain,
            "bulk": dict(self.bulk),
        }


def parse(value: tp.Mapping[str, tp.Any]) -> Payload:
    """Return the checked payload.

    Raises:
        SpecError: a field is missing, unknown, of the wrong type, or breaks
            its rule; or the revision is not that of the content.
    """
    bulk = value.get("bulk")
    if not isinstance(bulk, dict):
        raise SpecError("the payload has no usable bulk")
    unknown = set(bulk) - _BULK_FIELDS
    if unknown:
        raise SpecError(
            "this node's software does not know these fields of the payload: "
            + ", ".join(sorted(str(name)[:40] for name in unknown))
            + "; it needs a newer image"
        )
    domain = _domain(value.get("domain"))
    revision = value.get("revision")
    if not isinstance(revision, str) or not _REVISION.match(revision):
        raise SpecError("the payload's revision is not a sha256")
    spec = MailSpec(
        domain=domain,
        accounts=_accounts(bulk.get("accounts")),
        dkim_keys=_dkim_keys(bulk.get("dkim_keys")),
        rate_limit=_rate_limit(bulk.get("rate_limit")),
    )
    if revision_lib.compute(domain, bulk) != revision:
        raise SpecError("the payload does not match its revision")
    return Payload(
        uuid=str(value.get("uuid", "")),
        name=_name(value),
        generation=_generation(value),
        revision=revision,
        spec=spec,
        bulk=bulk,
    )


def _domain(value: object) -> str:
    try:
        return address.check_domain(value)
    except address.AddressError:
        raise SpecError("the payload's domain is not a domain") from None


def _name(value: tp.Mapping[str, tp.Any]) -> str:
    name = value.get("name", "")
    if not isinstance(name, str) or len(name) > _NAME_MAX:
        raise SpecError("the payload's name is not a text of at most 255 characters")
    return name


def _generation(value: tp.Mapping[str, tp.Any]) -> int:
    generation = value.get("generation", 0)
    if isinstance(generation, bool) or not isinstance(generation, int):
        raise SpecError("the payload's generation is not a number")
    return generation


def _accounts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise SpecError("the payload's accounts are not an object")
    for username, password_hash in value.items():
        try:
            address.check_username(username)
        except address.AddressError:
            raise SpecError("an account's name breaks the rule of names") from None
        if not isinstance(password_hash, str) or not _HASH.match(password_hash):
            raise SpecError(f"the hash of account {username} is not a crypt(5) hash")
    return dict(value)


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


def _rate_limit(value: object) -> str:
    if not isinstance(value, str) or not _RATE_LIMIT.match(value):
        raise SpecError("the payload's rate limit is not like '1000 / 1h'")
    return value
