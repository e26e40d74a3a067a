# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who delivers, and who is dead (docs/send/architecture.md, "Claims")."""

import dataclasses
import os
import pathlib
import socket

from exordos_mail.send.storage import database, sql


@dataclasses.dataclass(frozen=True)
class Process:
    """A process, told apart from every other one there ever was."""

    #: Machine, boot and name space of process ids.
    host: str
    pid: int
    #: Clock ticks from the boot to its start: pids are used again.
    started: int


_ENTER = sql.statement("""
INSERT INTO workers (id, host, pid, pid_started, beat)
VALUES (:id, :host, :pid, :started, 0)
""")
_BEAT = sql.statement("UPDATE workers SET beat = beat + 1 WHERE id = :id")
_LEAVE = sql.statement("DELETE FROM workers WHERE id = :id")
_ALL = sql.statement("SELECT id, host, pid, pid_started, beat FROM workers")


def enter(tx: database.Transaction, worker_id: str, process: Process) -> None:
    """Write down a new worker."""
    tx.run(
        _ENTER,
        id=worker_id,
        host=process.host,
        pid=process.pid,
        started=process.started,
    )


def beat(tx: database.Transaction, worker_id: str) -> bool:
    """Move the worker's beat; False when it was declared dead."""
    return tx.run(_BEAT, id=worker_id) == 1


def leave(tx: database.Transaction, worker_id: str) -> None:
    """Forget a worker."""
    tx.run(_LEAVE, id=worker_id)


def every(tx: database.Transaction) -> list[database.Row]:
    """Return all workers."""
    return tx.rows(_ALL)


def this_process() -> Process:
    """Return the process that asks."""
    pid = os.getpid()
    return Process(_host(), pid, _started(pid) or 0)


def is_gone(row: database.Row, here: Process) -> bool:
    """Tell whether a worker's process ran here and runs no more."""
    if row["host"] != here.host:
        return False
    return _started(row["pid"]) != row["pid_started"]


def _host() -> str:
    # A container sees other pids than its machine: the name space tells them apart.
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{socket.gethostname()} {boot} {os.readlink('/proc/self/ns/pid')}"


def _started(pid: int) -> int | None:
    """Return when a process started (proc(5), field 22 of stat); None: no such."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name, in parentheses, may have blanks and parentheses in it.
    fields = stat.rpartition(")")[2].split()
    # A zombie has ended, though nobody has looked at it yet.
    return None if fields[0] in "ZX" else int(fields[19])
