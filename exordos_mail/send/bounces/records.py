# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a report is about: a message that the tenant has sent, and its recipients."""

import collections.abc as abc
import typing as tp

import msgspec

from exordos_mail.send.bounces import report
from exordos_mail.send.content import identity, message, simulator
from exordos_mail.send.queue import contents, labels, settle
from exordos_mail.send.queue.keys import Keys
from exordos_mail.send.storage import database, sql

#: Addresses of a report, and the newest messages to each, among which one is looked
#: for whose Message-ID the caller has made.
_ADDRESSES_MAX, _MESSAGES_MAX = 5, 20

_FIND = sql.statement("""
SELECT id FROM messages WHERE tenant_id = :tenant_id AND id = :id {{lock}}
""")
_TO_ADDRESS = sql.statement("""
SELECT r.message_id FROM recipients r CROSS JOIN messages m
WHERE r.state <> 'waiting' AND r.address_key = :address_key
  AND m.tenant_id = :tenant_id AND m.id = r.message_id
ORDER BY r.message_id DESC LIMIT :limit
""")
_RECIPIENTS = sql.statement("""
SELECT address, state, outcome FROM recipients WHERE message_id = :id ORDER BY position
""")
_KNOWN = sql.statement("""
SELECT type, recipient, details FROM events
WHERE message_id = :id AND tenant_id = :tenant_id
  AND type IN ('bounced', 'complained', 'delayed', 'delivered', 'relayed', 'expired')
""")
_NOTE = sql.statement("""
UPDATE recipients
SET outcome = :outcome, code = :code, enhanced = :enhanced, reply = :reply,
    updated_at = :now
WHERE message_id = :id AND address = :address
""")


class _Details(msgspec.Struct):
    """Of an event: what tells two of one type apart."""

    unsure: bool = False


_decode = msgspec.json.Decoder(_Details).decode


def lock(
    tx: database.Transaction, tenant_id: str, ids: abc.Iterable[str]
) -> str | None:
    """Return the first of these messages that the tenant has; it stays locked."""
    for one in ids:
        if tx.row(_FIND, tenant_id=tenant_id, id=one) is not None:
            return one
    return None


def by_message_id(
    tx: database.Transaction,
    tenant_id: str,
    ids: abc.Collection[str],
    addresses: abc.Iterable[str],
) -> str | None:
    """Return the message to one of the addresses that has one of these Message-IDs.

    For those that the caller has made: they are in the content alone.
    """
    keys = Keys(tenant_id)
    for address in list(addresses)[:_ADDRESSES_MAX]:
        rows = tx.rows(
            _TO_ADDRESS,
            tenant_id=tenant_id,
            address_key=keys.of(address),
            limit=_MESSAGES_MAX,
        )
        found = contents.small(tx, (row["message_id"] for row in rows))
        for message_id, body in found.items():
            if identity.given(message.unpack(body)) in ids:
                return message_id
    return None


class There(tp.NamedTuple):
    """What is known of a recipient; see states.py."""

    state: str
    outcome: str | None


def recipients(tx: database.Transaction, message_id: str) -> dict[str, There]:
    """Return the recipients of a message, in their order."""
    return {
        row["address"]: There(row["state"], row["outcome"])
        for row in tx.rows(_RECIPIENTS, id=message_id)
    }


def is_simulated(
    tx: database.Transaction, tenant_id: str, message_id: str, recipient: str | None
) -> bool:
    """Tell whether nothing was sent to a recipient: the simulator's, or of a test."""
    if recipient is not None and simulator.is_address(recipient):
        return True
    found = labels.of(tx, tenant_id, [message_id]).get(message_id)
    return found is not None and found.test


def note(
    tx: database.Transaction,
    message_id: str,
    recipient: str,
    outcome: str,
    finding: report.Finding,
    now: int,
) -> None:
    """Write what became of a message for a recipient."""
    tx.run(
        _NOTE,
        id=message_id,
        address=recipient,
        outcome=outcome,
        code=finding.code,
        enhanced=finding.enhanced,
        reply=finding.text[: settle.REPLY_MAX],
        now=now,
    )


def known(
    tx: database.Transaction, tenant_id: str, message_id: str
) -> set[tuple[str, str | None, bool]]:
    """Return type, recipient and `unsure` of what was reported of a message."""
    rows = tx.rows(_KNOWN, tenant_id=tenant_id, id=message_id)
    return {
        (row["type"], row["recipient"], _decode(row["details"]).unsure) for row in rows
    }
