# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From what a message says to what is to be read: rules without a network."""

import dataclasses
import json
import re
import typing as tp

from exordos_mail.send.attachments import (
    checksum,
    filename,
    inline,
    media_type,
    path,
    url,
)
from exordos_mail.send.attachments.checksum import Checksum
from exordos_mail.send.attachments.context import Context, Endpoint
from exordos_mail.send.attachments.failures import PermanentFailure
from exordos_mail.send.attachments.policy import Policy
from exordos_mail.send.attachments.reference import NO_AUTH, Auth, Reference
from exordos_mail.send.attachments.storages import Storage
from exordos_mail.send.attachments.web import Request

_KINDS = ("content", "url", "endpoint", "storage")
#: addr-spec of RFC 2392, in its plain form.
_CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,255}\Z")
#: RFC 6750 section 2.1.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*\Z")


@dataclasses.dataclass(frozen=True)
class Stored:
    """A file of a storage."""

    storage: Storage
    path: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Source:
    """What is to be read, and what the bytes become."""

    filename: str
    content_type: str
    content_id: str | None
    #: Strongest first.
    checksums: tuple[Checksum, ...]
    #: The bytes themselves, or where they are.
    origin: bytes | Request | Stored = dataclasses.field(repr=False)


def check(references: tp.Sequence[Reference], context: Context, policy: Policy) -> None:
    """Judge a message's attachments before it is accepted.

    Inline bytes are decoded, so for large messages call it in a thread.

    Raises:
        PermanentFailure: one can never be had, there are too many, or the inline
            ones are too large together.
    """
    limits = context.limits
    if len(references) > limits.count:
        raise PermanentFailure(f"more than {limits.count} attachments")
    total = 0
    for position, reference in enumerate(references):
        try:
            source = resolve(reference, context, policy)
            if isinstance(source.origin, bytes):
                checksum.verify(source.origin, source.checksums)
                total += len(source.origin)
        except PermanentFailure as failure:
            raise failure.at(position) from None
    if total > limits.total_bytes:
        raise PermanentFailure(f"together larger than {limits.total_bytes} bytes")


def resolve(reference: Reference, context: Context, policy: Policy) -> Source:
    """Return the source that a reference means.

    Raises:
        PermanentFailure: it means none, or one that is not allowed.
    """
    given = [kind for kind in _KINDS if getattr(reference, kind) is not None]
    if len(given) != 1:
        raise PermanentFailure(f"exactly one of {', '.join(_KINDS)} is needed")
    if (reference.path is None) != (reference.storage is None):
        raise PermanentFailure("storage and path belong together")
    if reference.auth is not None:
        if given[0] not in ("url", "endpoint"):
            raise PermanentFailure("auth is for url and endpoint only")
        _check_auth(reference.auth)
    name, marker = filename.split_marker(reference.filename)
    content_id = reference.content_id
    if content_id is not None and not _CONTENT_ID.match(content_id):
        raise PermanentFailure("content_id is malformed")
    return Source(
        filename.check(name),
        media_type.of(name, reference.content_type),
        content_id,
        tuple(_checksums(reference, marker)),
        _origin(reference, context, policy),
    )


def _checksums(reference: Reference, marker: str | None) -> tp.Iterator[Checksum]:
    if reference.sha256 is not None:
        yield Checksum("sha256", reference.sha256.lower())
    if reference.md5 is not None:
        yield Checksum("md5", reference.md5.lower())
        if marker not in (None, reference.md5.lower()):
            raise PermanentFailure("md5 and the marker in the file name differ")
    elif marker is not None:
        yield Checksum("md5", marker)


def _origin(
    reference: Reference, context: Context, policy: Policy
) -> bytes | Request | Stored:
    if reference.content is not None:
        return inline.decode(reference.content, context.limits.each_bytes)
    if reference.url is not None:
        auth = reference.auth or NO_AUTH
        return Request("GET", url.parse(reference.url, policy), auth)
    if reference.endpoint is not None:
        if context.endpoint is None:
            raise PermanentFailure("the tenant has no attachment endpoint")
        return _asked(reference.endpoint, reference.auth, context.endpoint, policy)
    for storage in context.storages:
        if storage.name == reference.storage:
            return Stored(storage, path.parts(reference.path or ""))
    raise PermanentFailure("the tenant has no storage of this name")


def _asked(what: str, own: Auth | None, endpoint: Endpoint, policy: Policy) -> Request:
    target = url.parse(endpoint.url, policy)
    auth = own or endpoint.auth
    if isinstance(auth, Auth):
        _check_auth(auth)
    body = json.dumps({"storage_path": what}).encode()
    return Request("POST", target, auth, body)


def _check_auth(auth: Auth) -> None:
    """Refuse what cannot stand in a header field, without repeating it."""
    if auth.method == "basic":
        if not auth.user or ":" in auth.user:
            raise PermanentFailure("auth by basic needs a user without ':'")
    elif auth.method == "bearer" and not _TOKEN.match(auth.token):
        raise PermanentFailure("auth by bearer needs a token of RFC 6750's form")
