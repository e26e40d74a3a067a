# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Processes of a stand: start, remember, recognise, stop, sweep.

A pid alone proves nothing after a crash, so a record holds the start time too
(field 22 of /proc/PID/stat, clock ticks since boot) and the boot's identity.
"""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import time
import typing as tp

from tests.stand import progress, settings

BOOT_ID = pathlib.Path("/proc/sys/kernel/random/boot_id")


def start_time(pid: int) -> int | None:
    """Return when a process began (clock ticks since boot), None for a dead one."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


@dataclasses.dataclass(frozen=True)
class Record:
    """One started process: the leader of its own session and process group."""

    name: str
    pid: int
    started: int
    boot: str
    argv: tuple[str, ...]

    @classmethod
    def of(cls, name: str, pid: int, argv: tp.Sequence[str]) -> "Record":
        """Describe a process that has just been started."""
        return cls(
            name, pid, start_time(pid) or 0, BOOT_ID.read_text().strip(), tuple(argv)
        )

    @classmethod
    def load(cls, path: pathlib.Path) -> "Record | None":
        """Read a record; None when there is none or it was cut short by a crash."""
        try:
            data = json.loads(path.read_text())
            return cls(**{**data, "argv": tuple(data["argv"])})
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def save(self, path: pathlib.Path) -> None:
        """Write the record in one step."""
        draft = path.with_suffix(".tmp")
        settings.write(draft, json.dumps(dataclasses.asdict(self)) + "\n")
        draft.rename(path)

    @property
    def alive(self) -> bool:
        """Say whether exactly this process, not a later one of that number, runs."""
        if self.boot != BOOT_ID.read_text().strip():
            return False
        return start_time(self.pid) == self.started

    def kill(self, signum: int, group: bool = True) -> None:
        """Signal the process group if the process is still the one that we know."""
        if self.alive:
            try:
                (os.killpg if group else os.kill)(self.pid, signum)
            except ProcessLookupError:
                return


def record_path(stand: settings.Settings, name: str) -> pathlib.Path:
    """Return where the record of a service lies."""
    return stand.run / f"{name}.json"


def start(
    stand: settings.Settings,
    name: str,
    argv: tp.Sequence[str | os.PathLike[str]],
    env: tp.Mapping[str, str] | None = None,
) -> Record:
    """Start a service in the background; its output goes to ``logs/NAME.log``."""
    args = [os.fspath(a) for a in argv]
    stand.logs.mkdir(parents=True, exist_ok=True)
    with open(stand.logs / f"{name}.log", "a") as log:
        process = subprocess.Popen(
            args,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=None if env is None else dict(env),
            cwd="/",
        )
    record = Record.of(name, process.pid, args)
    record.save(record_path(stand, name))
    return record


def records(stand: settings.Settings) -> list[Record]:
    """Return the records of all services, running or not, by name."""
    found = (Record.load(p) for p in sorted(stand.run.glob("*.json")))
    return [r for r in found if r]


def stop(stopped: tp.Sequence[Record], grace: float = 8.0) -> list[str]:
    """Stop services: TERM, after ``grace`` s KILL; return those that needed it."""
    for record in stopped:
        record.kill(signal.SIGTERM)
    end = time.monotonic() + grace
    while time.monotonic() < end and any(r.alive for r in stopped):
        reap()
        time.sleep(0.02)
    stubborn = [r.name for r in stopped if r.alive]
    for record in stopped:
        record.kill(signal.SIGKILL)
    return stubborn


def reap() -> None:
    """Collect ended children, so that a zombie does not look alive."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return


def ancestors() -> set[int]:
    """Return this process and the ones above it, which no sweep may kill."""
    found, pid = set(), os.getpid()
    while pid > 0:
        found.add(pid)
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except FileNotFoundError:
            break
        pid = int(status.partition("PPid:")[2].split()[0])
    return found


def rooted(directory: pathlib.Path) -> set[int]:
    """Return every process whose root is an overlay that writes below ``directory``.

    That is the inside of a container, also when its supervisor is dead.
    """
    upper = f"upperdir={directory}/"
    found = set()
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                lines = (entry / "mountinfo").read_text().splitlines()
            except OSError:
                continue  # ended meanwhile
            if any(upper in line and line.split()[4] == "/" for line in lines):
                found.add(int(entry.name))
    return found


def inhabitants(stand: settings.Settings) -> set[int]:
    """Return every process that lives in the stand, known by where it lives.

    It is one of ours when its network namespace is the stand's, or when it is
    inside one of the stand's containers.
    """
    spaces = set()
    for name in stand.all_netns:
        try:
            spaces.add(os.stat(f"/run/netns/{name}").st_ino)
        except FileNotFoundError:
            continue
    found = rooted(stand.state)
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.stat(entry / "ns" / "net").st_ino in spaces:
                    found.add(int(entry.name))
            except OSError:
                continue  # ended meanwhile, or a kernel thread
    return found - ancestors()


def sweep(stand: settings.Settings) -> list[int]:
    """Kill whatever still lives in the stand; return those that would not die."""
    left = inhabitants(stand)
    if left:
        progress.say(f"killing {len(left)} left-over processes")
    return exterminate(lambda: inhabitants(stand))


def exterminate(find: tp.Callable[[], set[int]], seconds: float = 10.0) -> list[int]:
    """Kill what ``find`` finds until it finds nothing; return what would not die."""
    end = time.monotonic() + seconds
    left = find()
    while left and time.monotonic() < end:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        reap()
        time.sleep(0.05)
        left = {p for p in find() if start_time(p) is not None}
    return sorted(left)
