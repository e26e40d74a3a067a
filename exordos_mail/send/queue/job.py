# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What passes between the queue and delivery."""

import collections.abc as abc
import dataclasses

from exordos_mail.send.queue import states


@dataclasses.dataclass(frozen=True)
class Lane:
    """One relay of one tenant: its messages never wait for another lane's."""

    tenant_id: str
    relay_id: str


@dataclasses.dataclass
class Job:
    """A claimed message: everything an attempt needs."""

    lane: Lane
    id: str
    sender: str
    priority: int
    #: This attempt's number, from 1.
    attempt: int
    created_at: int
    #: When this attempt was due.
    due_at: int
    expires_at: int
    #: Position and address of each recipient still waiting.
    recipients: list[tuple[int, str]]
    #: Packed (content/message.py); None when it is large and still to be read.
    body: bytes | None
    #: Workers have died with it: the lane's next suspect waits for its end.
    suspect: bool = False
    #: Accepted in spite of the suppression list, which is not asked again.
    override: bool = False
    #: Accepted with a test key: it is never handed to a server.
    is_test: bool = False
    #: By the steady clock, before the suppression list was asked.
    claimed_at: float = 0.0


@dataclasses.dataclass(frozen=True)
class Result:
    """What an attempt came to for one recipient."""

    position: int
    address: str
    #: states.SENT, states.FAILED or states.DEFERRED.
    state: str
    #: Why, in a word of ours; empty when sent.
    reason: str = ""
    #: The server's answer: SMTP code, enhanced code (RFC 3463), text.
    code: int | None = None
    enhanced: str | None = None
    reply: str | None = None
    #: The address does not exist: the suppression list gets it.
    hard: bool = False
    #: The same for people, where the reason and the answer do not tell it.
    cause: str = ""
    #: No server was asked (delivery/simulation.py).
    is_simulated: bool = False


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What an attempt came to."""

    job: Job
    #: One for each of the job's recipients.
    results: abc.Sequence[Result]
    #: Host and port that were asked; empty when none was.
    server: str
    #: Who made it: whose claim the job was.
    worker_id: str


def same_for_all(job: Job, state: str, reason: str, cause: str = "") -> list[Result]:
    """Return one result for every waiting recipient."""
    return [
        Result(at, address, state, reason, cause=cause)
        for at, address in job.recipients
    ]


def deferred(job: Job, reason: str) -> list[Result]:
    """Return the results of an attempt that could not be made."""
    return same_for_all(job, states.DEFERRED, reason)


def failed(job: Job, reason: str) -> list[Result]:
    """Return the results of a message that can never be sent."""
    return same_for_all(job, states.FAILED, reason)
