# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Processes that are killed, stopped, and many on one queue."""

import collections
import socket
import threading
import time
import typing as tp

import httpx
import pytest

from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.service import Client, Service, mail, types
from tests.integration.send.sink import Sink
from tests.integration.support import waiting


def _setup(service: Service, sink: Sink, **relay: tp.Any) -> Client:
    """Return the view of the first tenant, whose relay is the sink."""
    client = service.client(tenant="default")
    client.done(client.call("DELETE", "/v1/relays/default"))
    add_relay(client, sink.port, **relay)
    return client


def _names(sink: Sink) -> collections.Counter[str]:
    return collections.Counter(
        recipient for one in list(sink.taken) for recipient in one.recipients
    )


def test_kill_under_load_loses_nothing_accepted(services: Services, sink: Sink) -> None:
    service = services.new().start()
    client = _setup(service, sink, concurrency=4)
    accepted: list[str] = []
    for round_number in range(5):
        dead = threading.Event()

        def submit(number: int = round_number, dead: threading.Event = dead) -> None:
            count = 0
            while not dead.is_set():
                names = [f"r{number}-{count}-{i}@example.net" for i in range(5)]
                body = {"messages": [mail(name) for name in names]}
                try:
                    answer = client.post("/v1/messages/batch", body)
                except httpx.TransportError:
                    continue
                if answer.status_code == 202:
                    accepted.extend(names)
                count += 1

        thread = threading.Thread(target=submit)
        thread.start()
        before = len(accepted)
        waiting.until(
            lambda least=before + 40 * (round_number + 1): len(accepted) > least,
            "load",
        )
        service.kill()
        dead.set()
        thread.join()
        service.start()
    waiting.until(
        lambda: not set(accepted) - set(_names(sink)), "everything accepted", 60
    )
    # Doubled is at most what was in flight when it was killed.
    doubled = sum(count - 1 for count in _names(sink).values())
    assert doubled <= 5 * 5


def test_killed_with_a_message_in_flight_tries_it_again(
    services: Services, sink: Sink
) -> None:
    service = services.new().start()
    client = _setup(service, sink)
    sink.do("stuck", "hang")
    message_id = client.send("stuck@example.net")
    waiting.until(lambda: sink.script.actions["stuck"] == collections.deque(), "hang")
    service.kill()
    sink.script.release.set()
    service.start()
    sent = client.wait(message_id, "sent")
    assert types(sent) == ["accepted", "released", "sent"]
    assert sent["events"][1]["details"] == {"reason": "worker_lost"}


def test_stop_finishes_what_is_sent_and_gives_the_rest_back(
    services: Services, sink: Sink
) -> None:
    service = services.new().start()
    client = _setup(service, sink, concurrency=1, timeout_seconds=30)
    sink.do("slow", "hang")
    slow = client.send("slow@example.net")
    waiting.until(lambda: client.message(slow)["state"] == "sending", "sending")
    waiting.until(lambda: not sink.script.actions["slow"], "the server to hang")
    other = client.send("other@example.net")
    waiting.until(lambda: client.message(other)["state"] == "sending", "a claim")
    threading.Timer(0.5, sink.script.release.set).start()
    service.stop()
    service.start()
    found = client.wait(other, "sent")
    assert types(found) == ["accepted", "released", "sent"]
    assert found["events"][1]["details"] == {"reason": "worker_stopped"}
    assert found["attempts"] == 1
    assert "deferred" in types(client.wait(slow, "sent"))


def test_stop_answers_who_waits_for_events(services: Services) -> None:
    service = services.new().start()
    last = service.client().get("/v1/events")["next"]
    target = f"/v1/events?after={last}&wait=30"
    with socket.create_connection(("127.0.0.1", service.port), 60) as waiting_one:
        request = f"GET {target} HTTP/1.1\r\nHost: here\r\n"
        request += f"Authorization: Bearer {service.token}\r\n\r\n"
        waiting_one.sendall(request.encode())
        # What comes later is answered, so the call above is under way.
        service.client().get("/v1/events")
        service.stop()
        assert waiting_one.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert "CancelledError" not in service.log


@pytest.mark.parametrize("processes", [2, 4])
def test_many_processes_on_one_queue_double_nothing(
    services: Services, sink: Sink, processes: int
) -> None:
    first = services.new().start()
    client = _setup(first, sink)
    others = [
        services.on(first.data, first.database).start() for _ in range(processes - 1)
    ]
    count = 600
    views = [client, *(one.client(tenant="default") for one in others)]
    for start in range(0, count, 50):
        batch = [mail(f"r{number}@example.net") for number in range(start, start + 50)]
        view = views[start // 50 % len(views)]
        view.done(view.post("/v1/messages/batch", {"messages": batch}))
    waiting.until(
        lambda: client.get("/v1/messages/counts")["unfinished"] == 0, "all", 60
    )
    names = _names(sink)
    assert len(names) == count
    assert max(names.values()) == 1
    assert len(sink.taken) == count


def test_survivor_takes_over_from_a_killed_process(
    services: Services, sink: Sink
) -> None:
    first = services.new().start()
    client = _setup(first, sink)
    sink.do("stuck", "hang")
    message_id = client.send("stuck@example.net")
    waiting.until(lambda: not sink.script.actions["stuck"], "the server to hang")
    second = services.on(first.data, first.database).start()
    first.kill()
    sink.script.release.set()
    other = second.client(tenant="default")
    assert other.wait(message_id, "sent")["attempts"] == 2


def test_limit_survives_a_kill(services: Services, sink: Sink) -> None:
    service = services.new().start()
    client = _setup(service, sink, limit_hour=5)
    batch = {"messages": [mail(f"r{number}@example.net") for number in range(8)]}
    client.done(client.post("/v1/messages/batch", batch))
    sink.wait_for(5)
    waiting.until(
        lambda: client.get("/v1/messages/counts")["states"]["sent"] == 5, "results"
    )
    service.kill()
    service.start()
    canary = client.send(send_at=time.time() + 2)
    waiting.until(lambda: client.message(canary)["state"] == "scheduled", "a look")
    client.done(client.post("/v1/messages/batch", batch))
    assert client.get("/v1/messages/counts")["states"]["sent"] == 5
    assert len(sink.taken) == 5


def test_limit_holds_over_all_processes(services: Services, sink: Sink) -> None:
    first = services.new().start()
    client = _setup(first, sink, limit_hour=5)
    others = [services.on(first.data, first.database).start() for _ in range(2)]
    for view in (client, *(one.client(tenant="default") for one in others)):
        batch = [mail(f"r{number}@example.net") for number in range(8)]
        view.done(view.post("/v1/messages/batch", {"messages": batch}))
    sink.wait_for(5)
    # Of no limit, so it is claimed when each process has had its look.
    add_relay(client, sink.port, "canary")
    client.wait(client.send(relay="canary", send_at=time.time() + 2), "sent")
    states = client.get("/v1/messages/counts")["states"]
    assert (states["sent"], states["queued"]) == (6, 19)
    assert len(sink.taken) == 6


def test_token_and_secrets_are_made_once(services: Services) -> None:
    service = services.new().start()
    token = service.token
    service.stop()
    service.start()
    assert service.token == token
    # A log is no place for it: who reads that would be the admin.
    assert token not in service.log
    assert service.log.count("admin token is new, and is in ") == 1
    for name in ("admin-token", "secrets.key"):
        assert (service.data / name).stat().st_mode & 0o777 == 0o600
