# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Pauses of the whole service and of a tenant: what is accepted waits."""

import time
import typing as tp

import pytest

from tests.integration.send import command
from tests.integration.send.command import Cli
from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.service import Client, Service, types
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

_PAUSE = "/v1/queue/pause"
sending = command.sending
cli = command.cli


@pytest.fixture
def alone(services: Services, sink: Sink) -> Service:
    """A service of the test's own: a pause is everybody's."""
    return services.new("--smtp", f"127.0.0.1:{sink.port}").start()


def _pause(service: Service, method: str = "PUT") -> tp.Any:
    return Client.done(service.client().call(method, _PAUSE))


def test_nothing_is_sent_until_it_ends_also_after_kills(
    alone: Service, sink: Sink
) -> None:
    admin, tenant = alone.client(), alone.client(tenant="default")
    assert admin.get(_PAUSE) == {"paused": False, "since": None}
    assert admin.get("/health/ready") == {"status": "ready", "paused": False}
    first = _pause(alone)
    assert first["paused"] is True
    assert _pause(alone) == first
    ids = [tenant.send(priority=number) for number in (0, 1, 2, 3)]
    ids.append(tenant.send("success@simulator.invalid"))
    expires = tenant.send(expires_at=time.time() + 1)
    for ending in (alone.kill, alone.stop):
        ending()
        alone.start()
        assert admin.get(_PAUSE) == first
        assert admin.get("/health/ready") == {"status": "ready", "paused": True}
        admin.done(admin.post("/v1/queue/run-now"))
        assert {tenant.message(one)["waits_for"] for one in ids} == {"pause"}
    # Its time runs out all the same.
    tenant.wait(expires, "expired")
    assert "exordos_mail_send_paused 1.0" in admin.call("GET", "/metrics").text
    assert sink.connections == 0
    assert _pause(alone, "DELETE") == {"paused": False, "since": None}
    for one in ids:
        tenant.wait(one, "sent")
    assert admin.call("DELETE", _PAUSE).status_code == 404
    assert "exordos_mail_send_paused 0.0" in admin.call("GET", "/metrics").text


def _in_hand(tenant: Client, sink: Sink) -> tuple[str, str]:
    """Return a message that hangs at the server, and one claimed behind it."""
    tenant.call("DELETE", "/v1/relays/default")
    add_relay(tenant, sink.port, concurrency=1, timeout_seconds=60)
    sink.do("slow", "hang")
    slow = tenant.send(["slow@example.net"], priority="high")
    behind = tenant.send(["behind@example.net"])
    for message_id in (slow, behind):
        tenant.wait(message_id, "sending")
    waiting.until(lambda: not sink.script.actions["slow"], "the server to hang")
    return slow, behind


def test_what_is_claimed_and_not_begun_waits_again(alone: Service, sink: Sink) -> None:
    tenant = alone.client(tenant="default")
    slow, behind = _in_hand(tenant, sink)
    _pause(alone)
    found = tenant.wait(behind, "queued")
    assert found["events"][-1]["details"]["reason"] == "paused"
    assert found["attempts"] == 0
    sink.script.release.set()
    # What was begun has its result.
    tenant.wait(slow, "sent", "deferred")
    assert sink.to("behind") == []
    _pause(alone, "DELETE")
    tenant.wait(behind, "sent")


@pytest.mark.parametrize("batch", ["", "/b"])
def test_suspension_of_a_tenant_reaches_what_is_claimed(
    tenant: Client, sink: Sink, batch: str
) -> None:
    add_relay(tenant, sink.port, concurrency=1, timeout_seconds=60)
    sink.do("slow", "hang")
    slow = tenant.send(["slow@example.net"], priority="high")
    behind = tenant.send(["behind@example.net"], batch="b")
    other = tenant.send(["other@example.net"], batch="c")
    for message_id in (slow, behind, other):
        tenant.wait(message_id, "sending")
    waiting.until(lambda: not sink.script.actions["slow"], "the server to hang")
    tenant.done(tenant.call("PUT", f"/v1/suspensions{batch}"))
    assert types(tenant.wait(behind, "suspended"))[-1] == "released"
    sink.script.release.set()
    if batch:
        tenant.wait(other, "sent")
    assert sink.to("behind") == []
    tenant.done(tenant.call("DELETE", f"/v1/suspensions{batch}"))
    for message_id in (behind, other):
        tenant.wait(message_id, "sent")


def test_other_processes_pause_too(services: Services, sink: Sink) -> None:
    first = services.new("--smtp", f"127.0.0.1:{sink.port}").start()
    if first.database is None:
        second = first
    else:
        second = services.on(
            first.data, first.database, "--smtp", f"127.0.0.1:{sink.port}"
        ).start()
    tenant = first.client(tenant="default")
    _, behind = _in_hand(tenant, sink)
    _pause(second)
    # Whoever has claimed it.
    tenant.wait(behind, "queued")
    sink.script.release.set()
    _pause(second, "DELETE")
    tenant.wait(behind, "sent")


def test_only_the_admin_pauses_everything(
    service: Service, tenant: Client, cli: Cli
) -> None:
    key = {"name": "k", "scopes": ["send", "read", "manage"]}
    mine = service.client(tenant.done(tenant.post("/v1/keys", key))["key"])
    for method in ("PUT", "GET", "DELETE"):
        assert mine.call(method, _PAUSE).status_code == 403
    assert tenant.get("/v1/suspensions")["everything"] is False


def test_commands(alone: Service, sink: Sink, tmp_path: tp.Any) -> None:
    found = Cli(tmp_path)
    options = ["--url", f"http://127.0.0.1:{alone.port}/v1/", "--tenant", "default"]
    found.done("contexts", "add", "here", *options, given=alone.token)
    assert "paused" in found.done("queue", "pause")
    message_id = alone.client(tenant="default").send()
    assert found.json("queue", "status")["paused"] is True
    (row,) = found.json("queue", "messages")
    assert (row["id"], row["waits_for"]) == (message_id, "pause")
    found.done("queue", "unpause")
    assert found.json("queue", "status") == {"paused": False, "since": None}
    assert "no such" in found.fails(1, "queue", "unpause")
