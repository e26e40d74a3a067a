#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Results: what an attempt came to is written, with its events, at once."""

import collections
import collections.abc as abc

from exordos_mail.send.content import address
from exordos_mail.send.queue import retry, states
from exordos_mail.send.queue.job import Job, Result, same_for_all
from exordos_mail.send.records import events, suppressions
from exordos_mail.send.storage import database, sql

#: Characters of a server's answer that are kept.
REPLY_MAX = 500

_RECIPIENT = sql.statement("""
UPDATE recipients
SET state = ?, code = ?, enhanced = ?, reply = ?, updated_at = ?
WHERE message_id = ? AND position = ? AND state = 'waiting'
""")
_STATES = sql.statement("SELECT state FROM recipients WHERE message_id = :id")
# Only the worker whose claim it is may end it: one that was declared dead
# leaves the message to the next.
_FINISH = sql.statement("""
UPDATE messages
SET state = :state, worker_id = NULL, updated_at = :now, final_at = :now
WHERE tenant_id = :tenant_id AND id = :id AND worker_id = :worker_id
""")
# It may have been suspended while it was being sent.
_DEFER = sql.statement("""
UPDATE messages
SET state = CASE WHEN EXISTS (
        SELECT 1 FROM suspensions s
        WHERE s.tenant_id = messages.tenant_id
          AND (s.batch = '' OR s.batch = messages.batch)
    ) THEN 'suspended' ELSE 'deferred' END,
    worker_id = NULL, updated_at = :now, due_at = :due_at
WHERE tenant_id = :tenant_id AND id = :id AND worker_id = :worker_id
""")


def settle(
    tx: database.Transaction,
    job: Job,
    results: abc.Sequence[Result],
    server: str,
    worker_id: str,
    schedule: retry.Schedule,
    now: int,
) -> collections.Counter[str]:
    """Write the results of an attempt; return how many there are of each event.

    Args:
        results: one for each of the job's recipients.
        server: host and port that were asked; empty when none was.
    """
    due_at = schedule.due_at(job.attempt, now)
    given_up = due_at >= job.expires_at
    rows = []
    found = []
    for result in results:
        deferred = result.state == states.DEFERRED
        state = states.RECIPIENT_WAITING if deferred else result.state
        if deferred and given_up:
            state = states.EXPIRED
        reply = None if result.reply is None else result.reply[:REPLY_MAX]
        rows.append(
            (
                state,
                result.code,
                result.enhanced,
                reply,
                now,
                job.id,
                result.position,
            )
        )
        details = _details(job, result, reply, server)
        if deferred and not given_up:
            details["due_at"] = due_at
        kind = states.EXPIRED if deferred and given_up else result.state
        found.append(events.Event(kind, job.id, result.address, details))
    tx.run_many(_RECIPIENT, rows)
    # What else is in the database decides: a recipient may be final already.
    left = {row["state"] for row in tx.rows(_STATES, id=job.id)}
    if not left:
        # It was removed meanwhile with its tenant: there is nobody to tell.
        return collections.Counter()
    ours = {"tenant_id": job.lane.tenant_id, "id": job.id, "worker_id": worker_id}
    if states.RECIPIENT_WAITING in left:
        tx.run(_DEFER, now=now, due_at=due_at, **ours)
    else:
        tx.run(_FINISH, state=states.final(left), now=now, **ours)
    for result in results:
        if result.hard:
            suppressions.add(
                tx,
                job.lane.tenant_id,
                address.normal(result.address),
                (result.reply or result.reason)[:REPLY_MAX],
                suppressions.HARD_FAILURE,
                now,
            )
    events.add(tx, job.lane.tenant_id, found, now)
    return collections.Counter(event.type for event in found)


def end(
    tx: database.Transaction,
    jobs: abc.Sequence[Job],
    state: str,
    reason: str,
    worker_id: str,
    now: int,
) -> None:
    """End messages of one tenant that will never be sent.

    Args:
        state: of the recipients that still wait: states.FAILED or states.EXPIRED.
    """
    found = []
    for job in jobs:
        tx.run_many(
            _RECIPIENT,
            [(state, None, None, None, now, job.id, at) for at, _ in job.recipients],
        )
        left = [row["state"] for row in tx.rows(_STATES, id=job.id)]
        tx.run(
            _FINISH,
            state=states.final(left),
            now=now,
            tenant_id=job.lane.tenant_id,
            id=job.id,
            worker_id=worker_id,
        )
        found += [
            events.Event(state, job.id, result.address, _details(job, result, None, ""))
            for result in same_for_all(job, state, reason)
        ]
    if jobs:
        events.add(tx, jobs[0].lane.tenant_id, found, now)


def _details(
    job: Job, result: Result, reply: str | None, server: str
) -> dict[str, object]:
    members = {
        "attempt": job.attempt,
        "reason": result.reason,
        "code": result.code,
        "enhanced": result.enhanced,
        "reply": reply,
        "server": server,
    }
    return {name: value for name, value in members.items() if value not in (None, "")}
