#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Speed of the send service: acceptance, end to end, latency, a long queue.

Starts the service and a sink as processes of their own, on SQLite with full
sync in a temporary directory, and prints what it measures:

    python bench/send_speed.py [accept] [end-to-end] [latency] [backlog]
"""

import contextlib
import http.client
import json
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import typing as tp

_HERE = pathlib.Path(__file__).parent
_BODY = "x" * 1000 + "\n"


def free_port() -> int:
    """Return a port nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stand:
    """A service and a sink."""

    def __init__(self, directory: pathlib.Path, database: str | None = None) -> None:
        self.sink_port, self.count_port, self.port = (free_port() for _ in range(3))
        self.sink = subprocess.Popen(
            [
                sys.executable,
                _HERE / "send_sink.py",
                str(self.sink_port),
                str(self.count_port),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        tp.cast("tp.IO[str]", self.sink.stdout).readline()
        command = [sys.executable, "-m", "exordos_mail.send.main", "serve"]
        command += ["--data", str(directory), "--listen", f"127.0.0.1:{self.port}"]
        command += ["--smtp", f"127.0.0.1:{self.sink_port}"]
        if database:
            command += ["--database", database]
        self.service = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=open(directory / "log", "w"),  # noqa: SIM115
            text=True,
            cwd=_HERE.parent,
        )
        output = tp.cast("tp.IO[str]", self.service.stdout)
        output.readline()
        self.token = output.readline().split()[-1]
        self.client = http.client.HTTPConnection("127.0.0.1", self.port)

    def close(self) -> None:
        """End both."""
        for process in (self.service, self.sink):
            process.terminate()
            process.wait()

    def call(self, method: str, path: str, body: bytes | None = None) -> tp.Any:
        """Make a call and return what it answers."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        }
        self.client.request(method, path, body, headers)
        answer = self.client.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status} {text[:300]!r}")
        return json.loads(text) if text else None

    def taken(self) -> tuple[int, int]:
        """Return how many messages and how many recipients the sink has seen."""
        with socket.create_connection(("127.0.0.1", self.count_port)) as probe:
            first, second = probe.recv(100).split()
        return int(first), int(second)

    def memory(self) -> float:
        """Return the service's resident MB."""
        status = pathlib.Path(f"/proc/{self.service.pid}/status").read_text()
        line = next(one for one in status.splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def processor(self) -> float:
        """Return the seconds of processor time that the service has used."""
        stat = pathlib.Path(f"/proc/{self.service.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100


def message(number: int, **more: object) -> dict[str, object]:
    """Return one message of about 1 KiB."""
    return {
        "from": "Sender <sender@example.com>",
        "to": f"r{number}@example.net",
        "subject": f"Message {number}",
        "text": _BODY,
        **more,
    }


def send(stand: Stand, first: int, count: int, size: int, **more: object) -> float:
    """Send `count` messages in batches of `size`; return the seconds it took."""
    bodies = []
    for start in range(first, first + count, size):
        items = [message(number, **more) for number in range(start, start + size)]
        whole = items[0] if size == 1 else {"messages": items}
        bodies.append(json.dumps(whole).encode())
    path = "/v1/messages" if size == 1 else "/v1/messages/batch"
    begun = time.monotonic()
    for body in bodies:
        stand.call("POST", path, body)
    return time.monotonic() - begun


def accept(stand: Stand) -> None:
    """Measure acceptance while nothing is delivered."""
    stand.call("PUT", "/v1/suspensions")
    first = 0
    for size, count in ((1, 1000), (100, 10000), (1000, 40000)):
        used = stand.processor()
        seconds = send(stand, first, count, size)
        used = stand.processor() - used
        first += count
        print(
            f"accept batch {size}: {count / seconds:.0f}/s"
            f" ({1e6 * used / count:.0f} us of processor each)",
            flush=True,
        )
    print(f"memory with {first} queued: {stand.memory():.0f} MB", flush=True)


def end_to_end(stand: Stand, count: int = 10000) -> None:
    """Measure from the first call to the last message at the sink."""
    begun, before, used = time.monotonic(), stand.taken()[0], stand.processor()
    send(stand, 10**6, count, 100)
    accepted = time.monotonic() - begun
    half = None
    while (taken := stand.taken()[0] - before) < count:
        if half is None and taken >= count // 2:
            half = time.monotonic() - begun
        time.sleep(0.05)
    seconds = time.monotonic() - begun
    used = stand.processor() - used
    print(
        f"end to end: {count / seconds:.0f}/s (accepted in {accepted:.1f} s, half"
        f" after {half or 0:.1f} s, all after {seconds:.1f} s,"
        f" {1e6 * used / count:.0f} us of processor each)",
        flush=True,
    )


def latency(stand: Stand, name: str, count: int = 40) -> None:
    """Measure from the call to the sink, of immediate messages."""
    found = []
    for number in range(count):
        body = message(number, priority="immediate")
        body["to"] = f"probe{name}{number}@example.net"
        data = json.dumps(body).encode()
        begun = time.time()
        stand.call("POST", "/v1/messages", data)
        line = tp.cast("tp.IO[str]", stand.sink.stdout).readline()
        found.append(1000 * (float(line.split()[0]) - begun))
        time.sleep(0.05)
    found.sort()
    print(
        f"latency {name}: p50 {statistics.median(found):.1f} ms,"
        f" p95 {found[int(len(found) * 0.95)]:.1f} ms, max {found[-1]:.1f} ms",
        flush=True,
    )


def backlog(stand: Stand, count: int = 100_000) -> None:
    """Measure dispatch and latency with a long queue."""
    stand.call("PUT", "/v1/suspensions")
    send(stand, 2 * 10**6, count, 1000)
    begun = time.monotonic()
    stand.call("DELETE", "/v1/suspensions")
    print(f"resume of {count}: {time.monotonic() - begun:.2f} s", flush=True)
    time.sleep(1)
    before, begun = stand.taken()[0], time.monotonic()
    time.sleep(8)
    rate = (stand.taken()[0] - before) / (time.monotonic() - begun)
    print(f"dispatch with {count} waiting: {rate:.0f}/s", flush=True)
    latency(stand, "backlog")
    print(f"memory: {stand.memory():.0f} MB", flush=True)


def main() -> None:
    """Measure what the command line names, or everything."""
    wanted = sys.argv[1:] or ["accept", "end-to-end", "latency", "backlog"]
    for name in wanted:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
            stand = Stand(pathlib.Path(directory))
            with contextlib.closing(stand):
                if name == "accept":
                    accept(stand)
                elif name == "end-to-end":
                    end_to_end(stand)
                elif name == "latency":
                    latency(stand, "idle")
                elif name == "backlog":
                    backlog(stand)


if __name__ == "__main__":
    main()
