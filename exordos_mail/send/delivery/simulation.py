# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Attempts that only look as if a server had been asked.

The recipients of a message that was accepted with a test key, and those at the
simulator's host, are parted from the others before there is a connection: no server
ever hears of them.
"""

import asyncio
import dataclasses
import typing as tp

from exordos_mail.send.attachments import PermanentFailure, TemporaryFailure
from exordos_mail.send.content import simulator
from exordos_mail.send.queue import job as jobs
from exordos_mail.send.queue import states
from exordos_mail.send.queue.job import Job, Result
from exordos_mail.send.smtp import verdict
from exordos_mail.send.smtp.transaction import CLAIM_LOST

#: Seconds that the mailbox `slow` takes.
SLOW = 5.0
#: What is answered to a message that is taken, and to the first attempt at `defer`.
TAKEN = 250, "2.0.0", "taken by the simulator: nothing was sent"
LATER = 450, "4.2.0", "simulated: try again later"


class Parts(tp.NamedTuple):
    """A message's recipients of both kinds; a part may have none."""

    simulated: Job
    real: Job


def split(one: Job) -> Parts:
    """Return a message with those that nothing is sent to, and with all others."""
    parts: tuple[list[tuple[int, str]], list[tuple[int, str]]] = [], []
    for at, address in one.recipients:
        is_real = not (one.is_test or simulator.is_address(address))
        parts[is_real].append((at, address))
    return Parts(*(dataclasses.replace(one, recipients=found) for found in parts))


def results(one: Job) -> list[Result]:
    """Return what an attempt comes to."""
    return [_result(at, address, one.attempt) for at, address in one.recipients]


def seconds(one: Job) -> float:
    """Return how long an attempt takes."""
    found = {simulator.behaviour(address) for _, address in one.recipients}
    return SLOW if simulator.SLOW in found else 0


class MessageSource(tp.Protocol):
    """Makes messages (delivery/sources.py)."""

    async def prepare(self, job: Job) -> bytes: ...  # noqa: D102


class SuppressionCheck(tp.Protocol):
    """Asks the suppression list (delivery/withholding.py)."""

    async def ask(self, job: Job, worker_id: str) -> Job: ...  # noqa: D102


class ClaimHolder(tp.Protocol):
    """Whose claim it is (delivery/worker.py)."""

    id: str

    def may_send(self) -> bool: ...  # noqa: D102


async def attempt(
    one: Job, sources: MessageSource, withholding: SuppressionCheck, worker: ClaimHolder
) -> list[Result]:
    """Return the results of an attempt: it fails where a true one would before SMTP.

    Raises:
        Exception: our own code has failed at this message.
    """
    try:
        await sources.prepare(one)
    except TemporaryFailure as error:
        return _marked(jobs.deferred(one, f"attachment away: {error.reason}"))
    except PermanentFailure as error:
        return _marked(jobs.failed(one, f"attachment refused: {error.reason}"))
    one = await withholding.ask(one, worker.id)
    await asyncio.sleep(seconds(one))
    if not worker.may_send():
        return _marked(jobs.deferred(one, CLAIM_LOST))
    return results(one)


def _result(at: int, address: str, attempt: int) -> Result:
    first = attempt == 1
    if simulator.behaviour(address) == simulator.DEFER and first:
        found = Result(at, address, states.DEFERRED, verdict.RCPT, *LATER)
    else:
        found = Result(at, address, states.SENT, "", *TAKEN)
    return dataclasses.replace(found, is_simulated=True)


def _marked(found: list[Result]) -> list[Result]:
    return [dataclasses.replace(one, is_simulated=True) for one in found]
