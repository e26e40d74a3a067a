# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Measure how long a search of a trace takes among many events (bench/README.md)."""

import argparse
import json
import os
import pathlib
import random
import signal
import sys
import tempfile
import time
import typing as tp
import urllib.parse

from bench import machine
from bench.loop import samples
from bench.loop.table import Figure, text
from bench.send import stand
from bench.trace import rows
from exordos_mail.send import clock
from exordos_mail.send.storage import postgresql
from tests.integration.support import postgres, waiting

#: Milliseconds of a search, 95th percentile; of freshness.
_SEARCH, _FRESH = 200, 2000
_SEED = 4711
Query = dict[str, tp.Any]


def kinds(count: int) -> dict[str, tp.Callable[[random.Random], Query]]:
    """Return what makes a query of each kind, among so many messages."""
    end = clock.now() - 3600 * 1000

    def since(chance: random.Random) -> Query:
        at = rows.moment(chance.randrange(count), count, end) / 1000
        return {"since": at, "until": at + 3600}

    def owned(chance: random.Random) -> Query:
        number = chance.randrange(count // 20) * 20 + 3
        return {"message_id": rows.own_id(number)}

    def any_of(chance: random.Random) -> int:
        return chance.randrange(count) // 100 * 100 + 11

    def of(name: str, make: tp.Callable[[int], str]) -> tp.Any:
        return lambda chance: {name: make(any_of(chance))}

    return {
        "message_id of the caller": owned,
        "to: five messages": of("to", lambda one: rows.recipient(one, count)),
        "to: one of a hundred messages": lambda chance: {"to": rows.POPULAR},
        "to, a state that no message has": lambda chance: {
            "to": rows.POPULAR,
            "state": "bounced",
        },
        "to: nobody": lambda chance: {"to": f"no{chance.random()}@example.net"},
        "address of a sender": of("address", rows.sender),
        "from: one of twenty": of("from", rows.sender),
        "from: one of very few": lambda chance: {
            "from": rows.sender(chance.randrange(count // 50_000) * 50_000 + 9)
        },
        "subject of its own": of("subject", rows.subject),
        "subject of many": lambda chance: {"subject": rows.subject(2)},
        "subject of none": lambda chance: {"subject": f"none {chance.random()}"},
        "since, for an hour": since,
        "since, a state that no message has": lambda chance: {
            **since(chance),
            "state": "failed",
        },
    }


def measure(
    client: stand.Client, count: int, tries: int
) -> tp.Iterator[tuple[str, list[float]]]:
    """Yield the seconds that searches of each kind took."""
    chance = random.Random(_SEED)  # noqa: S311 no secret
    found: list[str] = []
    for name, make in kinds(count).items():
        taken = []
        for _ in range(tries):
            seconds, answer = _timed(client, make(chance))
            found += [one["id"] for one in answer["traces"]]
            taken.append(seconds)
        yield name, taken
    by_id = [_timed(client, {"id": chance.choice(found)})[0] for _ in range(tries)]
    yield "id", by_id
    own = [f"<{chance.choice(found)}@example.com>" for _ in range(tries)]
    yield "message_id of ours", [_timed(client, {"message_id": one})[0] for one in own]
    everybody = [
        _timed(client, {"to": rows.recipient(one, count)}, "/all")[0]
        for one in chance.sample(range(count), tries)
    ]
    yield "to, of all tenants", everybody


def fresh(client: stand.Client, tries: int) -> list[float]:
    """Return the seconds from the answer to a message until its trace has `sent`."""
    found = []
    for number in range(tries):
        to = f"fresh{number}@example.net"
        body = {"from": "a@example.com", "to": to, "subject": "x", "text": "x"}
        client.call("POST", "/v1/messages", json.dumps(body).encode())
        began = time.monotonic()
        waiting.until(lambda to=to: "sent" in _types(_timed(client, {"to": to})[1]), to)
        found.append(time.monotonic() - began)
    return found


def _types(answer: tp.Any) -> set[str]:
    return {entry["type"] for one in answer["traces"] for entry in one["timeline"]}


def _timed(client: stand.Client, query: Query, path: str = "") -> tuple[float, tp.Any]:
    began = time.monotonic()
    answer = client.call("GET", f"/v1/trace{path}?{urllib.parse.urlencode(query)}")
    return time.monotonic() - began, answer


def figures(client: stand.Client, count: int, tries: int) -> tp.Iterator[Figure]:
    """Yield the figures: for each kind of search median and 95th percentile."""
    for name, taken in measure(client, count, tries):
        yield _figure(name, taken, _SEARCH)
    new = fresh(client, min(tries, 100))
    yield _figure("posted until sent, in a trace", new, _FRESH)


def _figure(name: str, taken: list[float], goal: int) -> Figure:
    said = samples.summary(taken)
    note = f"median {said.p50 * 1000:.1f} ms, worst {said.max * 1000:.1f} ms"
    return Figure("trace", name, said.p95 * 1000, "ms", goal, n=said.n, note=note)


def run(count: int, tries: int) -> list[Figure]:
    """Fill a database, measure, and remove it."""
    os.environ["TMPDIR"] = tempfile.tempdir = stand.TEMPORARY
    cluster = postgres.Cluster()
    sink = stand.Sink()
    with tempfile.TemporaryDirectory(prefix="bench-trace.") as directory:
        service = None
        try:
            cluster.start()
            url = cluster.create_database("send")
            service = stand.Service(pathlib.Path(directory), url, sink.port)
            service.start()
            service.end(signal.SIGTERM)
            rows.fill(url, count, _say)
            service.start()
            found = []
            for figure in figures(service.client(), count, tries):
                _say(f"  {figure.what}: {figure.value:.1f} ms; {figure.note}")
                found.append(figure)
            return found
        finally:
            if service is not None:
                service.end(signal.SIGKILL)
            sink.close()
            cluster.stop()


def main(argv: tp.Sequence[str] | None = None) -> int:
    """Measure, print the table and the JSON, and write the JSON to a file."""
    found = argparse.ArgumentParser(prog="bench.trace", description=__doc__)
    found.add_argument("--events", type=int, default=10_000_000, metavar="N")
    found.add_argument("--tries", type=int, default=200, metavar="N")
    place = pathlib.Path("output/bench-trace.json")
    found.add_argument("--json", type=pathlib.Path, default=place)
    args = found.parse_args(argv)
    # Gigabytes are removed, whoever ends it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    result: dict[str, tp.Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "code": machine.tree(str(stand.ROOT)),
        "machine": machine.facts(),
        "events": args.events,
        "connections": postgresql.CONNECTIONS,
    }
    made = run(max(args.events // rows.EVENTS, 100_000), args.tries)
    result["load_after"] = os.getloadavg()
    result["figures"] = [figure.as_json() for figure in made]
    print(text(made))
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
