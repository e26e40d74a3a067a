# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The machine that a client runs on: its files, its name, its network."""

import collections.abc as cabc
import dataclasses
import pathlib
import subprocess

from tests.stand import clients

TIMEOUT = 300  # seconds; a client that hangs is a fault of somebody's
#: The name of a machine whose owner has thought of one.
PLAIN_NAME = "desk.example.net"


@dataclasses.dataclass(frozen=True)
class Place:
    """Runs commands in the clients' root file system.

    Attributes:
        root: that root.
        job: a directory of this job's own, /job for the command.
        name: the machine's name, any text of at most 64 octets.
    """

    root: pathlib.Path
    job: pathlib.Path
    name: str = PLAIN_NAME

    def run(
        self, *argv: str, stdin: bytes = b"", env: cabc.Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Run a command and return its exit status and all that it printed."""
        words = ["env", *(f"{k}={v}" for k, v in (env or {}).items())] if env else []
        done = subprocess.run(
            clients.command(self.root, self.job, self.name, *words, *argv),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
        )
        return done.returncode, done.stdout.decode(errors="replace")

    def write(self, name: str, text: str | bytes) -> None:
        """Write a file that the command finds in /job."""
        octets = text.encode() if isinstance(text, str) else text
        (self.job / name).write_bytes(octets)
        (self.job / name).chmod(0o600)
