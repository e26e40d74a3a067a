# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every bound that a caller of the send service can meet, in one place.

The code takes value and text from here, and `docs/send/limits.md` is made of it
(limits_page.py). A new bound is a line here; a test refuses a number elsewhere.
"""

import dataclasses
import typing as tp


@dataclasses.dataclass(frozen=True)
class CallerLimit:
    """One bound."""

    #: Heading of the page that it stands under.
    group: str
    #: What is bounded, for the page.
    what: str
    value: int
    #: bytes, characters, seconds …; empty: a count.
    unit: str
    #: Status of the answer; 0: there is none, the connection is closed.
    status: int
    #: What the caller is told; `{}` stands for the value.
    text: str
    #: How the operator sets it; empty: not at all.
    option: str = ""

    def said(self, value: int | None = None) -> str:
        """Return the text for the caller.

        Args:
            value: the one in force, where an option has changed it.
        """
        return self.text.format(self.value if value is None else value)


_CONNECTIONS: tp.Final = "Connections"
CONNECTIONS = CallerLimit(
    _CONNECTIONS,
    "connections at a time; beyond that, the one that has waited longest for its client"
    " makes room", 1024, "", 503,
    "the service has {} connections, all of them at work: try again later",
    "--connections")  # fmt: skip
CONNECTIONS_PER_ADDRESS = CallerLimit(
    _CONNECTIONS,
    "of them from one IPv4 address or one IPv6 network /64; beyond that, the one that"
    " has waited longest for its client makes room", 256, "", 503,
    "your address has {} connections, all of them at work: use fewer",
    "--connections-per-address")  # fmt: skip
HANDSHAKE_SECONDS = CallerLimit(
    _CONNECTIONS, "for the TLS handshake", 10, "seconds", 0, "the handshake is too slow"
)  # fmt: skip
IDLE_SECONDS = CallerLimit(
    _CONNECTIONS, "between two requests of a connection", 75, "seconds", 0, "closed"
)  # fmt: skip
WRITE_SECONDS = CallerLimit(
    _CONNECTIONS, "in which a client takes a part of an answer", 30, "seconds", 0,
    "the client does not read")  # fmt: skip

_REQUESTS: tp.Final = "Requests"
HEAD_SECONDS = CallerLimit(
    _REQUESTS,
    "for a request line with all headers, and for the first one of a connection", 10,
    "seconds", 408, "the request line and the headers have to be here within {} seconds"
)  # fmt: skip
BODY_GRACE_SECONDS = CallerLimit(
    _REQUESTS, "that a body may be behind the least rate", 10, "seconds", 408,
    "the body comes too slowly")  # fmt: skip
BODY_RATE = CallerLimit(
    _REQUESTS, "a second, the least rate of a body", 4096, "bytes", 408,
    "the body comes too slowly")  # fmt: skip
TARGET = CallerLimit(
    _REQUESTS, "of the path with its query", 8192, "bytes", 414,
    "the path with its query has at most {} bytes")  # fmt: skip
HEADERS = CallerLimit(
    _REQUESTS, "headers", 100, "", 431, "there are at most {} headers"
)
HEAD = CallerLimit(
    _REQUESTS, "of the request line and all headers together", 32768, "bytes", 431,
    "the request line and the headers have at most {} bytes together")  # fmt: skip
CHUNK_LINE = CallerLimit(
    _REQUESTS, "of the line with the size of a chunk, and of all trailers", 1024,
    "bytes", 400, "the line before a chunk, or the trailers, have at most {} bytes"
)  # fmt: skip
PIPELINE = CallerLimit(
    _REQUESTS,
    "of further requests that are read while one is answered; the others wait in the"
    " network", 65536, "bytes", 0, "nothing is lost")  # fmt: skip

#: Octets of a body that is read without asking for room.
SMALL_BODY = 256 * 1024
BODIES = CallerLimit(
    _REQUESTS,
    "of all bodies of more than 256 KiB that are read at a time; the others wait",
    256 * 1024 * 1024, "bytes", 503,
    "the others wait, for as long as the next line says")  # fmt: skip
BODIES_OF_TENANT = CallerLimit(
    _REQUESTS, "of those of one tenant", 64 * 1024 * 1024, "bytes", 503,
    "its others wait, for as long as the next line says")  # fmt: skip
BODIES_SECONDS = CallerLimit(
    _REQUESTS, "for which such a body waits", 30, "seconds", 503,
    "there was no room for a large request in {} seconds: send fewer at a time"
)  # fmt: skip

_MESSAGES: tp.Final = "Messages"
BATCH = CallerLimit(
    _MESSAGES, "messages of a batch", 1000, "", 422, "a batch has 1 to {} messages"
)  # fmt: skip
BATCH_RECIPIENTS = CallerLimit(
    _MESSAGES, "recipients of all messages of a batch together", 10_000, "", 422,
    "the messages of a batch have at most {} recipients together")  # fmt: skip
BATCH_DEFAULTS = CallerLimit(
    _MESSAGES, "of the `defaults` of a batch, in JSON", 8192, "bytes", 422,
    "the defaults of a batch have at most {} bytes of JSON")  # fmt: skip
READING_SECONDS = CallerLimit(
    _MESSAGES,
    "in which a request of more than 2 MiB can be read; no ordinary one needs a tenth",
    20, "seconds", 422, "the request takes too long, or too much memory, to be read"
)  # fmt: skip
REFERENCE = CallerLimit(
    _MESSAGES, "of a `reference`", 200, "characters", 422,
    "a reference has 1 to {} characters")  # fmt: skip
TAGS = CallerLimit(
    _MESSAGES, "`tags` of a message", 10, "", 422, "a message has at most {} tags"
)  # fmt: skip
TAG = CallerLimit(
    _MESSAGES, "of a tag", 64, "characters", 422, "a tag has 1 to {} characters"
)  # fmt: skip
METADATA = CallerLimit(
    _MESSAGES, "members of `metadata`", 20, "", 422,
    "metadata has at most {} members")  # fmt: skip
METADATA_NAME = CallerLimit(
    _MESSAGES, "of the name of such a member", 64, "characters", 422,
    "the name of a member is 1 to {} ASCII letters, digits, `.`, `_` and `-`, and"
    " begins with a letter or a digit")  # fmt: skip
METADATA_TEXT = CallerLimit(
    _MESSAGES, "of its text", 500, "characters", 422,
    "the text of a member has at most {} characters")  # fmt: skip
METADATA_BYTES = CallerLimit(
    _MESSAGES, "of all names and texts of `metadata` together, in UTF-8", 4096, "bytes",
    422, "the names and texts of metadata have at most {} bytes together")  # fmt: skip
CALL_BODY = CallerLimit(
    _REQUESTS, "of a body that is not mail", 65536, "bytes", 413,
    "a request has at most {} bytes")  # fmt: skip
UNSUBSCRIBE_BODY = CallerLimit(
    _REQUESTS, "of a form that unsubscribes", 4096, "bytes", 413,
    "a request has at most {} bytes")  # fmt: skip

#: In the order of the page.
ALL = [one for one in list(vars().values()) if isinstance(one, CallerLimit)]
