# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The process of one import: orders on standard input, progress on standard output.

It runs as the user of mailboxes and has no rights. Each line that it writes is a JSON
object, `Progress`; the last one says how it has ended. Killed at any moment, it goes on
where it was.
"""

import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import sys
import time
import typing as tp

from exordos_mail.dataplane.services.imports import (
    box,
    folders,
    handover,
    itself,
    job,
    ledger,
    mirror,
    relay,
    source,
)
from exordos_mail.dataplane.services.imports.fault import Fault, FolderFault

_PERIOD = 0.5  # seconds between two lines
_ROWS_OCTETS, _NAME = 40_000, 255
#: Folders in a row that fail, after which it is not their own trouble.
_IN_VAIN = 3


@dataclasses.dataclass
class Row:
    """A folder in the report.

    Attributes:
        folder: its name at the source.
        to: and here.
        source: messages that the source says it has.
        here: of those, as many as have been copied, in this run or before.
        copied: in this run.
        problem: why it is not complete.
    """

    folder: str
    to: str = ""
    source: int = 0
    here: int = 0
    copied: int = 0
    problem: str = ""


@dataclasses.dataclass
class Progress:
    """How far it is; `state` is `running`, `done` or `failed`."""

    state: str = "running"
    error: str = ""
    folders: int = 0
    messages_total: int = 0
    messages_done: int = 0
    messages_copied: int = 0
    octets: int = 0
    report: list[Row] = dataclasses.field(default_factory=list)


class Import:
    """One run."""

    def __init__(self, orders: job.Orders) -> None:
        self._orders = orders
        self._job = orders.job
        self._progress = Progress()
        self._written = 0.0
        self._moved = (0, time.monotonic())
        self._in_vain = 0
        directory = place(pathlib.Path(orders.home), self._job)
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        # Of an agent that was killed, the process before may not be gone yet.
        self._lock = (directory / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._ledger = ledger.Ledger(directory / "ledger.sqlite3")

    def run(self) -> None:
        """Do it, and say how it has ended."""
        progress = self._progress
        try:
            self._copy_all()
            bad = sum(1 for row in progress.report if row.problem)
            if bad:
                progress.error = f"{bad} folders are not complete: see the report"
            progress.state = "failed" if bad else "done"
        except Fault as fault:
            progress.state, progress.error = "failed", str(fault)
        except MemoryError:
            progress.state, progress.error = "failed", "the source says too much"
        self._tell()

    def _copy_all(self) -> None:
        own = box.Box(self._orders.conf, self._job.login)
        self._patiently(lambda: itself.refuse(self._orders, own))
        found = self._patiently(self._list)
        named = [one for one in found if isinstance(one, folders.Folder)]
        wanted = folders.wanted(named, self._job.folders, self._job.exclude)
        separator = folders.separator(wanted)
        if separator is None:
            raise Fault("the source parts the names of folders in an unknown way")
        targets = folders.targets(named)
        rows = {
            one.raw: Row(one.shown[:_NAME], targets[one.raw][:_NAME], problem=one.fault)
            for one in wanted
        }
        strange = [one for one in found if isinstance(one, bytes)]
        if not self._job.folders:
            self._progress.report += map(_strange, strange)
        self._progress.report += rows.values()
        self._progress.folders = len(rows)
        self._patiently(lambda: self._count(wanted, rows))
        if not self._job.dry_run:
            copy = mirror.Mirror(
                self._directory / "mirror", self._orders.run_dir, separator
            )
            if copy.is_new:
                self._ledger.forget_mirror()
            for one in wanted:
                self._copy(one, rows[one.raw], copy, targets[one.raw])

    def _list(self) -> list[folders.Folder | bytes]:
        session = source.SourceSession(self._orders)
        try:
            return session.list_folders()
        finally:
            session.close_quietly()

    def _count(self, wanted: list[folders.Folder], rows: dict[bytes, Row]) -> None:
        """Ask the source how many messages there are."""
        session = source.SourceSession(self._orders)
        try:
            for one in wanted:
                row = rows[one.raw]
                if one.fault:
                    continue
                state = session.state_of(one.raw)
                row.source = state.messages if state else 0
                row.problem = "" if state else "the source says nothing of it"
                row.here = min(row.source, self._ledger.count(one.raw))
                self._tell_now_and_then()
        finally:
            session.close_quietly()
        self._progress.messages_total = sum(row.source for row in rows.values())

    def _copy(
        self, one: folders.Folder, row: Row, copy: mirror.Mirror, target: str
    ) -> None:
        """Copy a folder; what may be its own trouble is noted in its row.

        Raises:
            Fault: it is of all folders.
        """
        if row.problem:
            return
        try:
            self._patiently(lambda: self._update(one, row, copy, target))
            self._in_vain = 0
        except Fault as fault:
            self._in_vain += 1
            is_its_own = isinstance(fault, FolderFault) or fault.passes
            if not is_its_own or self._in_vain > _IN_VAIN:
                raise
            row.problem = str(fault)
        done = sum(max(row.here, row.copied) for row in self._progress.report)
        self._progress.messages_done = done
        self._tell_now_and_then()

    def _update(
        self, one: folders.Folder, row: Row, copy: mirror.Mirror, target: str
    ) -> None:
        session = source.SourceSession(self._orders)
        state = session.state_of(one.raw)
        if state is None:
            session.close_quietly()
            raise FolderFault("the source says nothing of it")
        row.source = state.messages
        if self._ledger.is_complete(one.raw, state):
            session.close_quietly()
            row.here = state.messages
            return
        before = self._progress.messages_done

        def seen(count: int) -> None:
            self._progress.messages_done = before + count
            self._watch_stall()
            self._tell_now_and_then()

        orders = self._orders
        door = relay.Relay(
            session, orders.silence, str(self._directory), orders.reserve
        )
        with door:
            copy.update(one.name, door, seen)
        self._progress.messages_done = before
        row.here = self._hand_over(one, row, copy, target)
        if row.here < state.messages:
            lacking = state.messages - row.here
            raise FolderFault(f"{lacking} messages did not come", passes=True)
        self._ledger.complete(one.raw, state)

    def _hand_over(
        self, one: folders.Folder, row: Row, copy: mirror.Mirror, target: str
    ) -> int:
        def seen(found: handover.Found) -> None:
            row.copied += 1
            self._progress.messages_copied += 1
            self._progress.octets += found.size
            self._tell_now_and_then()

        own = box.Box(self._orders.conf, self._job.login)
        return handover.hand_over(
            one.raw, one.name, target, self._ledger, copy, own, seen
        )

    # --- patience ---------------------------------------------------------------

    def _patiently(self, step: tp.Callable[[], tp.Any]) -> tp.Any:
        """Do a step; try it again as long as failures may pass, and it gets further."""
        failures, furthest = 0, self._moved[0]
        while True:
            try:
                return step()
            except Fault as fault:
                if self._moved[0] > furthest:
                    failures, furthest = 0, self._moved[0]
                if not fault.passes or failures == len(self._orders.pauses):
                    raise
                time.sleep(self._orders.pauses[failures])
                failures += 1
                self._tell()

    def _watch_stall(self) -> None:
        done = self._progress.messages_done
        if done > self._moved[0]:
            self._moved = (done, time.monotonic())
        elif time.monotonic() > self._moved[1] + self._orders.stall:
            raise Fault("no message has come for a long time: the source is too slow")

    # --- telling ----------------------------------------------------------------

    def _tell_now_and_then(self) -> None:
        if time.monotonic() >= self._written + _PERIOD:
            self._tell()

    def _tell(self) -> None:
        self._written = time.monotonic()
        value = dataclasses.asdict(self._progress)
        value["report"] = shortened(value["report"])
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()


def place(home: pathlib.Path, of: job.Job) -> pathlib.Path:
    """Return the directory of a source in a mailbox's home."""
    known = f"{of.host.lower()}\0{of.username}".encode()
    return home / "imports" / hashlib.sha256(known).hexdigest()[:32]


def shortened(report: list[dict[str, tp.Any]]) -> list[dict[str, tp.Any]]:
    """Return as many rows as can be told, those with a problem first."""
    rows, size = [], 0
    for row in sorted(report, key=lambda one: not one["problem"]):
        size += len(json.dumps(row))
        if size > _ROWS_OCTETS:
            break
        rows.append(row)
    return rows


def _strange(raw: bytes) -> Row:
    name = raw[:100].decode("ascii", "backslashreplace").replace("\0", "\\x00")
    return Row(name, problem="its name is not in modified UTF-7 (RFC 3501)")


def main() -> None:
    """Run the import that standard input tells of."""
    orders = job.orders(sys.stdin.read())
    os.umask(0o077)
    if orders.only_remove:
        mirrored = place(pathlib.Path(orders.home), orders.job) / "mirror"
        shutil.rmtree(mirrored, ignore_errors=True)
    else:
        Import(orders).run()


if __name__ == "__main__":
    main()
