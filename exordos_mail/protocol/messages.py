# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node and its gateway say to each other, once they know each other.

    node      Sync    "this is what I have"
    gateway   State   "this is how it must be", with the settings if they differ
    gateway   Shards  texts of the shards that differ, in one or more messages
    gateway   Refused instead of both: there is nothing for this node

    node      FetchTenants  "give me the documents of these tenants"
    gateway   Tenants       the documents, in one or more messages
    gateway   Refused       instead of them

    gateway   Ring    at any time: "something has changed, look now"

A reply carries the number of its question. All of it is of one moment: the
digests of State are those of the texts. A document is asked for later, so it
may be newer than the tag in State; then the node has been rung already.
"""

import dataclasses
import json
import typing as tp
import uuid as sys_uuid

from exordos_mail.protocol import shards, untrusted

#: Largest message that a side takes, and the size of the parts of a reply. One
#: shard travels in one part: a million accounts make shards of 2 MB.
FROM_NODE_MAX = 64 * 1024  # octets
FROM_GATEWAY_MAX = 64 * 1024 * 1024
PART_MAX = 512 * 1024
#: Tenants that one question may name. A document may have some megabytes, and
#: the gateway has all of a reply in memory at once.
FETCH_MAX = 16

#: A tenant of the send service, as the node hands it on (docs/adr/0022).
Document = tp.Mapping[str, tp.Any]


class MessageError(ValueError):
    """A message that nobody of ours would send."""


@dataclasses.dataclass(frozen=True)
class Sync:
    """What the node has: digests of its settings ("": none) and its shards."""

    number: int
    settings: str
    shards: shards.Digests


@dataclasses.dataclass(frozen=True)
class State:
    """What the node must have. `settings` is None where the node's are right.

    `tenants` are tags by uuid. JSON has them only if there are any: a node
    that does not know them is not disturbed by an instance without.
    """

    number: int
    instance: str
    name: str
    generation: int
    domain: str
    revision: str
    shards: shards.Digests
    settings: tp.Mapping[str, tp.Any] | None = dataclasses.field(repr=False)
    tenants: tp.Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Shards:
    """Texts of shards that differ; the reply ends with the one that is `last`."""

    number: int
    texts: tp.Mapping[int, str] = dataclasses.field(repr=False)
    last: bool


@dataclasses.dataclass(frozen=True)
class FetchTenants:
    """Asks for the documents of these tenants, at most `FETCH_MAX` uuids."""

    number: int
    tenants: list[str]


@dataclasses.dataclass(frozen=True)
class Tenants:
    """Documents by uuid; the reply ends with the one that is `last`.

    What is not of the node's own instance is left out without a word. What is,
    and cannot be made, is left out and `problem` says why ("": nothing is).
    """

    number: int
    documents: tp.Mapping[str, Document] = dataclasses.field(repr=False)
    problem: str
    last: bool


@dataclasses.dataclass(frozen=True)
class Refused:
    """Nothing for this node; `reason` is for a person."""

    number: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Ring:
    """Look now. What is to be seen does not travel with it."""


Message = Sync | State | Shards | FetchTenants | Tenants | Refused | Ring

_TYPES: dict[str, type[Message]] = {
    "sync": Sync,
    "state": State,
    "shards": Shards,
    "fetch_tenants": FetchTenants,
    "tenants": Tenants,
    "refused": Refused,
    "ring": Ring,
}
_NAMES = {kind: name for name, kind in _TYPES.items()}
_BY_SHARD = ("shards", "texts")
_BY_UUID: dict[str, type] = {"tenants": str, "documents": dict}
_PLAIN: dict[str, type] = {
    "number": int,
    "generation": int,
    "last": bool,
    "instance": str,
    "name": str,
    "domain": str,
    "revision": str,
    "reason": str,
    "problem": str,
}


def encode(message: Message) -> bytes:
    """Return the JSON of a message."""
    fields = {
        field.name: getattr(message, field.name)
        for field in dataclasses.fields(message)
    }
    if isinstance(message, State) and not message.tenants:
        del fields["tenants"]
    return _json({"type": _NAMES[type(message)], **fields})


def decode(octets: bytes) -> Message:
    """Return the message of its JSON.

    Raises:
        MessageError: it is none; the text holds no value of it.
    """
    try:
        value = untrusted.loads(octets)
        kind = _TYPES[value.pop("type")]
        names = {field.name for field in dataclasses.fields(kind)}
        if kind is State:
            value.setdefault("tenants", {})
        if set(value) != names:
            raise MessageError("a message has other fields than it should")
        return kind(**{name: _checked(kind, name, value[name]) for name in names})
    except MessageError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError):
        raise MessageError("this is no message of ours") from None


def _checked(kind: type[Message], name: str, value: tp.Any) -> tp.Any:
    if name in _BY_SHARD:
        return _by_shard(value)
    if not _fits(kind, name, value):
        raise MessageError(f"{name} of a message is of the wrong type")
    return value


def _fits(kind: type[Message], name: str, value: tp.Any) -> bool:
    if name == "settings":
        return isinstance(value, str if kind is Sync else (dict, type(None)))
    if name == "tenants" and kind is FetchTenants:
        return isinstance(value, list) and _are_uuids(value)
    if name in _BY_UUID:
        return isinstance(value, dict) and all(
            isinstance(one, _BY_UUID[name]) for one in value.values()
        )
    return type(value) is _PLAIN[name]


def _are_uuids(value: list[tp.Any]) -> bool:
    return len(value) <= FETCH_MAX and all(
        str(sys_uuid.UUID(uuid)) == uuid for uuid in value
    )


def _by_shard(value: tp.Any) -> dict[int, str]:
    by_shard = {int(number): text for number, text in value.items()}
    if not all(0 <= number < shards.COUNT for number in by_shard):
        raise MessageError("there is no such shard")
    if not all(isinstance(text, str) for text in by_shard.values()):
        raise MessageError("a shard is of the wrong type")
    return by_shard


def parts(number: int, texts: shards.Texts) -> tp.Iterator[Shards]:
    """Yield the messages that carry these texts: at least one, the last marked.

    A single shard larger than a part is sent alone, however large.
    """
    pending: dict[int, str] = {}
    size = 0
    for shard, content in texts.items():
        if pending and size + len(content) > PART_MAX:
            yield Shards(number, pending, last=False)
            pending, size = {}, 0
        pending[shard] = content.decode("ascii")
        size += len(content)
    yield Shards(number, pending, last=True)


def tenant_parts(
    number: int, documents: tp.Mapping[str, Document], problem: str = ""
) -> tp.Iterator[Tenants]:
    """Yield the messages that carry these documents, as `parts` does texts."""
    pending: dict[str, Document] = {}
    size = 0
    for uuid, document in documents.items():
        own = len(_json(document))
        if pending and size + own > PART_MAX:
            yield Tenants(number, pending, "", last=False)
            pending, size = {}, 0
        pending[uuid] = document
        size += own
    yield Tenants(number, pending, problem, last=True)


def _json(value: tp.Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
