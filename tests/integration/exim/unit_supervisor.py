# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What systemd does for units of ours, for a machine without systemd."""

import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import threading

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.dovecot import paths as dovecot_paths
from exordos_mail.dataplane.services.mta_sts import paths as mta_sts_paths
from exordos_mail.dataplane.services.resolver import paths as resolver_paths
from exordos_mail.dataplane.services.web import paths as web_paths
from tests.integration.exim import supervisor, waiting

_REPOSITORY = pathlib.Path(__file__).parents[3]
_UNITS = _REPOSITORY / "etc/systemd"


class UnitSupervisor:
    """Runs the command of a unit as the unit does: same user, groups and rights.

    `orders` are the verbs that it was given.
    """

    def __init__(self, unit: str, condition: str, *owned: str) -> None:
        """Make it.

        Args:
            condition: the path that has to be there.
            owned: directories that the unit's user has.
        """
        self.orders: list[str] = []
        self._unit = _settings(_UNITS / unit)
        self._condition = pathlib.Path(condition)
        self._owned = [pathlib.Path(one) for one in owned]
        self._run_dir = pathlib.Path("/run", self._unit["RuntimeDirectory"])
        self._log = pathlib.Path("/run", unit + ".log")
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs; None: there is none."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    def start(self) -> None:
        self.orders.append("start")
        self._start()

    def reload(self) -> None:
        assert self._unit.get("ExecReload") == "/bin/kill -HUP $MAINPID"
        self.orders.append("reload")
        if self.pid is not None:
            os.kill(self.pid, signal.SIGHUP)

    def restart(self) -> None:
        self.orders.append("restart")
        self._end(signal.SIGTERM)
        self._start()

    def stop(self) -> None:
        self.orders.append("stop")
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the service as the kernel does; nobody starts it again."""
        self._end(signal.SIGKILL)

    def freeze(self, number: int = signal.SIGSTOP) -> None:
        """Have all processes stand still; SIGCONT: have them go on."""
        assert self.pid is not None
        os.killpg(self.pid, number)

    def _start(self) -> None:
        if self.pid is not None or not self._condition.exists():
            return
        self._run_dir.mkdir(mode=0o700)
        self._run_dir.chmod(int(self._unit["RuntimeDirectoryMode"], 8))
        user = self._unit["User"]
        for path in (self._run_dir, *self._owned):
            path.mkdir(exist_ok=True)
            shutil.chown(path, user, user)
        if before := self._unit.get("ExecStartPre"):
            command = shlex.split(before.removeprefix("-"))
            subprocess.run([*self._rights(user), *command], check=False)
        paths = self._unit.get("BindReadOnlyPaths")
        mounted = supervisor.mounted(paths) if paths else []
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [*mounted, *self._rights(user), *self._command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={
                    **self._environment(),
                    "PYTHONPATH": str(_REPOSITORY),
                    "HOME": "/nonexistent",
                },
                start_new_session=True,
            )
        self._process = process
        self._watcher = threading.Thread(target=self._watch, args=[process])
        self._watcher.start()

    def _rights(self, user: str) -> list[str]:
        groups = self._unit.get("SupplementaryGroups")
        wanted = self._unit.get("AmbientCapabilities", "").lower()
        capabilities = ",".join(
            ["-all", *(f"+{one.removeprefix('cap_')}" for one in wanted.split())]
        )
        return [
            *("setpriv", f"--reuid={user}", f"--regid={user}"),
            f"--groups={groups}" if groups else "--clear-groups",
            f"--inh-caps={capabilities}",
            f"--ambient-caps={capabilities}",
            f"--bounding-set={capabilities}",
            "--no-new-privs",
        ]

    def _command(self) -> list[str]:
        program, *options = shlex.split(self._unit["ExecStart"])
        if program.endswith("exordos-mail-send"):
            # That of the work tree.
            return [sys.executable, "-m", "exordos_mail.send.main", *options]
        return [program, *options]

    def _environment(self) -> dict[str, str]:
        if "EnvironmentFile" not in self._unit:
            return {}
        lines = pathlib.Path(self._unit["EnvironmentFile"]).read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Remove what systemd made for the process when it ends, however it does."""
        process.wait()
        # The last of its processes has its ports still for a moment.
        waiting.until(lambda: _is_gone(process.pid), "its processes are gone")
        shutil.rmtree(self._run_dir, ignore_errors=True)

    def _end(self, number: int) -> None:
        if self._process is None or self._watcher is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, number)
            # Those that were frozen by a test.
            os.killpg(self._process.pid, signal.SIGCONT)
        self._watcher.join(15)
        self._process.kill()
        self._watcher.join()

    def log(self) -> str:
        """Return what the service has said."""
        return self._log.read_text() if self._log.exists() else ""


def _is_gone(group: int) -> bool:
    """Return whether a group of processes has ended; those that are left are killed."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return True
    return False


def send(layout: layout_lib.Layout) -> UnitSupervisor:
    """Return what runs the send service."""
    return UnitSupervisor(c.SEND_UNIT, layout.send_secret, layout.send_data_dir)


def web() -> UnitSupervisor:
    """Return what runs nginx."""
    paths = web_paths.Paths()
    return UnitSupervisor(web_paths.UNIT, paths.conf, paths.cache_dir)


def resolver() -> UnitSupervisor:
    """Return what runs unbound."""
    paths = resolver_paths.ResolverPaths()
    return UnitSupervisor(resolver_paths.UNIT, paths.conf, paths.state_dir)


def mta_sts() -> UnitSupervisor:
    """Return what runs the MTA-STS daemon."""
    return UnitSupervisor(
        mta_sts_paths.UNIT, mta_sts_paths.CONF, mta_sts_paths.STATE_DIR
    )


def dovecot() -> UnitSupervisor:
    """Return what runs Dovecot."""
    paths = dovecot_paths.DovecotPaths()
    return UnitSupervisor(c.DOVECOT_UNIT, paths.conf, paths.store_dir)


def _settings(path: pathlib.Path) -> dict[str, str]:
    """Return a unit's settings; of those that stand more than once the last one."""
    text = path.read_text().replace("\\\n", " ")
    lines = [line.split("=", 1) for line in text.splitlines() if "=" in line]
    return {name: value for name, value in lines}
