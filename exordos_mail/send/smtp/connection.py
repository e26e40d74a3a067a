# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A connection to a server, over which messages go one after the other.

A transaction's commands are pipelined where the server allows it (RFC 2920):
one round trip for sender, recipients and DATA, one for the message.
"""

import collections.abc as abc
import re
import time

from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.smtp import opening, verdict
from exordos_mail.send.smtp.dialogue import Dialogue
from exordos_mail.send.smtp.outgoing import Form, Outgoing
from exordos_mail.send.smtp.server import CannotOpen, Server
from exordos_mail.send.smtp.stream import StreamLost
from exordos_mail.send.smtp.transaction import Envelope, MailTransaction

#: Recipients of one transaction (RFC 5321 section 4.5.3.1.8: at least 100).
RECIPIENTS_MAX = 100
#: Seconds to wait for the answer to QUIT.
_FAREWELL = 5.0


class Connection:
    """An open connection; see `connect`."""

    def __init__(self, dialogue: Dialogue, server: Server) -> None:
        self.server = server
        self.opened_at = time.monotonic()
        #: Transactions so far.
        self.messages = 0
        #: Recipients that this server takes in one transaction.
        self.recipients_max = _announced(dialogue.extensions)
        self._dialogue = dialogue
        self._stream = dialogue.stream

    @property
    def usable(self) -> bool:
        """Tell whether another transaction may be tried."""
        # What a server says unasked is its farewell (421).
        return not self._stream.closed and not self._stream.waiting

    @property
    def extensions(self) -> abc.Mapping[str, str]:
        """Return what the server offers: keyword, in upper case, and parameters."""
        return self._dialogue.extensions

    async def send(
        self,
        sender: str,
        recipients: abc.Sequence[str],
        outgoing: Outgoing,
        still_ours: abc.Callable[[], bool],
        submitter: str = "",
    ) -> MailTransaction:
        """Hand over one message; return what the server has said.

        Args:
            submitter: a mailbox that stands for the message (standards/submitter.py),
                which a server of our own is told.
            still_ours: False when another worker may have taken the message.

        Raises:
            Unsendable: this server can never take this message.
            CannotOpen: it takes no message from this relay as it is set up.
        """
        self.messages += 1
        form = await outgoing.form(self.extensions, [sender, *recipients])
        envelope = Envelope(self._mail(sender, form, submitter), recipients)
        found = MailTransaction(self._dialogue, envelope, self.server.end_timeout)
        await found.run(form.data, still_ours)
        self._refuse_set_up(found)
        return found

    async def close(self) -> None:
        """Say good-bye."""
        try:
            if self.usable:
                await self._stream.write(b"QUIT\r\n", _FAREWELL)
        except StreamLost:
            return
        finally:
            self._stream.connection_lost(None)

    def abort(self) -> None:
        """End the connection without a word."""
        self._stream.abort()

    def _mail(self, sender: str, form: Form, submitter: str) -> str:
        command = f"MAIL FROM:<{sender}>"
        if "SIZE" in self.extensions:
            command += f" SIZE={len(form.data)}"
        if "8BITMIME" in self.extensions and not form.data.isascii():
            command += " BODY=8BITMIME"
        if submitter and self.server.is_own and "AUTH" in self.extensions:
            command += f" AUTH={submitter}"
        return command + (" SMTPUTF8" if form.utf8 else "")

    def _refuse_set_up(self, found: MailTransaction) -> None:
        """Say so if every message will be refused until the relay is changed."""
        first = found.answers[0] if found.answers else None
        if first is None or first.step != verdict.MAIL:
            return
        if verdict.is_set_up(first.reply):
            self.abort()
            raise CannotOpen(verdict.SET_UP, first.reply)


def _announced(extensions: abc.Mapping[str, str]) -> int:
    """Return the recipients of one transaction that a server asks for (RFC 9422)."""
    found = re.search(r"\bRCPTMAX=([1-9][0-9]{0,5})\b", extensions.get("LIMITS", ""))
    return min(RECIPIENTS_MAX, int(found[1])) if found else RECIPIENTS_MAX


async def connect(
    server: Server, guard: Guard, ehlo_name: str | None = None
) -> Connection:
    """Return a connection that is ready for messages.

    Args:
        guard: judges the addresses of a server that is `public_only`.
        ehlo_name: how we introduce ourselves; None: by our address.

    Raises:
        CannotOpen: the server cannot be reached, or does not let us in.
    """
    return Connection(await opening.dial(server, guard, ehlo_name), server)
