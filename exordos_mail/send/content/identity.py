# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Message-IDs (RFC 5322 section 3.6.4): the caller's, or one with the service's id."""

import collections.abc as abc
import re

from exordos_mail.send.content import address, message

_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
#: The field in a header whose lines end in CRLF, perhaps folded.
_FIELD = re.compile(
    rb"(?:\A|\r\n)Message-ID:((?:[^\r]|\r\n[ \t])*)", re.IGNORECASE | re.DOTALL
)


def of(content: message.Content, message_id: str) -> str:
    """Return the Message-ID that a message is sent with.

    Args:
        message_id: the service's id.
    """
    domain = address.Mailbox(*content.from_).domain
    return given(content) or f"<{message_id}@{domain}>"


def given(content: message.Content) -> str | None:
    """Return the Message-ID that the caller has made; None: the service makes one."""
    if content.raw is None:
        return content.message_id
    end = content.raw.find(b"\r\n\r\n")
    found = _FIELD.search(content.raw, 0, len(content.raw) if end < 0 else end)
    if found is None:
        return None
    return b"".join(found[1].split()).decode(errors="replace") or None


def own(ids: abc.Iterable[str]) -> list[str]:
    """Return the ids of the service's messages that some Message-IDs hold.

    A Message-ID that the service has made has its id before the `@`.
    """
    found = (_UUID.fullmatch(one.strip("<> ").partition("@")[0]) for one in ids)
    return list(dict.fromkeys(one[0].lower() for one in found if one is not None))
