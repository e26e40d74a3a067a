# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which messages a trace is about."""

import dataclasses

from exordos_mail.send import ids

#: Above every id.
END = "~"
#: What leads to messages by an index, the narrowest first.
LEADS = ("id", "message_id", "recipient", "address", "subject", "sender", "since")


@dataclasses.dataclass(frozen=True)
class TraceSearch:
    """Messages that all of it is true of; an empty text or None is any."""

    id: str = ""
    message_id: str = ""
    #: Of the sender or of a recipient.
    address: str = ""
    subject: str = ""
    sender: str = ""
    recipient: str = ""
    #: Of the message, or an outcome of a recipient (states.py).
    state: str = ""
    #: Accepted from this moment on, and before that one; milliseconds since 1970.
    since: int | None = None
    until: int | None = None

    @property
    def lead(self) -> str:
        """Return what leads to the messages; empty: nothing does."""
        given = (one for one in LEADS if getattr(self, one) not in ("", None))
        return next(given, "")

    @property
    def is_id_alone(self) -> bool:
        """Tell whether nothing but the id is said."""
        return bool(self.id) and self == TraceSearch(id=self.id)

    @property
    def first(self) -> str:
        """Return the lowest id that is meant."""
        return "" if self.since is None else ids.floor(max(self.since, 0))

    def before(self, cursor: str) -> str:
        """Return the id that all that are meant are below.

        Args:
            cursor: where the part before has ended.
        """
        if self.until is None:
            return cursor
        return min(cursor, ids.floor(max(self.until, 0)))
