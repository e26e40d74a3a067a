# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From a mailbox to a session that is logged in at its server."""

from exordos_mail.send import vault
from exordos_mail.send.attachments.connect import Guard
from exordos_mail.send.bounce_mailboxes import records
from exordos_mail.send.bounce_mailboxes.fault import Fault
from exordos_mail.send.bounce_mailboxes.imap import ImapSession
from exordos_mail.send.bounce_mailboxes.pop3 import Pop3Session
from exordos_mail.send.bounce_mailboxes.source import MailSession, MailSource, Opened
from exordos_mail.send.bounce_mailboxes.wire import MailWire
from exordos_mail.standards import bounce_mailbox as rules

#: What a sealed password belongs to (vault.row_name).
KIND = "bounce_mailbox"
#: Seconds for all of a test.
_TEST_SECONDS = 60.0


def source_of(row: records.BounceMailboxRow, secrets: vault.Vault) -> MailSource:
    """Return what a connection needs.

    Raises:
        Fault: there is no password that opens.
    """
    if row.password is None:
        raise Fault("the password is missing: it was not exported; give it again")
    try:
        name = vault.row_name(KIND, row.tenant_id, row.id)
        password = secrets.open(row.password, name)
    except vault.WrongKey:
        raise Fault(
            "the password was sealed with a key that the service has not", passes=True
        ) from None
    return MailSource(
        protocol=row.protocol,
        host=row.host,
        port=row.port,
        tls=row.tls,
        ca=row.ca,
        username=row.username,
        password=password,
        folder=row.folder,
        after=row.after,
        move_to=row.move_to,
        answer_seconds=row.answer_seconds,
    )


async def begin(source: MailSource, wire: MailWire, guard: Guard) -> MailSession:
    """Connect and log in.

    Raises:
        Fault: it cannot be.
    """
    if source.protocol == rules.IMAP:
        return await ImapSession.begin(source, wire, guard)
    return await Pop3Session.begin(source, wire, guard)


async def test(
    row: records.BounceMailboxRow, secrets: vault.Vault, guard: Guard
) -> Opened:
    """Log in, open the folder and count, and change nothing.

    Raises:
        Fault: the mailbox cannot be read, or mail not be moved or deleted.
    """
    source = source_of(row, secrets)
    wire = MailWire(source)
    try:
        with wire.deadline(_TEST_SECONDS):
            session = await begin(source, wire, guard)
            opened = await session.open(writable=False)
            await session.check()
            await session.end()
    finally:
        wire.abort()
    return opened
