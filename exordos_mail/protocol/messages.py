# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node and its gateway say to each other, once they know each other.

    node      Sync       "this is what I have": a digest for each collection
    gateway   State      "this is how it must be", with the buckets of what differs

    node      Fetch      "give me these buckets of a collection"
    gateway   Documents  their texts, in one or more messages

    node      Tell       "this became of messages" (see outcomes)
    node      Observe    "this is what I see of them" (see observations)
    gateway   Told       it is kept, once, however often it is told

    gateway   Refused    instead of these: there is nothing for this node
    gateway   Ring       at any time: "something has changed, look now"

A reply carries the number of its question, and all of it is of one moment. Texts are
asked for later than the state, so one may be newer than the digest in State: then the
node asks again. A collection that State does not name is one that the platform does
not know, which is not that it is empty.
"""

import dataclasses
import json
import re
import typing as tp

from exordos_mail.protocol import documents, observations, untrusted
from exordos_mail.protocol.outcomes import Outcome, OutcomeError

#: Largest message that a side takes, and the size of the parts of a reply. One
#: bucket travels in one part: a million accounts make buckets of 2 MB.
FROM_NODE_MAX = 64 * 1024  # octets
FROM_GATEWAY_MAX = 64 * 1024 * 1024
PART_MAX = 512 * 1024
#: Most octets of the JSON of the outcomes, or of the facts, that one message carries.
TOLD_MAX = FROM_NODE_MAX - 256
#: Buckets that one question may name. A text may have some megabytes, and the gateway
#: has all of a reply in memory at once.
FETCH_MAX = 16

#: Collections and buckets name files of the node.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_DIGEST = re.compile(r"[0-9a-f-]{1,64}\Z")


class MessageError(ValueError):
    """A message that nobody of ours would send."""


@dataclasses.dataclass(frozen=True)
class Sync:
    """What the node has: the digest over each of its collections."""

    number: int
    have: tp.Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class State:
    """What the node must have: the digest over each collection that there is.

    `changed` has the buckets of the collections that the node has otherwise.
    """

    number: int
    instance: str
    name: str
    generation: int
    revision: str
    collections: tp.Mapping[str, str]
    changed: documents.Collections


@dataclasses.dataclass(frozen=True)
class Fetch:
    """Asks for the texts of buckets, at most `FETCH_MAX`."""

    number: int
    collection: str
    buckets: list[str]


@dataclasses.dataclass(frozen=True)
class Documents:
    """Texts by bucket; the reply ends with the one that is `last`.

    What is not of the node's own instance is left out without a word. What is,
    and cannot be made, is left out and `problem` says why ("": nothing is).
    """

    number: int
    texts: tp.Mapping[str, str] = dataclasses.field(repr=False)
    problem: str
    last: bool


@dataclasses.dataclass(frozen=True)
class Tell:
    """What became of messages of the node, as JSON at most `TOLD_MAX` octets."""

    number: int
    outcomes: list[Outcome] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Observe:
    """What the node sees of things of a kind, as JSON at most `TOLD_MAX` octets."""

    number: int
    kind: str
    facts: observations.Facts = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Told:
    """All that was told is kept, or was before."""

    number: int


@dataclasses.dataclass(frozen=True)
class Refused:
    """Nothing for this node; `reason` is for a person."""

    number: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Ring:
    """Look now. What is to be seen does not travel with it."""


Message = Sync | State | Fetch | Documents | Tell | Observe | Told | Refused | Ring

_TYPES: dict[str, type[Message]] = {
    kind.__name__.lower(): kind for kind in tp.get_args(Message)
}


def is_text(value: tp.Any) -> bool:
    """Return whether a value is a text that has octets (UTF-8)."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


def _is_number(value: tp.Any) -> bool:
    return type(value) is int


def _is_digest(value: tp.Any) -> bool:
    return isinstance(value, str) and bool(_DIGEST.match(value))


def _is_name(value: tp.Any) -> bool:
    return isinstance(value, str) and bool(_NAME.match(value))


def _by_name(fits: tp.Callable[[tp.Any], bool]) -> tp.Callable[[tp.Any], bool]:
    def check(value: tp.Any) -> bool:
        return isinstance(value, dict) and all(
            _is_name(name) and fits(one) for name, one in value.items()
        )

    return check


def _are_buckets(value: tp.Any) -> bool:
    return isinstance(value, list) and (
        len(value) <= FETCH_MAX and all(map(_is_name, value))
    )


#: How the fields of all messages are checked.
_FITS: dict[str, tp.Callable[[tp.Any], bool]] = {
    "number": _is_number,
    "generation": _is_number,
    "last": lambda value: isinstance(value, bool),
    "instance": is_text,
    "name": is_text,
    "revision": is_text,
    "reason": is_text,
    "problem": is_text,
    "collection": _is_name,
    "buckets": _are_buckets,
    "have": _by_name(_is_digest),
    "collections": _by_name(_is_digest),
    "changed": _by_name(_by_name(_is_digest)),
    "texts": _by_name(is_text),
    "outcomes": lambda value: isinstance(value, list),
    "kind": _is_name,
    "facts": observations.are_facts,
}


def _outcomes(value: list[tp.Any]) -> list[Outcome]:
    return [Outcome.from_dict(one) for one in value]


#: What is made of the fields whose JSON is not the value itself.
_MADE: dict[str, tp.Callable[[tp.Any], tp.Any]] = {"outcomes": _outcomes}


def encode(message: Message) -> bytes:
    """Return the JSON of a message."""
    fields = {
        field.name: getattr(message, field.name)
        for field in dataclasses.fields(message)
    }
    value = {"type": type(message).__name__.lower(), **fields}
    made = json.dumps(value, separators=(",", ":"), default=Outcome.to_dict)
    return made.encode()


def decode(octets: bytes) -> Message:
    """Return the message of its JSON.

    Raises:
        MessageError: it is none; the text holds no value of it.
    """
    try:
        value = untrusted.loads(octets)
        kind = _TYPES[value.pop("type")]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise MessageError("this is no message of ours") from None
    names = {field.name for field in dataclasses.fields(kind)}
    if set(value) != names:
        raise MessageError("a message has other fields than it should")
    for name in sorted(names):
        if not _FITS[name](value[name]):
            raise MessageError(f"{name} of a message is of the wrong type")
    try:
        made = {name: _MADE[name](value[name]) for name in names & _MADE.keys()}
    except OutcomeError as error:
        raise MessageError(str(error)) from None
    return kind(**{**value, **made})


def parts(
    number: int, texts: tp.Mapping[str, str], problem: str = ""
) -> tp.Iterator[Documents]:
    """Yield the messages that carry these texts: at least one, the last marked.

    A single text larger than a part is sent alone, however large.
    """
    pending: dict[str, str] = {}
    size = 0
    for bucket, content in texts.items():
        if pending and size + len(content) > PART_MAX:
            yield Documents(number, pending, "", last=False)
            pending, size = {}, 0
        pending[bucket] = content
        size += len(content)
    yield Documents(number, pending, problem, last=True)
