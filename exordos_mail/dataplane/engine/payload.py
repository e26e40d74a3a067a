# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the node is to be: a head, and collections of documents.

Buckets are named by the digests of their texts; those that have a tag instead are no
more than named here (protocol/documents.py). A candidate is a payload with the texts
that are new.
"""

import dataclasses
import functools
import re
import typing as tp

from exordos_mail.dataplane.engine import document_checks, outbound
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.protocol import documents, messages

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_NAME_MAX = 255
SETTINGS = "settings"
_KEYS = "dkim_keys"
_IMPORTS = "imports"
#: Collections whose texts the node keeps although they have tags in place of digests:
#: it must have them when there is no control plane.
KEPT_BY_TAG = (_KEYS, outbound.COLLECTION, _IMPORTS)

#: (collection, bucket)
Place = tuple[str, str]
Texts = tp.Mapping[Place, str]


class DamagedBucket(Exception):
    """The text of a bucket is lost or is not of its digest."""


class Reader(tp.Protocol):
    """Who has the texts of a payload."""

    def text(self, place: Place, digest: str) -> str:
        """Return the text of a bucket.

        Raises:
            DamagedBucket: it is not there as it was accepted.
            OSError: it is there and could not be read.
        """


@dataclasses.dataclass(frozen=True)
class Payload:
    """A checked payload; its revision is that of its content.

    Attributes:
        uuid: the resource's, which the platform gives.
        spec: the settings.
        collections: digests, or tags, by collection and bucket.
        unnamed: collections that the platform has not named, which is not that they
            are empty: they stay, and are not in the revision.
    """

    uuid: str
    name: str
    generation: int
    revision: str
    spec: spec_lib.MailSpec
    collections: documents.Collections
    unnamed: tuple[str, ...]
    reader: Reader = dataclasses.field(repr=False, compare=False)

    @property
    def domain(self) -> str:
        """The primary domain."""
        return self.spec.domain

    @property
    def host(self) -> str:
        """The name of the node."""
        return self.spec.host

    def knows(self, collection: str) -> bool:
        """Return whether it says what is in a collection: else that is unknown."""
        return collection in self.collections

    def digests(self, collection: str) -> documents.Digests:
        """Return the digests, or tags, of the buckets of a collection."""
        return self.collections.get(collection, {})

    def documents(self, collection: str) -> dict[str, tp.Any]:
        """Return the documents of a collection by key.

        Raises:
            DamagedBucket, OSError: see Reader.
        """
        found: dict[str, tp.Any] = {}
        for bucket in self.digests(collection):
            found |= self.bucket(collection, bucket)
        return found

    def bucket(self, collection: str, bucket: str) -> dict[str, tp.Any]:
        """Return the documents of one bucket by key; there may be none.

        Raises:
            DamagedBucket, OSError: see Reader.
        """
        digest = self.digests(collection).get(bucket)
        if digest is None:
            return {}
        return documents.parse(self.reader.text((collection, bucket), digest))

    @functools.cached_property
    def kept(self) -> dict[Place, str]:
        """The digests, or tags, of all texts that the node keeps."""
        return kept(self.collections)

    def unknown(self, known: tp.Collection[str]) -> list[str]:
        """Return the names of what is no part of these collections."""
        others = sorted(self.collections.keys() - {SETTINGS, *known, *self.unnamed})
        return others + [f"{SETTINGS}.{name}" for name in self.spec.unknown]

    def has_head(self, head: tp.Mapping[str, tp.Any]) -> bool:
        """Return whether a value of the platform is about this very payload."""
        names = ("uuid", "name", "generation", "revision", "domain")
        return all(head.get(name) == getattr(self, name) for name in names)

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
            "collections": {name: dict(of) for name, of in self.collections.items()},
            "unnamed": list(self.unnamed),
        }


def kept(collections: documents.Collections) -> dict[Place, str]:
    """Return the digests, or tags, of the texts that a node keeps."""
    return {
        (collection, bucket): digest
        for collection, digests in collections.items()
        for bucket, digest in digests.items()
        if collection in KEPT_BY_TAG or not documents.is_tag(digest)
    }


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A payload, and the texts of its buckets as far as they are new."""

    payload: Payload
    texts: Texts = dataclasses.field(repr=False)


def parse(value: tp.Mapping[str, tp.Any], reader: Reader) -> Payload:
    """Return the payload that `as_value` has written.

    Raises:
        SpecError: this is none.
        DamagedBucket: its settings are lost.
        OSError: they could not be read.
    """
    unnamed = value.get("unnamed")
    if not isinstance(unnamed, list):
        raise spec_lib.SpecError("the payload does not say what is in its revision")
    collections = spec_lib.check_collections(value.get("collections"))
    return _payload(value, collections, unnamed, reader, {})


def from_reply(
    uuid: str,
    state: messages.State,
    collections: documents.Collections,
    texts: Texts,
    reader: Reader,
) -> Candidate:
    """Return what a source says.

    Args:
        uuid: the resource's.
        state: how the node must be.
        collections: all collections that the node will have.
        texts: of the buckets that are new.
        reader: has the others.

    Raises:
        SpecError: the content breaks a rule.
    """
    collections = spec_lib.check_collections(collections)
    head = {**dataclasses.asdict(state), "uuid": uuid}
    unnamed = sorted(collections.keys() - state.collections.keys())
    payload = _payload(head, collections, unnamed, reader, texts)
    for (collection, bucket), text in texts.items():
        document_checks.check_text(collection, bucket, text, payload.domain)
    return Candidate(payload, texts)


def _payload(
    head: tp.Mapping[str, tp.Any],
    collections: documents.Collections,
    unnamed: tp.Sequence[str],
    reader: Reader,
    texts: Texts,
) -> Payload:
    revision = _revision(head)
    named = {name: of for name, of in collections.items() if name not in unnamed}
    if documents.revision(named) != revision:
        raise spec_lib.SpecError("the payload does not match its revision")
    if "accounts" not in collections:
        # Without any the node would lock everybody out.
        raise spec_lib.SpecError("the payload says nothing of accounts")
    settings: dict[str, tp.Any] = {}
    for bucket, digest in collections.get(SETTINGS, {}).items():
        place = (SETTINGS, bucket)
        text = texts[place] if place in texts else reader.text(place, digest)
        try:
            settings |= documents.parse(text)
        except ValueError:
            raise spec_lib.SpecError("the payload's settings cannot be read") from None
    return Payload(
        uuid=str(head.get("uuid", "")),
        name=_name(head),
        generation=_generation(head),
        revision=revision,
        spec=spec_lib.parse(settings, has_keys=_KEYS in collections),
        collections=collections,
        unnamed=tuple(unnamed),
        reader=reader,
    )


def _revision(value: tp.Mapping[str, tp.Any]) -> str:
    found = value.get("revision")
    if not isinstance(found, str) or not _SHA256.match(found):
        raise spec_lib.SpecError("the payload's revision is not a sha256")
    return found


def _name(value: tp.Mapping[str, tp.Any]) -> str:
    name = value.get("name", "")
    if not isinstance(name, str) or len(name) > _NAME_MAX:
        raise spec_lib.SpecError(
            "the payload's name is not a text of at most 255 characters"
        )
    return name


def _generation(value: tp.Mapping[str, tp.Any]) -> int:
    generation = value.get("generation", 0)
    if isinstance(generation, bool) or not isinstance(generation, int):
        raise spec_lib.SpecError("the payload's generation is not a number")
    return generation
