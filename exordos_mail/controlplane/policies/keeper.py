# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Keeps the MTA-STS policies of all domains, as gservice's service.

Each turn looks at what is due, an instance at a time, and waits for no lock: what
somebody else holds is looked at in the next turn.
"""

import datetime
import json
import logging
import typing as tp
import uuid as sys_uuid

from gcl_looper.services import basic
from restalchemy.storage.sql import engines

from exordos_mail.controlplane import policy_options
from exordos_mail.controlplane.policies import life as life_lib

LOG = logging.getLogger(__name__)

# Policies in one turn: one thread serves all plugins.
BATCH = 100
_NEVER = datetime.datetime.min

_NOW = "SELECT clock_timestamp() AT TIME ZONE 'utc' AS now"

_DUE = """
SELECT instance, array_agg(uuid) AS policies FROM (
    SELECT instance, uuid FROM mail_domain_policies
    WHERE due_at <= %s ORDER BY due_at LIMIT %s
) AS due
GROUP BY instance
"""

# The order of locks is: the instance, then its policies; so it is for its builder.
_INSTANCE = """
SELECT generation, applied_generation, hostname FROM mail_instances
WHERE uuid = %s FOR NO KEY UPDATE SKIP LOCKED
"""

_POLICIES = """
SELECT policies.*, domains.mta_sts, domains.receives
FROM mail_domain_policies AS policies
JOIN mail_domains AS domains USING (uuid)
WHERE policies.uuid = ANY(%s)
FOR UPDATE OF policies SKIP LOCKED
"""

_DELETE = "DELETE FROM mail_domain_policies WHERE uuid = ANY(%s)"

# One statement, so that all of them are one generation of the instance.
_UPDATE = """
UPDATE mail_domain_policies AS policies
SET stage = new.stage,
    since = new.since,
    binds_until = new.binds_until,
    hostname = new.hostname,
    former = new.former,
    policy = new.policy,
    policy_id = new.policy_id,
    generation = new.generation,
    record_id = new.record_id,
    due_at = new.due_at
FROM jsonb_to_recordset(%s) AS new (
    uuid UUID, stage TEXT, since TIMESTAMP, binds_until TIMESTAMP, hostname TEXT,
    former JSONB, policy TEXT, policy_id TEXT, generation BIGINT, record_id TEXT,
    due_at TIMESTAMP
)
WHERE policies.uuid = new.uuid
"""

Row = tp.Mapping[str, tp.Any]


def keep(batch: int = BATCH) -> int:
    """Look at the policies that are due; return how many there were.

    Args:
        batch: most of them.
    """
    with engines.engine_factory.get_engine().session_manager() as session:
        now = session.execute(_NOW).fetchone()["now"]
        due = session.execute(_DUE, (now, batch)).fetchall()
    for row in due:
        with engines.engine_factory.get_engine().session_manager() as session:
            _keep(session, row["instance"], row["policies"], now)
    return sum(len(row["policies"]) for row in due)


def _keep(
    session: tp.Any,
    instance: sys_uuid.UUID,
    policies: list[sys_uuid.UUID],
    now: datetime.datetime,
) -> None:
    """Bring policies of one instance to what they are now."""
    found = session.execute(_INSTANCE, (instance,)).fetchone()
    if found is None:
        return
    rows = session.execute(_POLICIES, (policies,)).fetchall()
    new = {row["uuid"]: _new(row, found, now) for row in rows}
    gone = [uuid for uuid, values in new.items() if values is None]
    if gone:
        session.execute(_DELETE, (gone,))
    kept = [{"uuid": uuid, **values} for uuid, values in new.items() if values]
    if kept:
        session.execute(_UPDATE, (json.dumps(kept, default=_plain),))


def _new(row: Row, instance: Row, now: datetime.datetime) -> dict[str, tp.Any] | None:
    """Return the new columns of a policy; None: there is none any more."""
    wish = life_lib.Wish(
        mode=row["mta_sts"],
        hostname=instance["hostname"],
        receives=row["receives"],
        testing=policy_options.testing(),
    )
    life = life_lib.step(_life(row), wish, now)
    if life.stage != row["stage"]:
        LOG.info("The MTA-STS policy of domain %s: %s", row["uuid"], life.stage)
    policy = life.policy
    if policy is None:
        return None
    generation, record = row["generation"], row["record_id"]
    if policy.id != row["policy_id"]:
        # What this very transaction makes it.
        generation = instance["generation"] + 1
    elif instance["applied_generation"] >= generation:
        record = policy.id
    return {
        "stage": life.stage,
        "since": _moment(life.since),
        "binds_until": _moment(life.binds_until),
        "hostname": life.hostname,
        "former": life.former,
        "policy": policy.text,
        "policy_id": policy.id,
        "generation": generation,
        "record_id": record,
        "due_at": life.due(wish),
    }


def _life(row: Row) -> life_lib.Life:
    since = row["since"] or _NEVER
    judged = policy_options.are_records_judged()
    return life_lib.Life(
        stage=row["stage"],
        since=since,
        binds_until=row["binds_until"] or _NEVER,
        hostname=row["hostname"],
        former={
            name: datetime.datetime.fromisoformat(until)
            for name, until in row["former"].items()
        },
        # Where nobody looks, the record counts as shown.
        seen_at=row["seen_at"] if judged else since,
        failed_at=row["failed_at"],
    )


def _moment(at: datetime.datetime) -> datetime.datetime | None:
    return None if at == _NEVER else at


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime.datetime) else str(value)


class PolicyKeeper(basic.BasicService):
    """Looks at what is due in each turn of gservice."""

    __log_iteration__ = False

    def _iteration(self) -> None:
        keep()
