# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""200 instances whose nodes are agent processes without an MTA.

What is real: the API, gservice with all its services, the orch and status
API, the node gateway, Core's API, and in each process the plugin's agent
program with its driver. What is stood in for: Core's own machinery behind its
API (its gservice is stopped, and a node set is answered with a node that
nobody has booted) and exim (see farm_node.py).
"""

import base64
import collections.abc
import contextlib
import json
import math
import pathlib
import random
import secrets
import signal
import subprocess
import time
import typing as tp
import uuid as sys_uuid

from bench.loop import account_latency, platform, table
from bench.loop import bench as bench_lib
from bench.loop import instance as instance_lib
from tests.stand import processes

IDLE = 5.0  # % of a core
ACTIVE_WITHIN = 420.0  # seconds, for all of them
STARTED_WITHIN = 60.0
GIVE_UP = 60.0
PAUSE = 0.005  # seconds between two looks at a lookup file

_PROGRAM = pathlib.Path(__file__).with_name("farm_node.py")
_NEW = "SELECT uuid FROM compute_sets WHERE nodes = '{}' AND uuid = ANY(%s)"
_BOOT = "UPDATE compute_sets SET status = 'ACTIVE', nodes = %s WHERE uuid = %s"
_KEY = "INSERT INTO ua_node_encryption_keys (uuid, private_key) VALUES (%s, %s)"
_UNSETTLED = """
SELECT count(*) AS instances FROM mail_instances
WHERE uuid = ANY(%s) AND (status <> 'ACTIVE' OR generation <> applied_generation)
"""


class Farm:
    """Latency of one change among 200 instances, and what they cost idle."""

    name = "farm"
    accounts = None

    def measure(self, bench: bench_lib.Bench) -> tp.Iterator[table.Figure]:
        """Make the instances, let them idle, change one at a time."""
        empty = bench.empty.rates
        with _farm(bench.platform) as farm:
            instances = _instances(bench, farm)
            bench_lib.say(f"{len(instances)} instances idle, {bench_lib.IDLE:.0f} s")
            idle = bench.platform.growth(bench_lib.IDLE).rates
            times = [
                _change(bench, farm, random.choice(instances))  # noqa: S311
                for _ in range(bench.samples)
            ]
        yield from table.percentiles(
            self.name,
            f"POST account → lookup file, {bench.nodes} instances",
            times,
            (account_latency.P50, account_latency.P95),
        )
        share = {name: idle[name] * 100 for name in platform.CONTROL_PLANE}
        yield table.Figure(
            self.name,
            "gservice, idle",
            share[platform.GSERVICE],
            "%",
            IDLE,
            note=f"without an instance {empty[platform.GSERVICE] * 100:.2f}; "
            f"orch-api {share[platform.ORCH]:.1f}, "
            f"status-api {share[platform.STATUS]:.1f}",
        )
        per_node = math.fsum(
            (idle[name] - empty[name]) * 100 / bench.nodes
            for name in platform.CONTROL_PLANE
        )
        yield table.Figure(
            self.name,
            "  control plane per node (few accounts)",
            per_node,
            "%",
            n=bench.nodes,
        )


class Nodes:
    """The directory of the farm, and its program."""

    def __init__(self, home: pathlib.Path, program: subprocess.Popen[str]) -> None:
        self.home = home
        self._program = program

    def start(self, node: str, key: str) -> None:
        """Start the agent of a node with its key."""
        if self._program.poll() is not None or self._program.stdin is None:
            raise RuntimeError(f"the farm has ended, see {self.home}/log")
        self._program.stdin.write(json.dumps([node, key]) + "\n")
        self._program.stdin.flush()

    def knows(self, node: str, username: str) -> bool:
        """Tell whether a lookup file of a node holds an account."""
        wanted = username.encode()
        for path in (self.home / node / "root/etc/exim4").rglob("*"):
            # It may be replaced between the two.
            with contextlib.suppress(FileNotFoundError):
                if path.suffix == ".cdb" and wanted in path.read_bytes():
                    return True
        return False


@contextlib.contextmanager
def _farm(stand: platform.Platform) -> collections.abc.Iterator[Nodes]:
    """Run the farm on the machine of MetaPaaS, whose environment has the plugin."""
    # Nobody may boot the machines. This stand is good for nothing else now.
    processes.stop([stand.record("core-gservice")])
    facts = stand.stand.facts()
    home = stand.stand.state / "farm"
    home.mkdir(exist_ok=True)
    machine = str(stand.record("metapaas-gservice").pid)
    with (home / "log").open("a") as log:
        program = subprocess.Popen(
            [
                *("nsenter", "-t", machine, "--mount", "--net", "--"),
                # Isolated: our directory must not stand in for the library.
                *(f"{facts['platform']}/bin/python", "-I"),
                str(_PROGRAM),
                f"{facts['plugin']}/etc/exordos_metapaas/{platform.AGENT_CONF}",
                str(home),
            ],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            text=True,
        )
    try:
        yield Nodes(home, program)
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait()


class Placed(tp.NamedTuple):
    """An instance and its node."""

    instance: instance_lib.Instance
    node: str


def _instances(bench: bench_lib.Bench, farm: Nodes) -> list[Placed]:
    """Create the instances and their nodes; wait until all are ACTIVE."""
    version = bench.api.call("GET", "/versions/")[0]["uuid"]
    uuids = [
        bench.api.call(
            "POST", "/instances/", instance_lib.body(version, secrets.token_hex(4))
        )["uuid"]
        for _ in range(bench.nodes)
    ]
    nodes: dict[str, str] = {}
    deadline = time.monotonic() + ACTIVE_WITHIN
    while unsettled := _unsettled(bench, uuids):
        _boot(bench, farm, nodes, uuids)
        if not nodes and time.monotonic() > deadline - ACTIVE_WITHIN + STARTED_WITHIN:
            raise TimeoutError("Core has got no node set")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{unsettled} of {bench.nodes} instances are not ACTIVE")
        time.sleep(0.2)
    bench_lib.say(
        f"  all ACTIVE after {time.monotonic() - deadline + ACTIVE_WITHIN:.0f} s"
    )
    return [
        Placed(instance_lib.Instance(bench.api, bench.platform.mail, uuid), nodes[uuid])
        for uuid in uuids
    ]


def _unsettled(bench: bench_lib.Bench, uuids: list[str]) -> int:
    row = bench.platform.mail.execute(_UNSETTLED, (uuids,)).fetchone()
    return int(row["instances"]) if row else 0


def _boot(
    bench: bench_lib.Bench, farm: Nodes, nodes: dict[str, str], uuids: list[str]
) -> None:
    """Do what Core and a hypervisor do for the node sets that are new."""
    core = bench.platform.core
    for row in core.execute(_NEW, (uuids,)).fetchall():
        node = str(sys_uuid.uuid4())
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        # Addresses that nobody has: 10.21.0.0/16 is not routed here.
        address = f"10.21.{len(nodes) // 250}.{len(nodes) % 250 + 1}"
        core.execute(_KEY, (node, key))
        core.execute(_BOOT, (json.dumps({node: {"ipv4": address}}), row["uuid"]))
        nodes[str(row["uuid"])] = node
        farm.start(node, key)


def _change(bench: bench_lib.Bench, farm: Nodes, placed: Placed) -> float:
    """Create an account; return the seconds until the node's lookup file has it."""
    time.sleep(random.uniform(0, bench_lib.PHASE))  # noqa: S311 no secret
    username = f"f{secrets.token_hex(6)}"
    began = time.monotonic()
    placed.instance.add(username)
    known = instance_lib.until(
        "the node has the account",
        lambda: farm.knows(placed.node, username),
        GIVE_UP,
        PAUSE,
    )
    return known - began
