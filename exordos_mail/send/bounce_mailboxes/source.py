# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A mailbox as its server is asked for it, and what servers are asked."""

import collections.abc as abc
import dataclasses
import typing as tp

#: Octets of a mail that is read.
MAIL_MAX = 10 * 1024 * 1024
#: Mails of a folder that are looked at together.
LISTED_MAX = 200_000


@dataclasses.dataclass(frozen=True)
class MailSource:
    """Everything a connection depends on."""

    protocol: str
    host: str
    port: int
    tls: str
    ca: str | None
    username: str
    password: str = dataclasses.field(repr=False)
    folder: str
    after: str
    move_to: str | None
    #: Seconds to wait for one answer.
    answer_seconds: int

    @property
    def where(self) -> str:
        """Return the server, for people."""
        return f"{self.host}, port {self.port}"


class Opened(tp.NamedTuple):
    """What a server says of the folder."""

    messages: int
    #: IMAP alone (RFC 3501 section 2.3.1.1); None: ids are good for ever.
    uidvalidity: int | None


class Listed(tp.NamedTuple):
    """A mail in the folder."""

    uid: str
    #: By which the server is asked for it in this session.
    number: int
    #: Octets, as the server says.
    size: int


#: A mail with its octets; None: it is not there any more.
Fetched = tuple[Listed, bytes | None]


class MailSession(tp.Protocol):
    """A connection that has logged in; all raise Fault."""

    @property
    def tells(self) -> bool:
        """Tell whether the server tells that mail has come."""

    async def open(self, writable: bool) -> Opened:
        """Open the folder.

        Args:
            writable: false: nothing is changed, not even a flag.
        """

    async def listed(self, after: int) -> list[Listed]:
        """Return the mails, at most LISTED_MAX; IMAP: those with higher UIDs alone."""

    def fetched(self, ones: abc.Sequence[Listed]) -> abc.AsyncIterator[Fetched]:
        """Yield mails; they stay as they are."""

    async def remove(self, uids: abc.Sequence[str]) -> None:
        """Move or delete mails, as the source has it; those that are gone are fine."""

    async def check(self) -> None:
        """Find out whether `remove` will work, and change nothing."""

    async def wait(self, seconds: float) -> bool:
        """Wait until mail has come; False: none has."""

    async def end(self) -> None:
        """Say good-bye; with POP3 removals take effect by that."""

    def abort(self) -> None:
        """Hang up."""
