# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A message that did not reach everybody, once more.

It is a new message: what is final stays final, and its events stay as they are. It
goes to the recipients that did not get the former one.
"""

from exordos_mail.send.content import check, message, raw
from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import contents, labels, states
from exordos_mail.send.storage import database


class NothingLeft(Exception):
    """Every recipient has got the message."""


def draft(
    tx: database.Transaction, tenant_id: str, message_id: str, now: int
) -> message.Draft | None:
    """Return a message to accept again; None: there is no such message.

    `sender_domains` are still to be filled in (`claims`).

    Raises:
        NotFinal: it may still be sent.
        NothingLeft: there is nobody to send it to.
        Erased: its content was erased.
    """
    row = messages.get(tx, tenant_id, message_id)
    if row is None:
        return None
    if row.final_at is None:
        raise messages.NotFinal
    left = [
        one.address
        for one in messages.recipients(tx, message_id)
        if one.state != states.SENT
    ]
    if not left:
        raise NothingLeft
    written = labels.of(tx, tenant_id, [message_id]).get(message_id)
    content = message.unpack(contents.get(tx, message_id))
    content.dated_at = None
    return message.Draft(
        content=content,
        sender=row.sender,
        sender_domains={},
        recipients=left,
        subject=row.subject,
        relay=row.relay_id,
        batch=row.batch,
        priority=row.priority,
        due_at=None,
        expires_at=now + check.LIFETIME,
        idempotency_key=None,
        content_hash=message.digest(f"resend {message_id}".encode()),
        override_suppression=None,
        resend_of=message_id,
        labels=written,
        is_test=written is not None and written.test,
    )


def claims(found: message.Draft) -> dict[str, str]:
    """Return the domains that a message claims to be from.

    What the tenant may send from may have changed since it was accepted.
    """
    content = found.content
    authors = [content.from_[1]]
    if content.raw is not None:
        authors = raw.parse(content.raw).authors
    # Without an envelope sender there is no domain of it.
    senders = [*authors, found.sender] if found.sender else authors
    return {author.rpartition("@")[2]: "message" for author in senders}
