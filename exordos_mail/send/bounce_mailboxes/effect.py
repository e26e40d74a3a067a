# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What mails come to, as a poll sees it; see bounces/from_mailbox.py."""

import collections.abc as abc
import dataclasses
import typing as tp

from exordos_mail.send.storage import database


@dataclasses.dataclass
class Counts:
    """How many mails were read, by what they are, and events that were written."""

    bounces: int = 0
    complaints: int = 0
    others: int = 0
    #: Mails that cannot be read.
    unread: int = 0
    events: int = 0


class Read(tp.NamedTuple):
    """A mail that was read."""

    counts: Counts
    #: It is no letter of a person, and may be moved or deleted.
    is_automatic: bool = False
    #: It came too early: what it is about is not written as sent.
    is_early: bool = False
    #: What it says, as who has read it knows; None: nothing follows.
    said: tp.Any = None


def unread() -> Read:
    """Return what becomes of a mail that cannot be read: it is counted, and stays."""
    return Read(Counts(unread=1))


class Taker(tp.Protocol):
    """Reads mails, and has them take effect."""

    async def read(self, tenant_id: str, octets: bytes) -> Read:
        """Return what a mail is; one that is none is unread."""

    def take(
        self, tx: database.Transaction, tenant_id: str, one: Read, now: int
    ) -> tuple[Read, abc.Sequence[tp.Any]]:
        """Write what a mail says; return it with its events counted, and what for."""

    def told(self, tenant_id: str, taken: abc.Sequence[tp.Any]) -> None:
        """Know that what `take` has returned is committed."""
