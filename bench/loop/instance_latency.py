# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""POST instance to ACTIVE, beyond the time that Core takes for the node."""

import dataclasses
import random
import secrets
import time
import typing as tp

from bench.loop import bench as bench_lib
from bench.loop import instance as instance_lib
from bench.loop import table

BEYOND = 2.0  # seconds
# A new one so often: the machine boots each node, and two cores are not many.
SPACING = (5.0, 8.0)  # seconds
GIVE_UP = 180.0
PAUSE = 0.02

_CORE = "SELECT uuid FROM compute_sets WHERE status = 'ACTIVE' AND uuid = ANY(%s)"
_AGENT = """
SELECT node_set.uuid
FROM ua_actual_resources AS node_set
CROSS JOIN LATERAL jsonb_object_keys(node_set.value -> 'nodes') AS member (node)
JOIN ua_agents ON ua_agents.node::text = member.node
WHERE node_set.kind = 'node_set' AND node_set.uuid = ANY(%s)
    AND ua_agents.capabilities -> 'capabilities' ? 'mail_instance_node'
"""
_READY = "SELECT uuid FROM mail_instances WHERE status = 'ACTIVE' AND uuid = ANY(%s)"


@dataclasses.dataclass
class Birth:
    """Monotonic times at which things were first seen."""

    posted: float
    core: float | None = None
    agent: float | None = None
    active: float | None = None


class InstanceLatency:
    """Instances one after the other, each deleted when it is ACTIVE."""

    name = "instances"
    accounts = None

    def measure(self, bench: bench_lib.Bench) -> tp.Iterator[table.Figure]:
        """Watch Core's table, the agents' and ours."""
        births: dict[str, Birth] = {}
        try:
            _watch(bench, births)
        finally:
            for uuid in births:
                instance_lib.delete(bench.api, uuid)
        beyond = [_between(one.core, one.active) for one in births.values()]
        registered = [_between(one.agent, one.active) for one in births.values()]
        core = [_between(one.posted, one.core) for one in births.values()]
        whole = [_between(one.posted, one.active) for one in births.values()]
        found = table.percentiles(
            self.name,
            "ACTIVE after Core says so of its node set",
            beyond,
            (BEYOND, None),
        )
        found += table.percentiles(
            self.name, "  ACTIVE after our agent has registered", registered
        )
        found += table.percentiles(self.name, "  Core's own time", core)
        found += table.percentiles(self.name, "  POST instance → ACTIVE", whole)
        yield from found


def _watch(bench: bench_lib.Bench, births: dict[str, Birth]) -> None:
    """Create the instances and note what is seen of them, until all are ACTIVE."""
    version = bench.api.call("GET", "/versions/")[0]["uuid"]
    next_at = time.monotonic()
    while True:
        pending = [uuid for uuid, one in births.items() if one.active is None]
        if len(births) == bench.samples and not pending:
            return
        if len(births) < bench.samples and time.monotonic() >= next_at:
            body = instance_lib.body(version, secrets.token_hex(4))
            posted = time.monotonic()
            births[bench.api.call("POST", "/instances/", body)["uuid"]] = Birth(posted)
            next_at = posted + random.uniform(*SPACING)  # noqa: S311 no secret
        _look(bench, births, pending)
        time.sleep(PAUSE)


def _look(bench: bench_lib.Bench, births: dict[str, Birth], pending: list[str]) -> None:
    mail, core = bench.platform.mail, bench.platform.core
    questions = (("core", core, _CORE), ("agent", mail, _AGENT))
    for name, database, query in (*questions, ("active", mail, _READY)):
        unseen = [uuid for uuid in pending if getattr(births[uuid], name) is None]
        if not unseen:
            continue
        for row in database.execute(query, (unseen,)).fetchall():
            setattr(births[str(row["uuid"])], name, time.monotonic())
            if name == "active":
                instance_lib.delete(bench.api, str(row["uuid"]))
    for uuid in pending:
        if time.monotonic() - births[uuid].posted > GIVE_UP:
            raise TimeoutError(f"instance {uuid} did not become ACTIVE in time")


def _between(first: float | None, last: float | None) -> float:
    if first is None or last is None:
        raise RuntimeError("an instance was ACTIVE before its machine")
    return last - first
