# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node must be: collections of documents, in buckets that are compared.

    state       {collection: {bucket: digest}}
    text        canonical JSON of a bucket: {key: document}
    digest      the sha256 of a text; or a tag (a UUID), which stands for a document
                that is made when it is asked for
    revision    the digest over all of it

A bucket without documents is left out. The documents of a table are spread by a hash
of their key, so that one change costs one bucket of 64, whatever the size. Control
plane, node and exim compute the same number, each in its own language:

    Python  documents.bucket(key)
    SQL     mail_document_bucket(key)              (migrations/initial/documents.sql)
    exim    ${eval:0x${substr_0_2:${md5:KEY}} & 63}
"""

import hashlib
import json
import re
import typing as tp

from exordos_mail.protocol import untrusted

#: Buckets of a table.
COUNT = 64

#: By bucket: digests (64 hex digits) or tags.
Digests = tp.Mapping[str, str]
Collections = tp.Mapping[str, Digests]

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def bucket(key: str) -> str:
    """Return the bucket of a document, "0" to "63"."""
    octets = hashlib.md5(key.encode(), usedforsecurity=False).digest()
    return str(octets[0] % COUNT)


def text(documents: tp.Mapping[str, tp.Any]) -> str:
    """Return the text of a bucket; "" without documents."""
    return _canonical(documents) if documents else ""


def parse(content: str) -> dict[str, tp.Any]:
    """Return the documents of a text by key.

    Raises:
        ValueError: this is not the text of a bucket.
    """
    found = untrusted.loads(content) if content else {}
    if not isinstance(found, dict):
        raise ValueError("a bucket is not an object")
    return found


def spread(documents: tp.Mapping[str, tp.Any]) -> dict[str, str]:
    """Return the texts of these documents by bucket."""
    members: dict[str, dict[str, tp.Any]] = {}
    for key, document in documents.items():
        members.setdefault(bucket(key), {})[key] = document
    return {number: text(members[number]) for number in sorted(members)}


def digest(content: str) -> str:
    """Return the sha256 (64 hex digits) of a bucket's text, "" for no text."""
    return hashlib.sha256(content.encode()).hexdigest() if content else ""


def digests(texts: tp.Mapping[str, str]) -> dict[str, str]:
    """Return the digests of the buckets that have documents."""
    return {number: digest(texts[number]) for number in sorted(texts) if texts[number]}


def is_tag(value: str) -> bool:
    """Return whether this is no sha256, so that no text can be compared with it."""
    return not _SHA256.match(value)


def summary(of: tp.Mapping[str, str]) -> str:
    """Return the digest over the digests of a collection, or of all collections."""
    return hashlib.sha256(_canonical(of).encode()).hexdigest()


def summaries(collections: Collections) -> dict[str, str]:
    """Return the digest over each collection."""
    return {name: summary(collections[name]) for name in sorted(collections)}


def revision(collections: Collections) -> str:
    """Return the sha256 (64 hex digits) over everything that is configured."""
    return summary(summaries(collections))


def _canonical(value: tp.Mapping[str, tp.Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
