# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From the body of a request to checked messages: pure, and done where there is room.

What is wrong with the whole request is returned, not raised, because another process
may have found it.
"""

import collections.abc as abc
import json
import re
import typing as tp

import msgspec

from exordos_mail.send import limits
from exordos_mail.send.api import decoding
from exordos_mail.send.api.problem import FieldProblem, Problem, ProblemOut, invalid
from exordos_mail.send.content import check, defaults, headers, message, request
from exordos_mail.send.offload.frame import Order, Work

Checked = message.Draft | list[FieldProblem]
_ARRAY, _COMMA = re.compile(r"\[\s*"), re.compile(r"\s*,?\s*")


class Intake(msgspec.Struct):
    """Messages that were read, or why none was."""

    problem: ProblemOut | None = None
    #: atomic or partial.
    mode: str = "atomic"
    #: For each message its draft or its errors.
    messages: list[Checked] = []
    #: message.digest of the body, if there is a key.
    hash: str = ""


_NONE = msgspec.Raw(b"")
_TOO_MANY = f"a message has at most {request.RECIPIENTS_MAX} recipients"
_TOO_LARGE = f"header fields have at most {headers.OCTETS_MAX} octets together"
#: Bytes of JSON beyond which a list has more in it than may be, however it is written.
_LIST_MAX, _HEADERS_MAX = 8 * 1024 * 1024, 2 * 1024 * 1024
_SMALL_MAX = {
    "headers": _TOO_LARGE,
    "tags": limits.TAGS.said(),
    "metadata": limits.METADATA_BYTES.said(),
}


class _Batch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A batch whose messages are still to be told apart."""

    messages: msgspec.Raw
    defaults: msgspec.Raw = _NONE
    mode: tp.Literal["atomic", "partial"] = "atomic"


class _Outline(msgspec.Struct):
    """A message's lists, as long as they are."""

    to: msgspec.Raw = _NONE
    cc: msgspec.Raw = _NONE
    bcc: msgspec.Raw = _NONE
    reply_to: msgspec.Raw = _NONE
    headers: msgspec.Raw = _NONE
    tags: msgspec.Raw = _NONE
    metadata: msgspec.Raw = _NONE


_decode_outline = msgspec.json.Decoder(_Outline).decode
_decode_message = msgspec.json.Decoder(request.MessageIn).decode
_decode_batch = msgspec.json.Decoder(request.BatchIn).decode
_decode_defaults = msgspec.json.Decoder(request.DefaultsIn | None).decode
_decode_rough = msgspec.json.Decoder(_Batch).decode
# Numbers may have more digits than Python reads.
_scan = json.JSONDecoder(parse_int=len, parse_float=len, strict=False).raw_decode


def read_one(body: bytes, order: Order) -> Intake:
    """Read one message."""
    return _told(_one, body, order)


def read_batch(body: bytes, order: Order) -> Intake:
    """Read many messages."""
    return _told(_batch, body, order)


#: What is done beside the event loop if it is large, by number (offload).
WORKS = (
    Work(read_one, Intake),
    Work(read_batch, Intake),
)
READ_ONE, READ_BATCH = range(len(WORKS))


def _told(
    read: tp.Callable[[bytes, Order], Intake], body: bytes, order: Order
) -> Intake:
    try:
        return read(body, order)
    except Problem as problem:
        return Intake(problem.out())


def _one(body: bytes, order: Order) -> Intake:
    if len(body) > _HEADERS_MAX:
        _check_outline(body)
    given: request.MessageIn = decoding.decode(_decode_message, body)
    if order.key is not None:
        if given.idempotency_key not in (None, order.key):
            raise invalid([FieldProblem("idempotency_key", "header and member differ")])
        given.idempotency_key = order.key
    found = _check(given, order.now)
    if isinstance(found, list):
        raise invalid(found)
    decoding.check_names(body, given)
    return Intake(messages=[found])


def _check_outline(body: bytes) -> None:
    """Refuse what has far too much in a list before that is made into objects.

    Raises:
        Problem: 400, 422.
    """
    outline: _Outline = decoding.decode(_decode_outline, body)
    for name in ("to", "cc", "bcc", "reply_to"):
        if len(bytes(getattr(outline, name))) > _LIST_MAX:
            raise invalid([FieldProblem(name, _TOO_MANY)])
    for name, text in _SMALL_MAX.items():
        if len(bytes(getattr(outline, name))) > _HEADERS_MAX:
            raise invalid([FieldProblem(name, text)])


def _batch(body: bytes, order: Order) -> Intake:
    try:
        batch: request.BatchIn = decoding.decode(_decode_batch, body)
    except Problem as problem:
        if problem.status != 422 and problem.code != "too_deep":
            raise
        # Some message is wrong: find out which.
        rough: _Batch = decoding.decode(_decode_rough, body)
        mode, messages = rough.mode, [_decoded(raw) for raw in _elements(rough)]
        common = _common(bytes(rough.defaults))
    else:
        mode, messages, common = batch.mode, list(batch.messages), batch.defaults
        decoding.check_names(body, batch)
    if common is not None:
        _complete(messages, common, order.now)
    _check_recipients(messages)
    return Intake(
        mode=mode,
        messages=[
            one if isinstance(one, list) else _check(one, order.now) for one in messages
        ],
        hash="" if order.key is None else message.digest(body),
    )


def _common(body: bytes) -> request.DefaultsIn | None:
    """Return the defaults of a batch of which some message is wrong.

    Raises:
        Problem: 422, they are wrong themselves.
    """
    if not body:
        return None
    try:
        found: request.DefaultsIn | None = decoding.decode(_decode_defaults, body)
        decoding.check_names(body, found)
    except Problem as problem:
        raise invalid(
            [
                FieldProblem(f"defaults.{one.field}".rstrip("."), one.message)
                for one in problem.errors
            ]
            or [FieldProblem("defaults", problem.detail)]
        ) from None
    return found


def _complete(
    messages: abc.Iterable[request.MessageIn | list[FieldProblem]],
    common: request.DefaultsIn,
    now: int,
) -> None:
    """Give messages what they do not say themselves.

    Raises:
        Problem: 422, the defaults are wrong.
    """
    if wrong := defaults.errors(common, now):
        raise invalid([FieldProblem(*found) for found in wrong])
    for one in messages:
        if isinstance(one, request.MessageIn):
            defaults.apply(one, common)


def _elements(batch: _Batch) -> tp.Iterator[str]:
    """Yield the text of each message, and of no more than there may be.

    Raises:
        Problem: 422, these are not 1 to so many messages.
    """
    text = bytes(batch.messages).decode()
    found = _ARRAY.match(text)
    at = found.end() if found else -1
    for count in range(limits.BATCH.value + 1):
        if at < 0 or text[at] == "]":
            if not count:
                break
            return
        try:
            _, end = _scan(text, at)
        except RecursionError:
            raise decoding.too_deep() from None
        if count < limits.BATCH.value:
            yield text[at:end]
        at = tp.cast("re.Match[str]", _COMMA.match(text, end)).end()
    raise invalid([FieldProblem("messages", limits.BATCH.said())])


def _decoded(text: str) -> request.MessageIn | list[FieldProblem]:
    body = text.encode()
    try:
        given: request.MessageIn = decoding.decode(_decode_message, body)
        decoding.check_names(body, given)
    except Problem as problem:
        return problem.errors or [FieldProblem(".", problem.detail)]
    return given


def _check_recipients(
    messages: abc.Iterable[request.MessageIn | list[FieldProblem]],
) -> None:
    """Refuse a batch whose messages together would keep the database busy.

    Raises:
        Problem: 422.
    """
    # One with far too many is refused by itself.
    most = request.RECIPIENTS_MAX + 1
    count = sum(
        min(most, sum(_count(given) for given in (one.to, one.cc, one.bcc)))
        for one in messages
        if isinstance(one, request.MessageIn)
    )
    if count > limits.BATCH_RECIPIENTS.value:
        raise invalid([FieldProblem("messages", limits.BATCH_RECIPIENTS.said())])


def _count(given: request.Addresses) -> int:
    return len(given) if isinstance(given, list) else 1


def _check(given: request.MessageIn, now: int) -> Checked:
    try:
        return check.check(given, now)
    except check.Invalid as error:
        return [FieldProblem(*found) for found in error.errors]
