# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What this process has done since its start.

Counted after the commit, with what the database says has happened, so that a
transaction that is undone or tried again counts once or not at all.
"""

import collections
import collections.abc as abc

import prometheus_client
from prometheus_client import Counter, Histogram

from exordos_mail.send.content import values
from exordos_mail.send.metrics.lanes import Lanes
from exordos_mail.send.queue import states
from exordos_mail.send.queue.accept import Accepted
from exordos_mail.send.queue.claim import Claim
from exordos_mail.send.queue.job import Job, Lane

# A series beside each counter that says since when: a process says it once.
prometheus_client.disable_created_metrics()
REGISTRY = prometheus_client.CollectorRegistry()
prometheus_client.ProcessCollector(registry=REGISTRY)

_LANE = ("tenant", "relay")
#: Tenants with series of their own: each has some dozens of outcomes.
TENANTS_MAX = 100
#: What a recipient's share of an attempt, or its acceptance, came to.
RESULTS = (
    states.SENT,
    states.DEFERRED,
    states.FAILED,
    states.EXPIRED,
    states.SUPPRESSED,
)
_ACCEPTED = Counter(
    "exordos_mail_send_messages_accepted",
    "Messages that were accepted.",
    _LANE,
    registry=REGISTRY,
)
_RESULTS = Counter(
    "exordos_mail_send_recipients",
    "Recipients by what an attempt came to; a deferred one counts each time.",
    (*_LANE, "result"),
    registry=REGISTRY,
)
_OUTCOMES = Counter(
    "exordos_mail_send_outcomes",
    "What became of what was sent, by recipient: outcome, the reply's class, and whose"
    " server it was, of those that are known by name.",
    ("tenant", "outcome", "class", "provider"),
    registry=REGISTRY,
)
_LIMITED = Counter(
    "exordos_mail_send_limited_seconds",
    "For how long due messages waited for a limit, in this process's sight.",
    _LANE,
    registry=REGISTRY,
)
_EXPIRED = Counter(
    "exordos_mail_send_messages_expired_waiting",
    "Messages whose time ran out while they waited, of all tenants.",
    registry=REGISTRY,
)
_REFUSED = Counter(
    "exordos_mail_send_calls_refused",
    "Calls that were refused for their token: 401 none in force, 403 not for this.",
    ("status",),
    registry=REGISTRY,
)
#: Answers to calls that are refused before they are looked at.
AT_THE_DOOR = (401, 403)
for _status in AT_THE_DOOR:
    _REFUSED.labels(str(_status))
_SECONDS = Histogram(
    "exordos_mail_send_accepted_to_sent_seconds",
    "From a message's acceptance, or from its time if the first attempt was the one,"
    " to the server's answer.",
    ("priority", "attempt"),
    buckets=(
        *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        *(60, 300, 900, 3600, 4 * 3600, 24 * 3600),
    ),
    registry=REGISTRY,
)
_PRIORITIES = {number: name for name, number in values.PRIORITIES.items()}
for _name in _PRIORITIES.values():
    for _attempt in ("first", "later"):
        _SECONDS.labels(_name, _attempt)


class _Series:
    """The series of one lane: they begin together, at 0, with its first use."""

    def __init__(self, labels: tuple[str, str]) -> None:
        self.accepted = _ACCEPTED.labels(*labels)
        self.limited = _LIMITED.labels(*labels)
        self._results = {result: _RESULTS.labels(*labels, result) for result in RESULTS}

    def count(self, results: abc.Mapping[str, int]) -> None:
        """Count recipients by RESULTS."""
        for result, count in results.items():
            self._results[result].inc(count)


class _Tenant:
    """The outcomes of one tenant: a series begins with the first of its kind."""

    def __init__(self, labels: tuple[str, str]) -> None:
        self._tenant = labels[0]

    def labels(self, *rest: str) -> Counter:
        """Return one series."""
        return _OUTCOMES.labels(self._tenant, *rest)


_lanes = Lanes(_Series)
# Tenants as lanes without a relay.
_tenants = Lanes(_Tenant, TENANTS_MAX)


def accepted(tenant_id: str, outs: abc.Iterable[object]) -> None:
    """Count what a call has accepted; other verdicts are left out."""
    # What an idempotency key repeats was counted the first time: not a Repeated.
    new = [out for out in outs if type(out) is Accepted]
    for relay, count in collections.Counter(out.relay for out in new).items():
        _lanes.get(tenant_id, relay).accepted.inc(count)
    for out in new:
        if out.suppressed:
            suppressed = {states.SUPPRESSED: len(out.suppressed)}
            _lanes.get(tenant_id, out.relay).count(suppressed)


def claimed(lane: Lane, found: Claim) -> None:
    """Count the messages that a claim has ended."""
    _lanes.get(lane.tenant_id, lane.relay_id).count(found.ended)


def settled(job: Job, results: abc.Mapping[str, int], now: int) -> None:
    """Count what an attempt came to: recipients by RESULTS."""
    _lanes.get(job.lane.tenant_id, job.lane.relay_id).count(results)
    if states.SENT in results:
        # The time of a later attempt is of no use: the schedule made it.
        first = job.attempt == 1
        since = max(job.created_at, job.due_at) if first else job.created_at
        _SECONDS.labels(
            _PRIORITIES[job.priority], "first" if first else "later"
        ).observe(max(now - since, 0) / 1000)


def outcome(tenant_id: str, kind: str, class_: str, provider: str) -> None:
    """Count what became of a message for a recipient, by its event."""
    _tenants.get(tenant_id, "").labels(kind, class_, provider).inc()


def limited(lane: Lane, seconds: float) -> None:
    """Count for how long due messages of a lane have waited for a limit."""
    _lanes.get(lane.tenant_id, lane.relay_id).limited.inc(seconds)


def refused(status: int) -> None:
    """Count the answer to a call if it was refused at the door."""
    if status in AT_THE_DOOR:
        _REFUSED.labels(str(status)).inc()


def expired(count: int) -> None:
    """Count messages whose time ran out while they waited."""
    _EXPIRED.inc(count)
