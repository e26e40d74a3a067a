# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tenants with many domains that are overdue keep nobody waiting."""

import asyncio
import collections
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dns import store
from tests.integration.controlplane import conftest

#: Checks at a time, and of one project, as the checker has them by default.
MOST, EACH = 32, 8
CROWDS, DOMAINS, SMALL = 5, 4_000, 40

_INSTANCES = """
INSERT INTO mail_instances (
    uuid, name, project_id, domain, hostname, cpu, ram, disk_size, version,
    created_at, updated_at
) SELECT gen_random_uuid(), 'm', %(project)s, 'p' || n || '.example',
    'mail.p' || n || '.example', 1, 1024, 10, %(version)s, now(), now()
FROM generate_series(1, %(count)s) AS n
"""
_DOMAINS = """
INSERT INTO mail_domains (uuid, project_id, instance, name, created_at, updated_at)
SELECT gen_random_uuid(), project_id, uuid, 'd' || n || '.' || domain, now(), now()
FROM mail_instances, generate_series(1, 999) AS n WHERE project_id = %s
"""


def crowd(db: conftest.Connection, version: tp.Any, instances: int) -> sys_uuid.UUID:
    """Make a project with a thousand domains in each of so many instances."""
    project = sys_uuid.uuid4()
    values = {"project": project, "version": version.uuid, "count": instances}
    db.execute(_INSTANCES, values)
    if instances > 1:
        db.execute(_DOMAINS, (project,))
    return project


@pytest.fixture
def small(
    engine: tp.Any, db: conftest.Connection, version: tp.Any
) -> tp.Iterator[set[sys_uuid.UUID]]:
    """Projects with one domain each, beside some whose domains are long overdue."""
    db.execute("DELETE FROM mail_instances")
    for _ in range(CROWDS):
        crowd(db, version, DOMAINS // 1000)
    db.execute(
        "UPDATE mail_dns_checks SET due_at = due_at - interval '1 hour', asked = TRUE"
    )
    yield {crowd(db, version, 1) for _ in range(SMALL)}
    db.execute("DELETE FROM mail_instances")


async def turns(url: str, wanted: set[sys_uuid.UUID]) -> int:
    """Return after how many checks that have ended all of these had their turn.

    As the checker does it: what has ended, the longest under way first, makes room.
    """
    data = store.Store(url)
    under_way: collections.deque[sys_uuid.UUID] = collections.deque()
    ended = 0
    missing = set(wanted)
    try:
        while missing:
            room = MOST - len(under_way)
            busy = collections.Counter(under_way)
            found = await data.claim(room, EACH, busy)
            assert max(collections.Counter(under_way).values(), default=0) <= EACH
            under_way.extend(one.project for one in found)
            missing -= {one.project for one in found}
            under_way.popleft()
            ended += 1
            assert ended < 10 * len(wanted), f"{len(missing)} wait for ever"
    finally:
        data.close()
    return ended


def test_many_domains_that_are_overdue_keep_nobody_waiting(
    small: set[sys_uuid.UUID], database_url: str
) -> None:
    """Each gets in as soon as there is room: nobody is before it but its equals."""
    assert asyncio.run(turns(database_url, small)) <= MOST + SMALL
