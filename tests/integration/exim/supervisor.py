# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What systemd does for exim4.service, for a machine without systemd."""

import contextlib
import os
import pathlib
import signal
import subprocess
import time
import typing as tp

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import probe

_UNIT = pathlib.Path(__file__).parents[3] / "etc/systemd/exim4.service"


def _setting(name: str) -> str:
    """Return the one line of the unit that sets something."""
    lines = _UNIT.read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(name + "="))
    return line.removeprefix(name + "=")


def _options() -> list[str]:
    """Return the options with which the unit starts exim."""
    return _setting("ExecStart").split()[1:]


def mounted(paths: str) -> list[str]:
    """Return what runs a command with the files that a unit has it see.

    `paths` is the unit's BindReadOnlyPaths.
    """
    source, _, target = paths.removeprefix("-").partition(":")
    if not pathlib.Path(source).exists():
        return []
    script = f'mount --bind "{source}" "{target}" && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


def minutes_between_queue_runs() -> int:
    """Return how often exim looks through its queue."""
    (option,) = (one for one in _options() if one.startswith("-q"))
    return int(option.removeprefix("-q").removesuffix("m"))


class Supervisor:
    """Runs the real exim as the unit does: same user, capability and rights."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        layout = self._layout
        if probe.daemon(layout) or not pathlib.Path(layout.exim_conf).exists():
            return
        # Children of a daemon that was killed; systemd ends them with it, and
        # they would keep its ports.
        self.stop()
        run = pathlib.Path(layout.run_dir)
        run.mkdir(exist_ok=True)
        os.chown(run, layout.uid(layout.exim_user), layout.gid(layout.exim_group))
        self._started.append(
            subprocess.Popen(
                [
                    *mounted(_setting("BindReadOnlyPaths")),
                    *self._command(),
                    *_options(),
                ],
                stdin=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        )

    def run(self, *arguments: str) -> str:
        """Run exim with the service's rights; return what it prints."""
        return self._run(mounted(_setting("BindReadOnlyPaths")), arguments)

    def run_by_hand(self, *arguments: str) -> str:
        """Run it as somebody does who knows nothing of the unit."""
        return self._run([], arguments)

    def _run(self, mounted: list[str], arguments: tp.Sequence[str]) -> str:
        done = subprocess.run(
            [*mounted, *self._command(), *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            cwd="/",
            text=True,
        )
        return done.stdout

    @staticmethod
    def tool(name: str, *arguments: str) -> str:
        """Run one of exim's tools; return what it prints, "" if it fails."""
        return subprocess.run(
            [f"/usr/sbin/{name}", *arguments], capture_output=True, text=True
        ).stdout

    def _command(self) -> list[str]:
        layout, capability = self._layout, "-all,+net_bind_service"
        return [
            "setpriv",
            f"--reuid={layout.exim_user}",
            f"--regid={layout.exim_group}",
            f"--groups={_setting('SupplementaryGroups')}",
            f"--inh-caps={capability}",
            f"--ambient-caps={capability}",
            f"--bounding-set={capability}",
            "--no-new-privs",
            layout.exim_binary,
        ]

    def reload(self) -> None:
        daemon = probe.daemon(self._layout)
        if daemon is not None:
            os.kill(daemon[0], signal.SIGHUP)

    def restart(self) -> None:
        self.stop()
        self.start()

    def stop(self) -> None:
        """End every process of exim, as KillMode=control-group does."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + 5
            for pid in self.pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            while self.pids() and time.monotonic() < deadline:
                time.sleep(0.005)
        self._started = [one for one in self._started if one.poll() is None]
        pathlib.Path(self._layout.pid_file).unlink(missing_ok=True)

    def pids(self) -> list[int]:
        """Return all processes of exim."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and probe.is_exim(
                    self._layout, int(entry.name)
                ):
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return found
