# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How long requests keep the one worker of the user API, as its own log says."""

import pathlib
import re
import secrets
import statistics
import time
import typing as tp

from bench.loop import bench as bench_lib
from bench.loop import platform, table

ACCOUNTS = 100_000
LIMIT = 25.0  # ms
_TIME = re.compile(r'RESP: .*" (\d+)ms$')
_LOG_DELAY = 2.0  # seconds


class WorkerLog:
    """The worker's line for each answer, with its time in ms."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        self._offset = path.stat().st_size

    def next(self) -> float:
        """Return the time of the next answer.

        Raises:
            TimeoutError: the log says nothing of it.
        """
        deadline = time.monotonic() + _LOG_DELAY
        while time.monotonic() < deadline:
            with self._path.open() as stream:
                stream.seek(self._offset)
                for line in iter(stream.readline, ""):
                    if not line.endswith("\n"):
                        break
                    self._offset = stream.tell()
                    found = _TIME.search(line)
                    if found:
                        return float(found[1])
            time.sleep(0.005)
        raise TimeoutError("the API's log does not tell the time of an answer")


class RequestTime:
    """One kind of request with 100,000 accounts in the instance."""

    accounts = ACCOUNTS

    def __init__(
        self, name: str, what: str, request: tp.Callable[[bench_lib.Bench], object]
    ) -> None:
        self.name = name
        self._what = what
        self._request = request

    def measure(self, bench: bench_lib.Bench) -> tp.Iterator[table.Figure]:
        """Take the samples, each with a question to Core for comparison."""
        log = WorkerLog(bench.platform.stand.logs / "metapaas-user-api.log")
        workers = bench.platform.api_workers()
        inside, cpu, core = [], [], []
        for _ in range(bench.samples):
            before = platform.cpu(workers)
            self._request(bench)
            inside.append(log.next())
            cpu.append((platform.cpu(workers) - before) * 1000)
            began = time.monotonic()
            bench.api.introspect()
            core.append((time.monotonic() - began) * 1000)
        worker, iam = statistics.median(inside), statistics.median(core)
        yield table.Figure(
            self.name,
            f"{self._what}, p50",
            worker - iam,
            "ms",
            LIMIT,
            n=len(inside),
            note=f"worker's log {worker:.0f} minus Core's answer about the token "
            f"{iam:.1f}; CPU of the worker {statistics.median(cpu):.1f}",
        )


def post_plaintext(bench: bench_lib.Bench) -> object:
    """Create an account with a password that the API has to hash."""
    name = f"p{secrets.token_hex(6)}"
    return bench.instance.add(name, password=secrets.token_urlsafe(12))


def list_page(bench: bench_lib.Bench) -> object:
    """List accounts as a client that says nothing of pages."""
    return bench.api.call("GET", f"{bench.instance.path}/accounts/")


def rows() -> list[RequestTime]:
    """Return the rows of this module."""
    return [
        RequestTime("post", "POST account with a plaintext password", post_plaintext),
        RequestTime("list", "list of accounts, default page", list_page),
    ]
