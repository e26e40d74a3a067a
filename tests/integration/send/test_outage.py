# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The database goes away, the disk is full: nothing is lost, nothing is silent."""

import collections
import pathlib

from tests.integration.send.conftest import add_relay
from tests.integration.send.proxy import Proxy
from tests.integration.send.service import Client, Service, mail
from tests.integration.send.sink import Sink
from tests.integration.support import waiting


def _setup(service: Service, sink: Sink) -> Client:
    client = service.client(tenant="default")
    client.done(client.call("DELETE", "/v1/relays/default"))
    add_relay(client, sink.port)
    return client


def test_database_gone_is_a_503_and_back_all_goes_on(
    behind_proxy: Service, proxy: Proxy, sink: Sink
) -> None:
    client = _setup(behind_proxy, sink)
    client.wait(client.send("before@example.net"), "sent")
    proxy.down()
    answer = client.post("/v1/messages", mail())
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["code"] == "unavailable"
    proxy.up()
    waiting.until(
        lambda: client.post("/v1/messages", mail()).status_code == 202, "the database"
    )
    sink.wait_for(2)


def test_result_of_a_message_waits_for_the_database(
    behind_proxy: Service, proxy: Proxy, sink: Sink
) -> None:
    client = _setup(behind_proxy, sink)
    # The default of a relay is 3 s here: long enough for the outage.
    sink.do("slow", "hang")
    message_id = client.send(["slow@example.net"])
    waiting.until(lambda: not sink.script.actions["slow"], "the server to hang")
    proxy.down()
    sink.script.release.set()
    assert client.call("GET", "/v1/messages").status_code == 503
    proxy.up()
    sent = client.wait(message_id, "sent")
    assert [event["type"] for event in sent["events"]] == [
        "accepted",
        "deferred",
        "sent",
    ]
    assert len(sink.taken) == 1


def test_full_disk_refuses_and_goes_on_when_there_is_room(
    small_disk: pathlib.Path, sink: Sink
) -> None:
    service = Service(small_disk, None, "--reserve-mib", "0")
    try:
        service.start()
        client = _setup(service, sink)
        client.done(client.call("PUT", "/v1/suspensions"))
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * 3 * 1024 * 1024)
        accepted: list[str] = []
        statuses: collections.Counter[int] = collections.Counter()
        for number in range(200):
            name = f"r{number}@example.net"
            answer = client.post("/v1/messages", mail(name, text="x" * 50_000))
            statuses[answer.status_code] += 1
            if answer.status_code == 202:
                accepted.append(name)
        assert set(statuses) == {202, 503}
        ballast.unlink()
        waiting.until(
            lambda: client.call("DELETE", "/v1/suspensions").status_code == 200, "room"
        )
        waiting.until(lambda: len(sink.taken) >= len(accepted), "what was accepted")
        assert sorted(one.recipients[0] for one in sink.taken) == sorted(accepted)
    finally:
        service.close()
