# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How long others wait while one caller sends what is hard to read."""

import base64
import http.client
import json
import threading
import time
import typing as tp

from bench.loop.table import Figure
from bench.send import stand
from bench.send.options import Options

#: Seconds: of a health check, and of the answer to what is refused.
_WAIT, _ANSWER = 0.2, 0.5
_MAIL = {"from": "a@example.com", "to": "b@example.net", "text": "t"}
_FROM = b"From: a@example.com\r\n"


class _Input(tp.NamedTuple):
    path: str
    body: bytes


def _json(**members: tp.Any) -> bytes:
    return json.dumps({**_MAIL, **members}).encode()


def _raw(header: bytes, body: bytes = b"x") -> bytes:
    text = base64.b64encode(header + b"\r\n" + body).decode()
    return json.dumps({"raw": text, "to": "b@example.net"}).encode()


def _inputs() -> dict[str, _Input]:
    """Return what is hard to read, by its name."""
    one, batch = "/v1/messages", "/v1/messages/batch"
    folded, addresses = b"X: y\r\n" + b" z\r\n", b"a@example.net, "
    some = [f"r{number}@example.net" for number in range(1_000)]
    return {
        "raw, 200,000 folded lines": _Input(one, _raw(_FROM + folded * 200_000)),
        "raw, 2,000,000 folded lines": _Input(one, _raw(_FROM + folded * 2_000_000)),
        "raw, one field of 2,000,000 lines": _Input(
            one, _raw(_FROM + b"X: y\r\n" + b" z\r\n" * 2_000_000)
        ),
        "raw, To with 200,000 addresses": _Input(
            one, _raw(_FROM + b"To: " + addresses * 200_000 + b"b@example.net\r\n")
        ),
        "raw, comments nested 30,000 deep": _Input(
            one, _raw(_FROM + b"To: " + b"(" * 30_000 + b"\r\n")
        ),
        "raw, body of 5,000,000 lines": _Input(one, _raw(_FROM, b"\n" * 5_000_000)),
        "address of 1,000,000 labels": _Input(
            one, _json(to="a@" + "\u00e9." * 1_000_000 + "example")
        ),
        "200,000 addresses": _Input(one, _json(to=["a@example.net"] * 200_000)),
        "8,000,000 empty addresses": _Input(
            one, b'{"to": [' + b'"",' * 8_000_000 + b'""]}'
        ),
        "1,000 messages to 1,000 each": _Input(
            batch, json.dumps({"messages": [{**_MAIL, "to": some}] * 1_000}).encode()
        ),
        "batch of 10,000,000 numbers": _Input(
            batch, b'{"messages": [' + b"0," * 10_000_000 + b"0]}"
        ),
        "1,000,000 headers": _Input(
            one, _json(headers={f"X-{number}": "y" for number in range(1_000_000)})
        ),
        "members nested 10,000,000 deep": _Input(
            one, b'{"to": ' + b"[" * 10_000_000 + b"]" * 10_000_000 + b"}"
        ),
        "tenant of 30 MB": _Input(
            "/v1/tenants", json.dumps({"id": "x", "name": "y" * 30_000_000}).encode()
        ),
        "idempotent text of 24 MB": _Input(
            "/v1/messages/dry-run", _json(text="y" * 24_000_000, idempotency_key="k")
        ),
        "dry-run of 24 MB": _Input(
            "/v1/messages/dry-run",
            _json(
                attachments=[
                    {
                        "filename": "a.bin",
                        "content": base64.b64encode(bytes(17_000_000)).decode(),
                    }
                ]
            ),
        ),
        "dry-run of 24 MB beyond ASCII": _Input(
            "/v1/messages/dry-run", _json(text="\u00e9 \u20ac\n" * 3_000_000)
        ),
    }


class _Watch:
    """Asks again and again whether the service is alive."""

    def __init__(self, service: stand.Service) -> None:
        self.longest = 0.0
        self._http = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            self._http.request("GET", "/health/live")
            self._http.getresponse().read()
            self.longest = max(self.longest, time.monotonic() - began)
            time.sleep(0.002)


def stalls(options: Options) -> tp.Iterator[Figure]:
    """Send each input again and again; health checks must not wait for it."""
    with stand.running() as (_, (service,)):
        for name, given in _inputs().items():
            waits, answers, statuses = _measured(service, given, options.tries)
            seen = ", ".join(map(str, sorted(statuses)))
            yield Figure(
                "stalls",
                f"longest health check: {name}",
                1000 * max(waits),
                "ms",
                1000 * _WAIT,
                n=len(waits),
                note=f"{len(given.body) / 1e6:.1f} MB; status {seen}",
            )
            refused = all(status >= 400 for status in statuses)
            yield Figure(
                "stalls",
                "  its answer, longest",
                1000 * max(answers),
                "ms",
                1000 * _ANSWER if refused else None,
                n=len(answers),
            )


def _measured(
    service: stand.Service, given: _Input, tries: int
) -> tuple[list[float], list[float], set[int]]:
    waits, answers, statuses = [], [], set()
    for _ in range(tries):
        with _Watch(service) as watch:
            began = time.monotonic()
            statuses.add(service.client().status("POST", given.path, given.body))
            answers.append(time.monotonic() - began)
        waits.append(watch.longest)
    return waits, answers, statuses
