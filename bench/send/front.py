# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nginx in front costs: acceptance by https, straight and through nginx.

The two take turns, and each pair makes one ratio: a machine that becomes slower
meanwhile does so for both.
"""

import contextlib
import dataclasses
import pathlib
import ssl
import statistics
import subprocess
import tempfile
import time
import typing as tp

from bench.loop.table import Figure
from bench.send import mail, stand
from bench.send.options import Options
from exordos_mail.dataplane.services.web import paths as paths_lib
from exordos_mail.dataplane.services.web import render
from tests.integration.send import certificates
from tests.integration.support import waiting

#: Messages of a round, by the size of a batch.
_COUNTS = {1: 2_000, 100: 20_000}
_ROUNDS = 5
#: What nginx may cost, as a part of the rate.
_GOAL = 85


class _Taken(tp.NamedTuple):
    #: Messages a second, and milliseconds of the median request.
    rate: float
    median: float


def front(options: Options) -> tp.Iterator[Figure]:
    """One client posts by https on one connection, one request after the other."""
    for size, count in _COUNTS.items():
        pairs = [
            (_accepted(_straight, size, count), _accepted(_through, size, count))
            for _ in range(_ROUNDS)
        ]
        straight, through = (
            _Taken(*(statistics.median(one) for one in zip(*side, strict=True)))
            for side in zip(*pairs, strict=True)
        )
        shares = [100 * after.rate / before.rate for before, after in pairs]
        yield Figure(
            "front",
            f"accepted through nginx, of what is straight, batch {size}",
            statistics.median(shares),
            "%",
            _GOAL,
            at_least=True,
            n=2 * _ROUNDS * count,
            note=f"{straight.rate:.0f}/s and {through.rate:.0f}/s; the median request"
            f" {straight.median:.2f} ms and {through.median:.2f} ms; shares "
            + ", ".join(f"{share:.0f}" for share in shares),
        )


def _accepted(
    serve: tp.Callable[[pathlib.Path], tp.ContextManager[stand.Client]],
    size: int,
    count: int,
) -> _Taken:
    later = time.time() + 3600
    bodies, path = mail.batches("r", count, size, send_at=later), "/batch"
    if size == 1:
        path = ""
        bodies = [
            mail.single(f"r{number}@example.net", send_at=later)
            for number in range(count)
        ]
    with (
        tempfile.TemporaryDirectory(dir=stand.TEMPORARY, prefix="bench-send.") as made,
        serve(pathlib.Path(made)) as client,
    ):
        times = [client.send([body], path) for body in bodies]
    rate = size * len(times) / sum(times)
    return _Taken(rate, 1000 * statistics.median(times))


@contextlib.contextmanager
def _straight(directory: pathlib.Path) -> tp.Iterator[stand.Client]:
    """The send service with its own TLS."""
    certificate, key = _certificate(directory)
    port = waiting.free_port()
    listen = f"--listen=127.0.0.1:{port}"
    options = listen, f"--tls-certificate={certificate}", f"--tls-key={key}"
    with _service(directory, *options) as token:
        yield _client(port, token)


@contextlib.contextmanager
def _through(directory: pathlib.Path) -> tp.Iterator[stand.Client]:
    """The send service on a socket, behind nginx with a node's configuration."""
    socket, port = directory / "http.sock", waiting.free_port()
    base, site = str(directory), render.Site(("localhost",), "0")
    paths = paths_lib.Paths(
        **{one.name: base for one in dataclasses.fields(paths_lib.Paths)[:5]},
        http=(f"127.0.0.1:{waiting.free_port()}",),
        https=(f"127.0.0.1:{port}",),
    )
    pathlib.Path(site.key(paths)).parent.mkdir(parents=True)
    for made, wanted in zip(
        _certificate(directory),
        (site.certificate(paths), site.key(paths)),
        strict=True,
    ):
        made.rename(wanted)
    for path, file in render.configuration((site,), str(socket), paths).items():
        pathlib.Path(path).write_bytes(file.content)
    with _service(directory, f"--listen=unix:{socket}") as token:
        nginx = subprocess.Popen(
            [paths_lib.BINARY, "-e", "stderr", "-c", paths.conf, "-g", "user root;"]
        )
        try:
            yield _client(port, token)
        finally:
            nginx.terminate()
            nginx.wait()


def _certificate(directory: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    text = certificates.make(directory).path.read_bytes()
    begin = text.index(b"-----BEGIN CERTIFICATE")
    found = directory / "cert.pem", directory / "key.pem"
    for path, part in zip(found, (text[begin:], text[:begin]), strict=True):
        path.touch(0o600)
        path.write_bytes(part)
    return found


@contextlib.contextmanager
def _service(directory: pathlib.Path, *options: str) -> tp.Iterator[str]:
    data = directory / "data"
    data.mkdir()
    service = stand.Service(data, None, waiting.free_port(), *options)
    service.begin()
    try:
        token = data / "admin-token"
        waiting.until(token.exists, "the service", 30)
        yield token.read_text().strip()
    finally:
        service.end()


def _client(port: int, token: str) -> stand.Client:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    def is_ready() -> bool:
        client = stand.Client(port, token, context)
        try:
            return client.status("GET", "/health/ready") == 200
        except OSError:
            return False

    waiting.until(is_ready, "an answer", 30)
    return stand.Client(port, token, context)
