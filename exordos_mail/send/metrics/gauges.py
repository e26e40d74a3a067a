# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How things stand in the database: the queue, the webhooks, the workers.

Every process on a database gives the same numbers.
"""

import collections.abc as abc
import dataclasses
import typing as tp

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from exordos_mail.send.metrics import lanes
from exordos_mail.send.queue import pause
from exordos_mail.send.storage import database, sql

# All of messages is in the index messages_queue. What an inactive tenant has waits,
# but for its tenant and not for us: it is not due.
_QUEUE = sql.statement("""
SELECT q.tenant_id, q.relay_id, q.waiting,
       CASE WHEN t.active = 1 THEN q.due ELSE 0 END AS due,
       CASE WHEN t.active = 1 THEN q.first_due_at ELSE :now END AS first_due_at
FROM (
    SELECT tenant_id, relay_id, count(*) AS waiting,
           sum(CASE WHEN due_at <= :now THEN 1 ELSE 0 END) AS due,
           min(due_at) AS first_due_at
    FROM messages WHERE state IN ('queued', 'scheduled', 'deferred')
    GROUP BY tenant_id, relay_id
) q
JOIN tenants t ON t.id = q.tenant_id
""")
_SENDING = sql.statement(
    "SELECT count(*) AS count FROM messages WHERE worker_id IS NOT NULL"
)
_WORKERS = sql.statement("SELECT count(*) AS count FROM workers")
# A webhook that was switched off at another address is on again at this one.
_WEBHOOKS = sql.statement("""
SELECT t.id AS tenant_id, c.last - coalesce(w.cursor, 0) AS events,
       coalesce((
           SELECT e.at FROM events e
           WHERE e.tenant_id = t.id AND e.seq > coalesce(w.cursor, 0)
           ORDER BY e.seq LIMIT 1
       ), :now) AS first_at,
       CASE WHEN w.disabled_at IS NOT NULL AND w.url = t.callback_url
            THEN 1 ELSE 0 END AS disabled
FROM tenants t
JOIN event_counters c ON c.tenant_id = t.id
LEFT JOIN webhooks w ON w.tenant_id = t.id
WHERE t.callback_url IS NOT NULL
""")


_PREFIX = "exordos_mail_send_"
#: Numbers by their labels, one for each of the gauges that are made of them.
Table = dict[tuple[str, ...], tuple[float, ...]]


@dataclasses.dataclass(frozen=True)
class QueueGauges:
    """What was found; ages in seconds."""

    #: By tenant and relay: waiting, due, age of the first that is due.
    queue: Table
    #: By tenant: events not delivered, age of the first, 1 if switched off.
    webhooks: Table
    #: Messages that are claimed.
    sending: int
    workers: int
    #: 1: the whole service is.
    paused: int


def read(tx: database.Transaction, now: int) -> QueueGauges:
    """Return how things stand."""
    queue: Table = {
        (row["tenant_id"], row["relay_id"]): (
            row["waiting"],
            int(row["due"]),
            _age(row["first_due_at"], now),
        )
        for row in tx.rows(_QUEUE, now=now)
    }
    webhooks: Table = {
        (row["tenant_id"],): (
            row["events"],
            _age(row["first_at"], now),
            row["disabled"],
        )
        for row in tx.rows(_WEBHOOKS, now=now)
    }
    paused = int(pause.since(tx) is not None)
    return QueueGauges(
        queue, webhooks, _count(tx, _SENDING), _count(tx, _WORKERS), paused
    )


def families(found: QueueGauges | None, beat_age: float) -> list[Metric]:
    """Return the gauges.

    Args:
        found: None: the database cannot be asked, and its gauges are left out.
        beat_age: seconds since this process has last moved its beat.
    """
    alone = [
        _one("database_up", "1: the database answers.", int(found is not None)),
        _one("beat_age_seconds", "Since this process's last heart-beat.", beat_age),
    ]
    if found is None:
        return alone
    return [
        *alone,
        _one("sending_messages", "Messages that are claimed.", found.sending),
        _one("workers", "Processes that deliver.", found.workers),
        _one("paused", "1: the whole service is paused.", found.paused),
        *_many(
            ("tenant", "relay"),
            bounded(found.queue, (sum, sum, max)),
            ("queue_messages", "Messages that wait, due or not."),
            ("queue_due_messages", "Messages that wait and are due."),
            ("queue_oldest_due_seconds", "How long the first is due."),
        ),
        *_many(
            ("tenant",),
            bounded(found.webhooks, (sum, max, max)),
            ("webhook_lag_events", "Events that are not delivered."),
            ("webhook_lag_seconds", "Age of the first event not delivered."),
            ("webhook_disabled", "1: the webhook was switched off."),
        ),
    ]


def bounded(
    table: Table,
    how: abc.Sequence[tp.Callable[[tp.Iterable[float]], float]],
    most: int = lanes.LANES_MAX,
) -> Table:
    """Return the entries with the highest numbers, and one for all the others.

    Args:
        how: what makes one number of the others', for each number of an entry.
    """
    ordered = sorted(table.items(), key=lambda item: item[1], reverse=True)
    kept = dict(ordered[:most])
    if len(ordered) > most:
        columns = zip(*(numbers for _, numbers in ordered[most:]), strict=True)
        other = (lanes.OTHER,) * len(ordered[0][0])
        kept[other] = tuple(
            one(column) for one, column in zip(how, columns, strict=True)
        )
    return kept


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, text, value=value)


def _many(
    labels: tuple[str, ...], table: Table, *gauges: tuple[str, str]
) -> abc.Iterator[Metric]:
    for column, (name, text) in enumerate(gauges):
        family = GaugeMetricFamily(_PREFIX + name, text, labels=labels)
        for key, numbers in table.items():
            family.add_metric(key, numbers[column])
        yield family


def _age(moment: int, now: int) -> float:
    return max(now - moment, 0) / 1000


def _count(tx: database.Transaction, statement: sql.Statement) -> int:
    return int(tp.cast(database.Row, tx.row(statement))["count"])
