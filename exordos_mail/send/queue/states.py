# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""States of messages and recipients (the table of docs/send/architecture.md)."""

import collections.abc as abc

QUEUED = "queued"
SCHEDULED = "scheduled"
DEFERRED = "deferred"
SUSPENDED = "suspended"
SENDING = "sending"
SENT = "sent"
PARTIAL = "partial"
FAILED = "failed"
SUPPRESSED = "suppressed"
EXPIRED = "expired"
CANCELLED = "cancelled"

#: In the queue's index: a claim may take them when they are due.
WAITING = (QUEUED, SCHEDULED, DEFERRED)
#: Nobody works on them, so a call of the API may change them.
AT_REST = (*WAITING, SUSPENDED)
#: Nothing more happens to them.
FINAL = (SENT, PARTIAL, FAILED, SUPPRESSED, EXPIRED, CANCELLED)
ALL = (*AT_REST, SENDING, *FINAL)

#: From each state, where a message may go; each statement that changes one is tried
#: against it (tests/unit/send/test_state_transitions.py).
TRANSITIONS: dict[str, tuple[str, ...]] = {
    QUEUED: (SENDING, SUSPENDED, SCHEDULED, PARTIAL, EXPIRED, CANCELLED),
    SCHEDULED: (SENDING, SUSPENDED, QUEUED, PARTIAL, EXPIRED, CANCELLED),
    DEFERRED: (
        SENDING,
        SUSPENDED,
        QUEUED,
        SCHEDULED,
        PARTIAL,
        EXPIRED,
        CANCELLED,
    ),
    SUSPENDED: (QUEUED, SCHEDULED, PARTIAL, EXPIRED, CANCELLED),
    SENDING: (
        SENT,
        PARTIAL,
        FAILED,
        SUPPRESSED,
        EXPIRED,
        DEFERRED,
        QUEUED,
        SUSPENDED,
    ),
    **{state: () for state in FINAL},
}

#: In SQL: a row of `messages` is suspended, by its batch or with its tenant.
HELD = """EXISTS (
        SELECT 1 FROM suspensions s
        WHERE s.tenant_id = messages.tenant_id
          AND (s.batch = '' OR s.batch = messages.batch)
    )"""
#: A recipient that is still to be sent to.
RECIPIENT_WAITING = "waiting"
RECIPIENT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    RECIPIENT_WAITING: (SENT, FAILED, SUPPRESSED, EXPIRED, CANCELLED),
    SUPPRESSED: (),
    SENT: (),
    FAILED: (),
    EXPIRED: (),
    CANCELLED: (),
}


def at_rest(due_at: int, now: int, suspended: bool) -> str:
    """Return the state of a message that waits for its first attempt."""
    if suspended:
        return SUSPENDED
    return SCHEDULED if due_at > now else QUEUED


def final(recipients: abc.Iterable[str]) -> str:
    """Return a message's state by those of its recipients, all of them final."""
    found = set(recipients) - {SUPPRESSED}
    if not found:
        return SUPPRESSED
    if found == {SENT}:
        return SENT
    if SENT in found:
        return PARTIAL
    for state in (FAILED, EXPIRED):
        if state in found:
            return state
    return CANCELLED


#: What became of a message that was sent, for one recipient; each is later than those
#: before it. A server may take a message and send it back.
OUTCOMES = ("delayed", "relayed", "delivered", "expired", "bounced", "complained")


def later_outcome(before: str | None, outcome: str) -> bool:
    """Tell whether an outcome is to take the place of another one."""
    known = -1 if before is None else OUTCOMES.index(before)
    return OUTCOMES.index(outcome) > known
