# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The stand from inside: databases, processes, the node's network."""

import pathlib
import time
import typing as tp

import psycopg
import psycopg.rows

from tests.stand import nodes, processes, settings

PROC = pathlib.Path("/proc")
# Every version of the agent is started with this file.
AGENT_CONF = "metapaas_mail_agent.conf"
_NODE_INTERFACE = "host0"
_WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS octets"

CONTROL_PLANE = ("gservice", "orch-api", "status-api")
GSERVICE, ORCH, STATUS = CONTROL_PLANE
AGENT, WAL, WIRE = "agent", "wal", "wire"

Database = psycopg.Connection[dict[str, tp.Any]]


class Counters(tp.NamedTuple):
    """Counters that only grow, and the monotonic time at which they were read.

    `of` holds CPU seconds of processes, octets of WAL, octets sent to the node.
    """

    at: float
    of: dict[str, float]

    def since(self, before: "Counters") -> "Counters":
        """Return the growth, and how long it took."""
        growth = {name: value - before.of[name] for name, value in self.of.items()}
        return Counters(self.at - before.at, growth)

    @property
    def rates(self) -> dict[str, float]:
        """Return growth per second; `self` is a growth."""
        return {name: value / self.at for name, value in self.of.items()}


class Platform:
    """The stand that this program runs in."""

    def __init__(self) -> None:
        self.stand = settings.Settings.load()
        self.mail = self._connect("metapaas")
        self.core = self._connect("exordos_core")
        self._pids = {
            name: _session(self.record(f"metapaas-{name}").pid)
            for name in CONTROL_PLANE
        }

    def _connect(self, database: str) -> Database:
        return psycopg.connect(
            host=str(self.stand.postgres),
            user="postgres",
            dbname=database,
            autocommit=True,
            row_factory=psycopg.rows.dict_row,
        )

    def record(self, service: str) -> processes.Record:
        """Return the record of a service of the stand.

        Raises:
            LookupError: it is not running.
        """
        path = processes.record_path(self.stand, service)
        record = processes.Record.load(path)
        if record is None or not record.alive:
            raise LookupError(f"{service} does not run")
        return record

    def api_workers(self) -> set[int]:
        """Return the processes of the user API."""
        return _session(self.record("metapaas-user-api").pid)

    def node(self, address: str) -> "Node":
        """Return the node with an address."""
        for node in nodes.all_nodes(self.stand):
            if node.info.ip == address:
                return Node(node)
        raise LookupError(f"no node has the address {address}")

    def read(self, node: "Node | None" = None) -> Counters:
        """Read all counters, those of a node if there is one."""
        values = {name: cpu(pids) for name, pids in self._pids.items()}
        row = self.mail.execute(_WAL).fetchone()
        values[WAL] = float(row["octets"]) if row else 0.0
        if node is not None:
            values[AGENT] = cpu(node.agent)
            values[WIRE] = float(node.received())
        return Counters(time.monotonic(), values)

    def growth(self, seconds: float, node: "Node | None" = None) -> Counters:
        """Return how the counters grow while nothing is asked of the platform."""
        before = self.read(node)
        time.sleep(seconds)
        return self.read(node).since(before)


class Node:
    """A node as the machine below it sees it."""

    def __init__(self, node: nodes.Node) -> None:
        leader = node.leader()
        self.agent = {pid for pid in node.processes if AGENT_CONF in _command(pid)}
        if leader is None or not self.agent:
            raise LookupError(f"the agent of node {node.short} does not run")
        self._network = PROC / str(leader) / "net/dev"

    def received(self) -> int:
        """Return the octets that have come in on the node's interface."""
        for line in self._network.read_text().splitlines():
            name, _, counters = line.partition(":")
            if name.strip() == _NODE_INTERFACE:
                return int(counters.split()[0])
        raise LookupError("the node has no network interface")


def cpu(pids: tp.Collection[int]) -> float:
    """Return the CPU time (s, user and system) of all threads of processes.

    From schedstat (ns), the same clock as utime + stime, which count whole
    ticks of 10 ms.
    """
    return (
        sum(
            int(path.read_text().split()[0])
            for pid in pids
            for path in PROC.glob(f"{pid}/task/*/schedstat")
        )
        / 1e9
    )


def _session(leader: int) -> set[int]:
    """Return the processes of a session (proc(5), stat, field 6)."""
    found = set()
    for path in PROC.glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        if int(fields[3]) == leader:
            found.add(int(path.parent.name))
    return found


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
