# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The checker's questions to the database: whose turn it is, and what was found.

In threads of their own with connections of their own: neither the loop that asks the
DNS nor the builders ever wait for it.
"""

import asyncio
from concurrent import futures
import dataclasses
import datetime
import typing as tp
import uuid as sys_uuid

from gcl_sdk.audit import constants
import psycopg
import psycopg.rows
import psycopg_pool

from exordos_mail.controlplane.dm import audit
from exordos_mail.controlplane.dns import facts, inspection, outcome, telling
from exordos_mail.schema import dns_record
from exordos_mail.standards.dns import blocklist, reverse, wanted
from exordos_mail.standards.dns.record import Record

_CONNECTIONS, _WAIT = 2, 10.0
#: Seconds after which the domain of a process that was killed has its turn again.
LEASE = 60.0

# The project with the fewest checks under way has its turn, so that those with many
# domains, or with slow servers, keep no other waiting, whatever they have overdue. Of
# equals, who asked comes first.
_CLAIM = """
WITH turn AS (
    SELECT c.domain FROM (
        SELECT known.project_id, coalesce(busy.checks, 0) AS checks FROM (
            SELECT DISTINCT project_id FROM mail_dns_checks
            WHERE due_at <= clock_timestamp() AT TIME ZONE 'utc'
        ) known LEFT JOIN unnest(%(projects)s::uuid[], %(checks)s::int[])
            AS busy (project_id, checks) USING (project_id)
        WHERE coalesce(busy.checks, 0) < %(each)s
    ) p CROSS JOIN LATERAL (
        SELECT domain, asked, due_at FROM mail_dns_checks
        WHERE project_id = p.project_id
            AND due_at <= clock_timestamp() AT TIME ZONE 'utc'
        ORDER BY asked DESC, due_at LIMIT %(each)s - p.checks
        FOR UPDATE SKIP LOCKED
    ) c
    ORDER BY
        p.checks + row_number() OVER (
            PARTITION BY p.project_id ORDER BY c.asked DESC, c.due_at
        ),
        c.asked DESC, c.due_at
    LIMIT %(most)s
)
UPDATE mail_dns_checks SET asked = FALSE,
    due_at = clock_timestamp() AT TIME ZONE 'utc' + make_interval(secs => %(lease)s)
WHERE domain IN (SELECT domain FROM turn) RETURNING domain
"""

_NEXT = """
SELECT extract(epoch FROM min(due_at) - clock_timestamp() AT TIME ZONE 'utc')::float8
    AS seconds FROM mail_dns_checks
"""

_ROWS = "SELECT * FROM mail_dns_records WHERE domain = %s"

_STORE = """
INSERT INTO mail_dns_records (
    uuid, project_id, domain, name, type, value, purpose, required, state, expected,
    found, fix, doubts, since, checked_at, created_at, updated_at
) VALUES (
    %(uuid)s, %(project)s, %(domain)s, %(name)s, %(type)s, %(value)s, %(purpose)s,
    %(required)s, %(state)s, %(expected)s, %(found)s, %(fix)s, %(doubts)s, %(now)s,
    %(checked_at)s, %(now)s, %(now)s
) ON CONFLICT (uuid) DO UPDATE SET
    since = CASE WHEN mail_dns_records.state = excluded.state
        THEN mail_dns_records.since ELSE excluded.since END,
    updated_at = CASE WHEN mail_dns_records.state = excluded.state
        THEN mail_dns_records.updated_at ELSE excluded.updated_at END,
    state = excluded.state, expected = excluded.expected, found = excluded.found,
    fix = excluded.fix, doubts = excluded.doubts, checked_at = excluded.checked_at,
    required = excluded.required, purpose = excluded.purpose
"""

_GONE = "DELETE FROM mail_dns_records WHERE domain = %s AND uuid <> ALL (%s)"

# Whoever asked meanwhile has set another time, which stays.
_DONE = """
UPDATE mail_dns_checks SET
    due_at = CASE WHEN due_at = %(lease)s
        THEN %(now)s + make_interval(secs => %(pause)s) ELSE due_at END,
    changed_at = CASE WHEN %(changed)s THEN %(now)s ELSE changed_at END,
    zone = %(zone)s, servers = %(servers)s, security = %(security)s,
    unproven_since = %(unproven_since)s
WHERE domain = %(domain)s
"""

# Before its records, as whoever removes it.
_LOCK = "SELECT FROM mail_domains WHERE uuid = %s FOR NO KEY UPDATE"
_CHECKED = "UPDATE mail_domains SET checked_at = %s WHERE uuid = %s"

_T = tp.TypeVar("_T")
_Connection = psycopg.Connection[dict[str, tp.Any]]


class Store:
    """The database of the checker.

    Every method raises `psycopg.Error` or `psycopg_pool.PoolTimeout` while it cannot
    be reached.
    """

    def __init__(self, url: str) -> None:
        self._threads = futures.ThreadPoolExecutor(_CONNECTIONS, "exordos_mail dns")
        self._pool: psycopg_pool.ConnectionPool[_Connection] = (
            psycopg_pool.ConnectionPool(
                url,
                connection_class=psycopg.Connection[dict[str, tp.Any]],
                kwargs={
                    "row_factory": psycopg.rows.dict_row,
                    "application_name": "exordos_mail dns",
                    "connect_timeout": 10,
                },
                min_size=0,
                max_size=_CONNECTIONS,
                timeout=_WAIT,
                check=psycopg_pool.ConnectionPool.check_connection,
                open=True,
            )
        )

    def close(self) -> None:
        """End all connections."""
        self._pool.close()
        self._threads.shutdown(wait=False)

    async def claim(
        self, most: int, each: int, busy: tp.Mapping[sys_uuid.UUID, int]
    ) -> list[facts.Domain]:
        """Take domains whose turn it is; they are nobody else's for LEASE seconds.

        Args:
            most: domains, at the most.
            each: of one project, with those that it has under way.
            busy: how many a project has under way.
        """
        values = {
            "most": most,
            "each": each,
            "projects": list(busy),
            "checks": list(busy.values()),
            "lease": LEASE,
        }

        def ask(connection: _Connection) -> list[facts.Domain]:
            rows = connection.execute(_CLAIM, values).fetchall()
            return facts.of_domains(connection, [row["domain"] for row in rows])

        return await self._run(ask)

    async def pause(self) -> float | None:
        """Return the seconds until the next turn; None: there is no domain."""

        def ask(connection: _Connection) -> float | None:
            row = connection.execute(_NEXT).fetchone()
            return row["seconds"] if row else None

        return await self._run(ask)

    async def keep(self, one: facts.Domain, report: inspection.Report | None) -> None:
        """Store what a check found; `report` is None where nothing is to be asked."""
        await self._run(lambda connection: _keep(connection, one, report))

    async def _run(self, ask: tp.Callable[[_Connection], _T]) -> _T:
        def with_connection() -> _T:
            with self._pool.connection() as connection:
                return ask(connection)

        loop = asyncio.get_running_loop()
        try:
            answer = loop.run_in_executor(self._threads, with_connection)
        except RuntimeError:
            # No thread begins while the process ends.
            raise psycopg.OperationalError("the process ends") from None
        return await answer


def _keep(
    connection: _Connection, one: facts.Domain, report: inspection.Report | None
) -> None:
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    before = {row["uuid"]: _row(row) for row in connection.execute(_ROWS, (one.uuid,))}
    rows = [
        outcome.settled(before.get(new.uuid), new) for new in _observed(one, report)
    ]
    since = one.unproven_since
    if report is not None:
        news = telling.News(one, rows, now)
        news.tell(connection)
        since = news.unproven_since
    if connection.execute(_LOCK, (one.uuid,)).fetchone() is None:
        return
    connection.execute(_GONE, (one.uuid, [row.uuid for row in rows]))
    _write_rows(connection, one, rows, now, report is not None)
    changed = outcome.changes(before, rows)
    audit.write_events([_event(one, *pair) for pair in changed], connection)
    if report is not None:
        connection.execute(_CHECKED, (now, one.uuid))
    _finish(connection, one, report, rows, since, bool(changed), now)


def _observed(one: facts.Domain, report: inspection.Report | None) -> list[outcome.Row]:
    if report is None:
        records = [*wanted.wanted(one.facts), *reverse.records(one.facts)]
        records += blocklist.records(one.facts)
        return [outcome.row(one.uuid, record, None) for record in records]
    return [outcome.row(one.uuid, record, found) for record, found in report.judged]


def _row(row: tp.Mapping[str, tp.Any]) -> outcome.Row:
    names = ("name", "type", "value", "purpose", "required")
    record = Record(*(row[name] for name in names))
    return outcome.Row(
        row["uuid"],
        record,
        row["state"],
        row["expected"],
        tuple(row["found"]),
        row["fix"],
        row["doubts"],
    )


def _write_rows(
    connection: _Connection,
    one: facts.Domain,
    rows: tp.Iterable[outcome.Row],
    now: datetime.datetime,
    checked: bool,
) -> None:
    connection.cursor().executemany(
        _STORE,
        [
            {
                **dataclasses.asdict(row.record),
                **{name: getattr(row, name) for name in ("uuid", "state", "doubts")},
                "expected": row.expected[: dns_record.EXPECTED_MAX],
                "fix": row.fix[: dns_record.FIX_MAX],
                "found": list(row.found),
                "domain": one.uuid,
                "project": one.project,
                "now": now,
                "checked_at": now if checked else None,
            }
            for row in rows
        ],
    )


def _event(one: facts.Domain, before: outcome.Row, now: outcome.Row) -> tp.Any:
    snapshot = {
        "domain": str(one.uuid),
        "name": now.record.name,
        "type": now.record.type,
        "purpose": now.record.purpose,
        "before": before.state,
        "state": now.state,
        "found": list(now.found),
        "fix": now.fix,
        "changed_fields": ["state"],
    }
    kind = dns_record.NOUN.audit_type
    action = constants.Action.update
    return audit.event(kind, now.uuid, one.project, action, snapshot)


def _finish(
    connection: _Connection,
    one: facts.Domain,
    report: inspection.Report | None,
    rows: tp.Iterable[outcome.Row],
    unproven_since: datetime.datetime | None,
    changed: bool,
    now: datetime.datetime,
) -> None:
    """Say when the domain is looked at next, and what is known of its zone."""
    known = report if report and report.zone.servers else one.last
    age = 0.0 if changed else (now - one.changed_at).total_seconds()
    servers = known.zone.servers if known else ()
    values = {
        "domain": one.uuid,
        "lease": one.lease,
        "now": now,
        "pause": outcome.pause(age, any(row.doubts for row in rows)),
        "changed": changed,
        "zone": known.zone.apex if known else "",
        "servers": [f"{server.name} {server.address}" for server in servers],
        "security": known.security if known else "",
        "unproven_since": unproven_since,
    }
    connection.execute(_DONE, values)
