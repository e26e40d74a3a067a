# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Labels: what a caller writes on a message for itself.

They come back in look-ups, events and webhooks, and find messages again. They are
never in the mail, and in no log.
"""

import collections.abc as abc
import re

import msgspec

from exordos_mail.send import limits
from exordos_mail.send.content import words

_NAME = re.compile(
    rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{limits.METADATA_NAME.value - 1}}}\Z"
)
_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")


class Labels(msgspec.Struct, frozen=True, omit_defaults=True):
    """The labels of one message; stored as MessagePack, by name."""

    reference: str | None = None
    tags: list[str] = []
    metadata: dict[str, str] = {}
    #: Not the caller's: the message was accepted with a test key.
    test: bool = False


NONE = Labels()
pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(Labels).decode


def of_draft(written: Labels | None, is_test: bool) -> Labels | None:
    """Return what is stored of a new message; None: nothing.

    Args:
        written: by the caller, or on the message that this one sends again.
    """
    if not is_test:
        return written
    return msgspec.structs.replace(written or NONE, test=True)


def members(found: Labels) -> dict[str, object]:
    """Return the members of an answer that show labels."""
    return msgspec.structs.asdict(found)


def problems(found: Labels) -> abc.Iterator[tuple[str, str]]:
    """Yield where labels are wrong, as `tags[1]`, and what is, without their values."""
    if found.reference is not None:
        text = _line_problem(found.reference, limits.REFERENCE)
        if text:
            yield "reference", text
    yield from _tags(found.tags)
    yield from _metadata(found.metadata)


def _line_problem(text: str, limit: limits.CallerLimit) -> str | None:
    if not 1 <= len(text) <= limit.value:
        return limit.said()
    if words.CONTROL.search(text):
        return "line breaks and control characters are not allowed"
    return None


def _tags(tags: abc.Sequence[str]) -> abc.Iterator[tuple[str, str]]:
    if len(tags) > limits.TAGS.value:
        yield "tags", limits.TAGS.said()
        return
    for index, tag in enumerate(tags):
        text = _line_problem(tag, limits.TAG)
        if text:
            yield f"tags[{index}]", text
    if len(set(tags)) != len(tags):
        yield "tags", "a tag is given twice"


def _metadata(found: abc.Mapping[str, str]) -> abc.Iterator[tuple[str, str]]:
    if len(found) > limits.METADATA.value:
        yield "metadata", limits.METADATA.said()
        return
    if not all(map(_NAME.match, found)):
        yield "metadata", limits.METADATA_NAME.said()
        return
    for name, text in found.items():
        if len(text) > limits.METADATA_TEXT.value:
            yield f"metadata.{name}", limits.METADATA_TEXT.said()
        elif _UNWRITABLE.search(text):
            yield f"metadata.{name}", "not valid Unicode text, or with a NUL"
    size = sum(
        len(name) + len(text.encode("utf-8", "replace")) for name, text in found.items()
    )
    if size > limits.METADATA_BYTES.value:
        yield "metadata", limits.METADATA_BYTES.said()
