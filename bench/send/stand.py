# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Services and sinks as processes of their own, and a client of them."""

import contextlib
import http.client
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import typing as tp

from tests.integration.support import postgres, waiting

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: On a disk that fsync reaches.
TEMPORARY = "/var/tmp"  # noqa: S108 directories of our own below it
_START = 30.0


class Sink:
    """The SMTP server of sink.py."""

    def __init__(self, *options: str) -> None:
        self.port, self._count_port = waiting.free_port(), waiting.free_port()
        program = pathlib.Path(__file__).with_name("sink.py")
        ports = str(self.port), str(self._count_port)
        self._process = subprocess.Popen(
            [sys.executable, program, *ports, *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._output = tp.cast("tp.IO[str]", self._process.stdout)
        self._output.readline()

    def total(self) -> int:
        """Return how many messages it has taken."""
        return int(self._ask("total"))

    def by_recipient(self) -> dict[str, int]:
        """Return how many messages it has taken for each recipient."""
        return dict(self._ask("all"))

    def next_probe(self) -> float:
        """Wait for the next probe; return when it came (Unix time)."""
        return float(self._output.readline().split()[0])

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _ask(self, what: str) -> tp.Any:
        with socket.create_connection(("127.0.0.1", self._count_port)) as asked:
            asked.sendall(f"{what}\n".encode())
            with asked.makefile("rb") as answer:
                return json.load(answer)


class Service:
    """A process of the service, with the shipped defaults."""

    def __init__(
        self, data: pathlib.Path, database: str | None, smtp: int, *options: str
    ) -> None:
        self.port = waiting.free_port()
        self._data = data
        self._command = [sys.executable, "-m", "exordos_mail.send.main", "serve"]
        self._command += ["--data", str(data), "--smtp", f"127.0.0.1:{smtp}"]
        self._command += ["--listen", f"127.0.0.1:{self.port}"]
        if database is not None:
            self._command += ["--database", database]
        self._command += options
        self.pid = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it and wait until it is ready."""
        self.begin()
        waiting.until(self._ready, "the service", _START)

    def begin(self) -> None:
        """Run it."""
        with open(self._data / "log", "ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, cwd=ROOT
            )
        self.pid = self._process.pid

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it by a signal."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def client(self) -> "Client":
        """Return a client with the admin token."""
        return Client(self.port, (self._data / "admin-token").read_text().strip())

    def memory(self) -> float:
        """Return its resident MB."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        line = next(one for one in status.splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def cpu(self) -> float:
        """Return the seconds of processor time that it has used."""
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


class Client:
    """One client with one connection."""

    def __init__(
        self, port: int, token: str, tls: ssl.SSLContext | None = None
    ) -> None:
        where: tuple[str, int] = ("127.0.0.1", port)
        self._http = (
            http.client.HTTPConnection(*where, timeout=60)
            if tls is None
            else http.client.HTTPSConnection(*where, timeout=60, context=tls)
        )
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }

    def call(self, method: str, path: str, body: bytes | None = None) -> tp.Any:
        """Make a call and return what it answers.

        Raises:
            RuntimeError: it is refused; the text is the answer's.
        """
        self._http.request(method, path, body, self._headers)
        answer = self._http.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status} {text[:300]!r}")
        return json.loads(text) if text else None

    def status(self, method: str, path: str, body: bytes | None = None) -> int:
        """Make a call and return its status only."""
        self._http.request(method, path, body, self._headers)
        answer = self._http.getresponse()
        answer.read()
        return answer.status

    def send(self, bodies: tp.Iterable[bytes], path: str = "/batch") -> float:
        """Post bodies one after the other; return the seconds it took."""
        began = time.monotonic()
        for body in bodies:
            self.call("POST", f"/v1/messages{path}", body)
        return time.monotonic() - began


@contextlib.contextmanager
def running(
    database: str = "sqlite", processes: int = 1
) -> tp.Iterator[tuple[Sink, list[Service]]]:
    """Give a sink and services on one queue whose first relay it is.

    Args:
        database: sqlite or postgresql.
    """
    with contextlib.ExitStack() as stack:
        directory = tempfile.TemporaryDirectory(dir=TEMPORARY, prefix="bench-send.")
        data = pathlib.Path(stack.enter_context(directory))
        url = None
        if database == "postgresql":
            cluster = postgres.Cluster()
            stack.callback(cluster.stop)
            cluster.start()
            url = cluster.create_database("send")
        sink = Sink()
        stack.callback(sink.close)
        services = [Service(data, url, sink.port) for _ in range(processes)]
        for service in services:
            stack.callback(service.end, signal.SIGKILL)
            service.start()
        yield sink, services
