# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A throw-away PostgreSQL cluster of its own, in a temporary directory.

Nothing of the machine's PostgreSQL is used but its programs.
"""

import glob
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import typing as tp

import psycopg

from tests.integration.support import waiting

_SUPERUSER = "mail_test"


def _programs() -> pathlib.Path:
    """Return the directory of the newest PostgreSQL's programs."""
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if not found:
        raise RuntimeError("no PostgreSQL server here: apt-get install postgresql")
    newest = max(found, key=lambda path: float(path.split("/")[4]))
    return pathlib.Path(newest).parent


def _owner() -> str | None:
    """Return whose processes these will be: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Cluster:
    """A running server, reached by TCP on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self._owner = _owner()
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="mail-test-pg."))
        self._server: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        if self._owner is not None:
            shutil.chown(self._directory, user=self._owner)
        data = self._directory / "data"
        self._run("initdb", "-D", data, "-U", _SUPERUSER, "-A", "trust", "--no-sync")
        self.port = waiting.free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self._directory,
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": 60,
        }
        with open(self._directory / "log", "wb") as log:
            self._server = subprocess.Popen(
                [
                    _programs() / "postgres",
                    "-D",
                    data,
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                user=self._owner,
                start_new_session=True,
            )
        waiting.until(self._answers, "PostgreSQL to start")

    def stop(self) -> None:
        """End the server, by its pid, and remove everything."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            try:
                self._server.wait(10)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self._directory)

    def url(self, database: str) -> str:
        """Return the address of a database as restalchemy wants it."""
        return f"postgresql://{_SUPERUSER}:x@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Make an empty database and return its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def _answers(self) -> bool:
        server = tp.cast("subprocess.Popen[bytes]", self._server)
        if server.poll() is not None:
            raise RuntimeError((self._directory / "log").read_text())
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [str(_programs() / program), *map(str, arguments)],
            check=True,
            capture_output=True,
            cwd="/",
            user=self._owner,
        )
