# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Acceptance: from checked messages to committed rows."""

import collections.abc as abc
import dataclasses
import json
import typing as tp

import msgspec

from exordos_mail.send import ids
from exordos_mail.send.content import address, identity, message
from exordos_mail.send.content import labels as label
from exordos_mail.send.queue import (
    events,
    idempotency,
    labels,
    states,
    suppressions,
)
from exordos_mail.send.queue.bounds import DEFAULT, Bounds
from exordos_mail.send.queue.keys import Keys
from exordos_mail.send.queue.standing import Standing
from exordos_mail.send.storage import database, sql


class Accepted(msgspec.Struct, tag_field="result", tag="accepted"):
    """What became of one message."""

    id: str
    state: str
    relay: str
    #: Recipients that the suppression list keeps from it.
    suppressed: list[str]


class Repeated(Accepted, tag="accepted"):
    """What an idempotency key was answered before: nothing new is accepted."""


class Refused(msgspec.Struct):
    """Why one message was not accepted."""

    #: unknown_relay, sender_not_allowed or idempotency_key_reused.
    code: str
    field: str
    message: str


Verdict = Accepted | Refused


class BatchRefused(Exception):
    """A message of an atomic batch was refused: none is accepted."""

    def __init__(self, verdicts: dict[int, Refused]) -> None:
        super().__init__("a message of the batch was refused")
        #: By position in the batch.
        self.verdicts = verdicts


_TENANT = sql.statement("""
SELECT sender_domains, waiting_messages, waiting_mib
FROM tenants WHERE id = :tenant_id {{share}}
""")
_RELAYS = sql.statement(
    "SELECT id FROM relays WHERE tenant_id = :tenant_id ORDER BY id {{share}}"
)
_SUSPENDED = sql.statement("SELECT batch FROM suspensions WHERE tenant_id = :tenant_id")
_MESSAGE = sql.statement("""
INSERT INTO messages (
    tenant_id, id, relay_id, batch, priority, state, sender, subject, due_at,
    expires_at, attempts, orphaned, created_at, updated_at, final_at, octets,
    suppression_override, test, sender_key, subject_key, message_key
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)
""")
_CONTENT = sql.statement("INSERT INTO contents (message_id, body) VALUES (?, ?)")
_RECIPIENT = sql.statement("""
INSERT INTO recipients (
    message_id, position, address, state, updated_at, address_key
) VALUES (?, ?, ?, ?, ?, ?)
""")

#: The relay of a message that names none, if the tenant has it.
DEFAULT_RELAY = "default"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Repeated).decode


class UnknownTenant(Exception):
    """The tenant was deleted meanwhile."""


@dataclasses.dataclass
class _Rows:
    messages: list[tuple[object, ...]] = dataclasses.field(default_factory=list)
    contents: list[tuple[object, ...]] = dataclasses.field(default_factory=list)
    recipients: list[tuple[object, ...]] = dataclasses.field(default_factory=list)
    labelled: list[labels.Labelled] = dataclasses.field(default_factory=list)
    happened: list[events.Event] = dataclasses.field(default_factory=list)
    #: What of it waits.
    count: int = 0
    octets: int = 0


class _Tenant:
    """What the rows of one tenant say about all of the messages."""

    def __init__(
        self,
        tx: database.Transaction,
        tenant_id: str,
        drafts: abc.Collection[message.Draft],
        now: int,
    ) -> None:
        row = tx.row(_TENANT, tenant_id=tenant_id)
        if row is None:
            raise UnknownTenant
        self.row = row
        self.keys = Keys(tenant_id)
        domains = row["sender_domains"]
        self.domains = None if domains is None else set(json.loads(domains))
        self.relays = [row["id"] for row in tx.rows(_RELAYS, tenant_id=tenant_id)]
        self.suspended = {
            row["batch"] for row in tx.rows(_SUSPENDED, tenant_id=tenant_id)
        }
        addresses = (
            address.normal(recipient)
            for draft in drafts
            if draft.override_suppression is None
            for recipient in draft.recipients
        )
        self.suppressed = suppressions.among(tx, tenant_id, addresses, now)

    def sender(self, draft: message.Draft) -> Refused | None:
        if self.domains is None or self.domains.issuperset(draft.sender_domains):
            return None
        field = next(
            field
            for domain, field in draft.sender_domains.items()
            if domain not in self.domains
        )
        return Refused(
            "sender_not_allowed", field, "the tenant may not send from this domain"
        )

    def relay(self, wanted: str | None) -> str | Refused:
        if wanted is not None:
            if wanted in self.relays:
                return wanted
            return Refused("unknown_relay", "relay", "no such relay")
        if DEFAULT_RELAY in self.relays:
            return DEFAULT_RELAY
        if len(self.relays) == 1:
            return str(self.relays[0])
        return Refused("unknown_relay", "relay", "name one of the tenant's relays")

    def state(self, draft: message.Draft, due: int, now: int) -> str:
        held = "" in self.suspended or draft.batch in self.suspended
        return states.at_rest(due, now, held)

    def without(self, draft: message.Draft) -> list[str]:
        """Return the recipients that are suppressed."""
        if draft.override_suppression is not None or not self.suppressed:
            return []
        return [
            recipient
            for recipient in draft.recipients
            if address.normal(recipient) in self.suppressed
        ]


def due_at(draft: message.Draft, now: int) -> int:
    """Return when a message is due; a moment that is past means now.

    Else a message could jump the queue, and would look as if it had waited since.
    """
    return max(draft.due_at or now, now)


def accept(
    tx: database.Transaction,
    tenant_id: str,
    drafts: abc.Sequence[message.Draft],
    atomic: bool,
    actor: str,
    now: int,
    bounds: Bounds = DEFAULT,
    request: str = "",
) -> list[Verdict]:
    """Store messages of one tenant; return a verdict for each, in order.

    Args:
        bounds: how much a tenant may have waiting that has no bounds of its own.
        request: id of the call in the command log.

    Raises:
        BatchRefused: `atomic`, and one was refused.
        TooMuch: the tenant would have more waiting than it may.
        UnknownTenant: the tenant is gone.
    """
    tenant = _Tenant(tx, tenant_id, drafts, now)
    rows = _Rows()
    verdicts: list[Verdict] = []
    answers: dict[str, Accepted] = {}
    for draft, message_id in zip(
        drafts, ids.generator.take(len(drafts), now), strict=True
    ):
        relay = tenant.sender(draft) or tenant.relay(draft.relay)
        if isinstance(relay, Refused):
            verdicts.append(relay)
            continue
        if draft.idempotency_key is not None:
            known = _known(tx, tenant_id, draft, answers, now)
            if known is not None:
                verdicts.append(known)
                continue
        verdict = _add(rows, tenant, tenant_id, draft, message_id, relay, now, request)
        if draft.idempotency_key is not None:
            answers[_key(draft)] = verdict
        verdicts.append(verdict)
    refused = {
        index: verdict
        for index, verdict in enumerate(verdicts)
        if isinstance(verdict, Refused)
    }
    if atomic and refused:
        raise BatchRefused(refused)
    for key, answer in answers.items():
        text = _encode(answer).decode()
        idempotency.remember(tx, tenant_id, key, text)
    tx.run_many(_MESSAGE, rows.messages)
    tx.run_many(_CONTENT, rows.contents)
    tx.run_many(_RECIPIENT, rows.recipients)
    if rows.labelled:
        labels.add(tx, tenant_id, rows.labelled)
    added = Standing(rows.count, rows.octets)
    standing = events.add(tx, tenant_id, rows.happened, now, actor, added)
    if rows.count:
        bounds.of(tenant.row).check(standing)
    return verdicts


def examine(
    tx: database.Transaction, tenant_id: str, draft: message.Draft, now: int
) -> Verdict:
    """Return what `accept` would say, without a row written; the id is empty."""
    tenant = _Tenant(tx, tenant_id, [draft], now)
    relay = tenant.sender(draft) or tenant.relay(draft.relay)
    if isinstance(relay, Refused):
        return relay
    state = tenant.state(draft, due_at(draft, now), now)
    return Accepted("", state, relay, tenant.without(draft))


def _known(
    tx: database.Transaction,
    tenant_id: str,
    draft: message.Draft,
    answers: dict[str, Accepted],
    now: int,
) -> Verdict | None:
    """Return the verdict for a key that was used before."""
    key = _key(draft)
    try:
        answer = idempotency.claim(
            tx, tenant_id, key, tp.cast(str, draft.content_hash), now
        )
    except idempotency.KeyReused:
        return Refused(
            "idempotency_key_reused",
            "idempotency_key",
            "this key was used for another message",
        )
    if answer is None:
        return None
    # Empty: the same message twice in this batch, whose answer is not written yet.
    if answer:
        return _decode(answer)
    return msgspec.convert(answers[key], Repeated, from_attributes=True)


def _key(draft: message.Draft) -> str:
    """Return what a draft's key is remembered by.

    A test must not take the place of a true message with the same key, nor the other
    way round.
    """
    kind = "test message" if draft.is_test else "message"
    return f"{kind}:{draft.idempotency_key}"


def _add(
    rows: _Rows,
    tenant: _Tenant,
    tenant_id: str,
    draft: message.Draft,
    message_id: str,
    relay: str,
    now: int,
    request: str,
) -> Accepted:
    suppressed = tenant.without(draft)
    due = due_at(draft, now)
    state = tenant.state(draft, due, now)
    if suppressed and len(suppressed) == len(draft.recipients):
        state = states.SUPPRESSED
    body = message.pack(draft.content)
    own = identity.given(draft.content)
    rows.messages.append(
        (
            tenant_id,
            message_id,
            relay,
            draft.batch,
            draft.priority,
            state,
            draft.sender,
            draft.subject,
            due,
            draft.expires_at,
            now,
            now,
            now if state == states.SUPPRESSED else None,
            len(body),
            int(draft.override_suppression is not None),
            int(draft.is_test),
            tenant.keys.of(draft.sender),
            tenant.keys.of_subject(draft.subject),
            None if own is None else tenant.keys.of_message_id(own),
        )
    )
    rows.contents.append((message_id, body))
    if written := label.of_draft(draft.labels, draft.is_test):
        rows.labelled.append((message_id, written))
    if state != states.SUPPRESSED:
        rows.count += 1
        rows.octets += len(body)
    details: dict[str, object] = {"state": state, "recipients": len(draft.recipients)}
    if request:
        details["request"] = request
    if draft.resend_of is not None:
        details["resend_of"] = draft.resend_of
    if draft.override_suppression is not None:
        details["suppression_override"] = draft.override_suppression
    rows.happened.append(events.Event("accepted", message_id, None, details))
    for position, recipient in enumerate(draft.recipients):
        if recipient in suppressed:
            reason = tenant.suppressed[address.normal(recipient)]
            rows.happened.append(
                events.Event("suppressed", message_id, recipient, {"reason": reason})
            )
            recipient_state = states.SUPPRESSED
        else:
            recipient_state = states.RECIPIENT_WAITING
        key = tenant.keys.of(recipient)
        rows.recipients.append(
            (message_id, position, recipient, recipient_state, now, key)
        )
    return Accepted(message_id, state, relay, suppressed)
