# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line as a user types it."""

import json
import os
import pathlib
import subprocess
import typing as tp

import pytest

from tests.integration.send.service import CLIENT, Client, Service
from tests.integration.send.sink import Sink


class Cli:
    """The program, with a home directory of its own."""

    def __init__(self, home: pathlib.Path) -> None:
        self.home = home
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name != "XDG_CONFIG_HOME"
        } | {"HOME": str(home)}

    @property
    def kept(self) -> pathlib.Path:
        """Return the file of the contexts."""
        return self.home / ".config" / "exordos-mail" / "contexts.json"

    def run(
        self, *arguments: str, given: str = "", **more: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run it; `more` are further variables of the environment."""
        found = subprocess.run(
            [*CLIENT, *arguments],
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            env=self.environment | more,
        )
        assert "Traceback" not in found.stderr
        return found

    def done(self, *arguments: str, given: str = "") -> str:
        """Return what a command prints that has to succeed."""
        found = self.run(*arguments, given=given)
        assert (found.returncode, found.stderr) == (0, ""), found
        return found.stdout

    def json(self, *arguments: str, given: str = "") -> tp.Any:
        """Return what it prints for programs."""
        return json.loads(self.done(*arguments, "--json", given=given))

    def fails(self, status: int, *arguments: str, **more: str) -> str:
        """Return the one line of a command that has to fail."""
        found = self.run(*arguments, **more)
        assert (found.returncode, found.stdout) == (status, ""), found
        assert found.stderr.startswith("exordos-mail: ")
        assert found.stderr.count("\n") == 1
        return found.stderr.removeprefix("exordos-mail: ").strip()


@pytest.fixture
def cli(service: Service, tenant: Client, tmp_path: pathlib.Path) -> Cli:
    """The admin at work on a new tenant."""
    found = Cli(tmp_path)
    url = f"http://127.0.0.1:{service.port}/v1/"
    options = ["--url", url, "--tenant", str(tenant.tenant)]
    assert found.done("contexts", "add", "here", *options, given=service.token) == ""
    return found


@pytest.fixture
def sending(cli: Cli, sink: Sink) -> Cli:
    """The same, with a relay at the sink."""
    options = ["--host", "127.0.0.1", "--port", str(sink.port), "--tls", "none"]
    cli.done("relays", "add", "default", *options)
    return cli
