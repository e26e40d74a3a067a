# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service as a process, and its API as a client sees it."""

import os
import pathlib
import signal
import ssl
import subprocess
import sys
import typing as tp

import httpx

from tests.integration.support import waiting

#: The service's program; the gate names the one of the installed wheel.
_INSTALLED = os.environ.get("EXORDOS_MAIL_SEND", "")


def _program(name: str, module: str) -> list[str]:
    """Return what runs a program of the wheel; else the one of this tree."""
    if not _INSTALLED:
        return [sys.executable, "-m", module]
    # Not this tree's code in the wheel's name, which PYTHONPATH would make.
    path = pathlib.Path(_INSTALLED).with_name(name)
    return ["env", "--unset=PYTHONPATH", str(path)]


PROGRAM = _program("exordos-mail-send", "exordos_mail.send.program")
#: The client's.
CLIENT = _program("exordos-mail", "exordos_mail.cli.program")
_RETRY = "0.3,0.5,1"


class Service:
    """One process on a data directory."""

    def __init__(
        self,
        data: pathlib.Path,
        database: str | None,
        *options: str,
        authority: pathlib.Path | None = None,
    ) -> None:
        """Prepare it.

        Args:
            authority: who vouches for its certificate; None: it speaks http.
        """
        self.data = data
        #: What it listens on; 127.0.0.1 must be among it.
        self.host = "127.0.0.1"
        self.port = waiting.free_port()
        self.database = database
        self._options = options
        self.process: subprocess.Popen[str] | None = None
        self._scheme = "http" if authority is None else "https"
        self._verify = ssl.create_default_context(cafile=authority)
        self._http = httpx.Client(
            base_url=f"{self._scheme}://127.0.0.1:{self.port}",
            verify=self._verify,
            timeout=60,
            limits=httpx.Limits(max_connections=None),
        )

    def start(self, environment: tp.Mapping[str, str] | None = None) -> "Service":
        """Run it and wait until it answers."""
        self.begin(environment)
        return self.wait()

    def begin(self, environment: tp.Mapping[str, str] | None = None) -> None:
        """Run it."""
        command = [*PROGRAM, "serve", "--data", str(self.data), "--retry", _RETRY]
        command += ["--listen", f"{self.host}:{self.port}", *self._options]
        if self.database is not None:
            command += ["--database", self.database]
        self.data.mkdir(parents=True, exist_ok=True)
        with open(self.data / f"log.{self.port}", "a") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                text=True,
                env={**os.environ, **(environment or {})},
            )

    def wait(self) -> "Service":
        """Wait until it answers."""
        waiting.until(self._answers, "the service to answer")
        return self

    @property
    def log(self) -> str:
        """Return everything it has written."""
        return (self.data / f"log.{self.port}").read_text()

    @property
    def token(self) -> str:
        """Return the admin token."""
        return (self.data / "admin-token").read_text().strip()

    def kill(self) -> None:
        """End it without a chance to do anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Let it stop by itself."""
        self._end(signal.SIGTERM)

    def close(self) -> None:
        """End everything."""
        self.kill()
        self._http.close()

    def _end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(60)
            self.process = None

    def _answers(self) -> bool:
        process = tp.cast("subprocess.Popen[str]", self.process)
        if process.poll() is not None:
            raise RuntimeError(self.log)
        try:
            httpx.get(
                f"{self._scheme}://127.0.0.1:{self.port}/v1/openapi.json",
                verify=self._verify,
                timeout=5,
            )
        except httpx.TransportError:
            return False
        return True

    def client(self, token: str | None = None, tenant: str | None = None) -> "Client":
        """Return a client with a token, the admin's by default."""
        return Client(self._http, self.token if token is None else token, tenant)


class Client:
    """Calls in the name of one tenant, or of the admin."""

    def __init__(
        self, http: httpx.Client, token: str, tenant: str | None = None
    ) -> None:
        self.tenant = tenant
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        params: dict[str, tp.Any] | None = None,
        **options: tp.Any,
    ) -> httpx.Response:
        """Make a call."""
        query = {"tenant": self.tenant} if self.tenant else {}
        return self._http.request(
            method,
            path,
            headers={**self._headers, **(headers or {})},
            params={**query, **(params or {})},
            **options,
        )

    def get(self, path: str, **query: tp.Any) -> tp.Any:
        """Return what a path answers with 200."""
        return self.done(self.call("GET", path, params=query))

    def post(self, path: str, body: object = None, **options: tp.Any) -> httpx.Response:
        """Post JSON."""
        return self.call("POST", path, json=body, **options)

    @staticmethod
    def done(answer: httpx.Response) -> tp.Any:
        """Return the body of an answer that has to be a success."""
        assert answer.status_code < 300, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def send(self, to: str | list[str] = "rcpt@example.net", **more: tp.Any) -> str:
        """Send a message and return its id."""
        return str(self.done(self.post("/v1/messages", mail(to, **more)))["id"])

    def message(self, message_id: str) -> dict[str, tp.Any]:
        """Return a message with its recipients and events."""
        return dict(self.get(f"/v1/messages/{message_id}"))

    def wait(self, message_id: str, *states: str) -> dict[str, tp.Any]:
        """Wait until a message has one of the states; return it."""
        found: dict[str, tp.Any] = {}

        def reached() -> bool:
            found.update(self.message(message_id))
            if found["final_at"] is not None and found["state"] not in states:
                raise TimeoutError("it is final")
            return found["state"] in states

        try:
            waiting.until(reached, f"{message_id} to be {states}")
        except TimeoutError as error:
            raise AssertionError(f"{error}; it is {found}") from None
        return found


def mail(to: str | list[str] = "rcpt@example.net", **more: tp.Any) -> dict[str, tp.Any]:
    """Return a small message."""
    return {
        "from": "sender@example.com",
        "to": to,
        "subject": "A test",
        "text": "Hello.\n",
        **more,
    }


def types(message: dict[str, tp.Any]) -> list[str]:
    """Return the types of a message's events in their order."""
    return [event["type"] for event in message["events"]]
