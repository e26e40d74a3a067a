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

"""What a node and its gateway say to each other, once they know each other.

    node      Sync    "this is what I have"
    gateway   State   "this is how it must be", with the settings if they differ
    gateway   Shards  texts of the shards that differ, in one or more messages
    gateway   Refused instead of both: there is nothing for this node
    gateway   Ring    at any time: "something has changed, look now"

A reply carries the number of its Sync. All of it is of one moment: the
digests of State are those of the texts.
"""

import dataclasses
import json
import typing as tp

from exordos_mail.protocol import shards

#: Largest message that a side takes, and the size of the parts of a reply. One
#: shard travels in one part: a million accounts make shards of 2 MB.
FROM_NODE_MAX = 64 * 1024  # octets
FROM_GATEWAY_MAX = 64 * 1024 * 1024
PART_MAX = 512 * 1024


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
    """What the node must have. `settings` is None where the node's are right."""

    number: int
    instance: str
    name: str
    generation: int
    domain: str
    revision: str
    shards: shards.Digests
    settings: tp.Mapping[str, tp.Any] | None = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Shards:
    """Texts of shards that differ; the reply ends with the one that is `last`."""

    number: int
    texts: tp.Mapping[int, str] = dataclasses.field(repr=False)
    last: bool


@dataclasses.dataclass(frozen=True)
class Refused:
    """Nothing for this node; `reason` is for a person."""

    number: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Ring:
    """Look now. What is to be seen does not travel with it."""


Message = Sync | State | Shards | Refused | Ring

_TYPES: dict[str, type[Message]] = {
    "sync": Sync,
    "state": State,
    "shards": Shards,
    "refused": Refused,
    "ring": Ring,
}
_NAMES = {kind: name for name, kind in _TYPES.items()}
_BY_SHARD = ("shards", "texts")
_PLAIN: dict[str, type] = {
    "number": int,
    "generation": int,
    "last": bool,
    "instance": str,
    "name": str,
    "domain": str,
    "revision": str,
    "reason": str,
}


def encode(message: Message) -> bytes:
    """Return the JSON of a message."""
    fields = {
        field.name: getattr(message, field.name)
        for field in dataclasses.fields(message)
    }
    value = {"type": _NAMES[type(message)], **fields}
    return json.dumps(value, separators=(",", ":")).encode()


def decode(octets: bytes) -> Message:
    """Return the message of its JSON.

    Raises:
        MessageError: it is none; the text holds no value of it.
    """
    try:
        value = json.loads(octets)
        kind = _TYPES[value.pop("type")]
        names = {field.name for field in dataclasses.fields(kind)}
        if set(value) != names:
            raise MessageError("a message has other fields than it should")
        return kind(**{name: _checked(kind, name, value[name]) for name in names})
    except MessageError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise MessageError("this is no message of ours") from None


def _checked(kind: type[Message], name: str, value: tp.Any) -> tp.Any:
    if name in _BY_SHARD:
        return _by_shard(value)
    if name == "settings":
        expected: tuple[type, ...] = (str,) if kind is Sync else (dict, type(None))
        fits = isinstance(value, expected)
    else:
        fits = type(value) is _PLAIN[name]
    if not fits:
        raise MessageError(f"{name} of a message is of the wrong type")
    return value


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
