# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A running stand, as its operator sees it."""

import collections.abc as cabc
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import typing as tp

from tests.e2e import namespaces
from tests.stand import machines, settings

REPO = pathlib.Path(__file__).resolve().parents[2]
STANDCTL = str(REPO / "tests" / "stand" / "standctl")
COMMAND_TIMEOUT = 120  # seconds
#: What serves the nodes; `metapaas-user-api` serves the clients.
NODE_SERVICES = ("metapaas-orch-api", "metapaas-status-api", "metapaas-gservice")
CONTROL_PLANE = ("metapaas-user-api", *NODE_SERVICES)

Completed = subprocess.CompletedProcess[str]


class Harness:
    """One stand. The process that holds it stands where a client stands.

    Args:
        name: the stand's name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.settings = settings.Settings.load(name)
        self.env = {**os.environ, "EXORDOS_STAND": name}
        self._spaces = namespaces.Namespaces()

    def host(
        self, *argv: str, check: bool = True, timeout: float = COMMAND_TIMEOUT
    ) -> Completed:
        """Run a command on the host and return what it printed."""
        done = subprocess.run(
            self._spaces.host_command(*argv),
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            env=self.env,
            pass_fds=self._spaces.handles,
            timeout=timeout,
        )
        if check:
            assert done.returncode == 0, f"{argv}: {done.stdout}\n{done.stderr}"
        return done

    def ctl(self, *argv: str, check: bool = True, **kwargs: tp.Any) -> Completed:
        """Run `standctl`."""
        return self.host(STANDCTL, *argv, check=check, **kwargs)

    @property
    def is_up(self) -> bool:
        """Say whether all of the stand's services run."""
        return self.ctl("status", check=False).returncode == 0

    def enter(self) -> None:
        """Stand where a client stands, with a client's variables."""
        os.environ.update(settings.variables(self.settings))
        self._spaces.enter(
            pathlib.Path("/run/netns", self.settings.netns),
            machines.client(self.settings).namespace,
        )

    def leave(self) -> None:
        """Come back to the host."""
        self._spaces.leave()

    def client(self, *argv: str, check: bool = True, **kwargs: tp.Any) -> Completed:
        """Run a command as a client, through `standctl exec`."""
        return self.ctl("exec", "--", *argv, check=check, **kwargs)

    def operator(self, *argv: str) -> str:
        """Run a command of `tests.e2e.operator`."""
        return self.host(sys.executable, "-m", "tests.e2e.operator", *argv).stdout

    def sql(self, database: str, statement: str) -> list[str]:
        """Return the rows of a query as text lines."""
        lines = self.operator("sql", database, statement).splitlines()
        return [line for line in lines if line]

    @contextlib.contextmanager
    def stopped(self, *services: str) -> cabc.Iterator[None]:
        """Stop services of MetaPaaS and start them again."""
        self.operator("stop", *services)
        try:
            yield
        finally:
            self.operator("start", *services)

    @contextlib.contextmanager
    def frozen(self, *services: str) -> cabc.Iterator[None]:
        """Stop services in the middle of whatever they do, and let them go on."""
        self.operator("freeze", *services)
        try:
            yield
        finally:
            self.operator("thaw", *services)

    def machines(self) -> dict[str, tp.Any]:
        """Return the machines that Core's pool holds, by uuid."""
        path = str(self.settings.pool_file)
        # Core's driver writes it with the first machine.
        empty = """echo '{"machines": {}}'"""
        text = self.host("sh", "-c", f"cat {path} 2>/dev/null || {empty}").stdout
        return dict(json.loads(text)["machines"])

    def logs(self) -> dict[str, str]:
        """Return every log of the stand, with the nodes' journals, by its name."""
        self.ctl("journals")
        paths = self.ctl("logs").stdout.split()
        return {
            pathlib.Path(path).name.removesuffix(".log"): self.host("cat", path).stdout
            for path in paths
        }


class Node:
    """The machine of one instance, seen from inside.

    Args:
        harness: the stand.
        name: as `standctl node` takes it: the instance's uuid, for example.
    """

    def __init__(self, harness: Harness, name: str) -> None:
        self.harness, self.name = harness, name

    def run(self, *argv: str, check: bool = True) -> Completed:
        """Run a command on the node."""
        return self.harness.ctl("node", self.name, "--", *argv, check=check)

    def shell(self, script: str) -> str:
        """Run a shell script on the node and return what it printed."""
        return self.run("sh", "-euc", script).stdout

    def power(self, request: str) -> None:
        """Switch the node: off, on, cut or reimage."""
        self.harness.ctl("power", self.name, request)

    def facts(self, path: str) -> str | None:
        """Return owner, mode and digest of a file, None when it is not there."""
        script = f'stat -c "%U:%G %a" {path}; sha256sum < {path}'
        done = self.run("sh", "-ec", script, check=False)
        return done.stdout if done.returncode == 0 else None

    def unit_property(self, unit: str, name: str) -> str:
        """Return a property of a systemd unit."""
        shown = self.run("systemctl", "show", "--value", "-p", name, unit)
        return shown.stdout.strip()
