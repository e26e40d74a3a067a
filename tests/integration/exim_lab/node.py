# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A mail node in the signed internet: node.sh and inside.py, and the cable between."""

import contextlib
import json
import os
import pathlib
import subprocess
import typing as tp

import pytest

from tests import lab
from tests.integration.exim import outside
from tests.stand import progress

ADDRESS = "192.0.2.1"
_HERE = pathlib.Path(__file__).parent
_REPOSITORY = _HERE.parents[2]
_SPACES = ("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child")
# The node's own packages come first; what only tests need, comes from outside.
_BOOT = """
import os, sys
os.chdir("/run/repository")
sys.path[:0] = ["/run/repository"]
sys.path.append("/run/tools")
from tests.integration.exim_lab import inside
inside.main()
"""


class Node:
    """A node; calls of its methods are those of inside.Inside."""

    def __init__(self, net: lab.Internet) -> None:
        root = os.environ[outside.ROOTFS_VARIABLE]
        tools = str(pathlib.Path(pytest.__file__).parent.parent)
        python = (outside._NODE_PYTHON, "-c", _BOOT)
        script = (str(_HERE / "node.sh"), root, str(_REPOSITORY), tools, *python)
        self._log = net.home / "node.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["unshare", *_SPACES, "--propagation", "private", *script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        _plug_in(net, int(self._process.stdout.readline()))
        self._write("")

    def __getattr__(self, method: str) -> tp.Callable[..., tp.Any]:
        return lambda *arguments: self._call(method, *arguments)

    def log_of(self, message: str) -> str:
        """Return the lines of exim's main log about a message."""
        lines = self.log().splitlines()
        return "\n".join(line for line in lines if message in line)

    def ends(self, message: str, *words: str, seconds: float = 30) -> str:
        """Wait for a line of exim's log about a message with all of these words."""
        found: list[str] = []

        def is_there() -> bool:
            lines = self.log_of(message).splitlines()
            found[:] = [one for one in lines if all(word in one for word in words)]
            return bool(found)

        try:
            progress.until(is_there, seconds, f"{words} in the log", pause=0.05)
        except Exception:
            pytest.fail(f"no {words} about {message} in:\n{self.log()[-6000:]}")
        return found[0]

    def close(self) -> None:
        """End everything on it."""
        with contextlib.suppress(Exception):
            self.stop()
        self._process.communicate(timeout=20)

    def _call(self, method: str, *arguments: tp.Any) -> tp.Any:
        self._write(json.dumps([method, arguments]))
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the node has ended:\n{progress.tail(self._log)}"
        result, error = json.loads(line)
        assert error is None, error
        return result

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


def _plug_in(net: lab.Internet, pid: int) -> None:
    """Lay a cable from a network to the internet, whose end of it has no address."""
    there = ["nsenter", "-t", str(net.namespace.pid), "-n", "ip"]
    wire = f"node{pid % 100000}"
    for words in (
        f"link add {wire} type veth peer name cable netns {pid}",
        f"link set {wire} up",
        # All addresses are those of the internet's loopback; this one is not.
        f"route add {ADDRESS}/32 dev {wire} table local",
    ):
        subprocess.run([*there, *words.split()], check=True)
