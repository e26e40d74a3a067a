# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Header fields that a caller may set (RFC 5322 section 3.6.8)."""

import collections.abc as abc
import re

from exordos_mail.send.content import message, request, words

#: Fields the service writes itself, and whole families of them.
PROTECTED = {
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "return-path",
    "received",
    "mime-version",
    "delivered-to",
    "dkim-signature",
    "authentication-results",
    message.ID_HEADER.lower(),
}
_PROTECTED_FAMILIES = ("content-", "resent-", "arc-", "x-exordos-")
_NAME = re.compile(r"[!-9;-~]{1,76}\Z")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}>\Z")


#: Fields of a syntax, in which encoded-words are none: only a name before the one
#: `<…>` of some may be encoded (RFC 2369, RFC 2919, RFC 5322 section 3.6.4, RFC 8098).
STRUCTURED = frozenset(
    {
        *("auto-submitted", "disposition-notification-to", "errors-to"),
        *("in-reply-to", "references", "return-receipt-to"),
    }
    | {
        f"list-{name}"
        for name in (
            *("archive", "help", "id", "owner", "post", "subscribe", "unsubscribe"),
            "unsubscribe-post",
        )
    }
)
#: Fields that the service writes itself where a message asks for it.
UNSUBSCRIBE = frozenset({"list-unsubscribe", "list-unsubscribe-post"})
_NAMED = frozenset(
    {"disposition-notification-to", "errors-to", "list-id", "return-receipt-to"}
)
_LABELLED = re.compile(r"([^<>]*)(<[!-;=?-~]{1,300}>)\Z")
#: Fields that a message may have, and octets of all of them together.
FIELDS_MAX = 1000
OCTETS_MAX = 64 * 1024


def problem(name: str, value: str) -> str | None:
    """Return what is wrong with a field, without naming its value."""
    if not _NAME.match(name):
        return "a header's name is 1 to 76 ASCII characters without blanks or a colon"
    lower = name.lower()
    if lower in PROTECTED or lower.startswith(_PROTECTED_FAMILIES):
        return f"{name} is written by the service"
    if words.CONTROL.search(value.replace("\t", "")):
        return f"{name}: line breaks and control characters are not allowed"
    if lower in STRUCTURED and not words.is_plain(value):
        return _structured_problem(name, value)
    return None


def size_problem(fields: abc.Mapping[str, str]) -> str | None:
    """Return what is wrong with the size of all fields together."""
    if len(fields) > FIELDS_MAX:
        return f"at most {FIELDS_MAX} header fields"
    # No character is less than an octet, so long texts need not be encoded.
    size = sum(len(name) + len(value) for name, value in fields.items())
    if size <= OCTETS_MAX:
        size = sum(
            len(name) + len(value.encode("utf-8", "replace"))
            for name, value in fields.items()
        )
    if size > OCTETS_MAX:
        return f"header fields have at most {OCTETS_MAX} octets together"
    return None


def value_problem(value: str) -> str | None:
    """Return what is wrong with a text of one line."""
    if len(value) > request.LINE_MAX:
        return f"at most {request.LINE_MAX} characters"
    if words.CONTROL.search(value.replace("\t", "")):
        return "line breaks and control characters are not allowed"
    return None


def named(value: str) -> tuple[str, str]:
    """Return the name and the `<…>` of a field that has both.

    Raises:
        ValueError: it has not.
    """
    found = _LABELLED.match(value)
    if found is None:
        raise ValueError("not of the form Name <…>")
    return found[1].strip(" \t"), found[2]


def _structured_problem(name: str, value: str) -> str | None:
    if name.lower() in _NAMED:
        try:
            if named(value)[0]:
                return None
        except ValueError:
            pass
    return (
        f"{name}: this field has a syntax of its own: write it in ASCII, without blanks"
        f" at its ends, without =?, with a blank at least every {words.RUN_MAX}"
        " characters"
    )


def is_message_id(value: str) -> bool:
    """Tell whether `value` can be a Message-ID (RFC 5322 section 3.6.4)."""
    return _MESSAGE_ID.match(value) is not None
