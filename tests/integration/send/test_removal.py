# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is removed, when it may be, and what goes with it."""

import time

from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting


def test_relay_stays_while_messages_wait_for_it(sender: Client, sink: Sink) -> None:
    message_id = sender.send(send_at=time.time() + 3600)
    refused = sender.call("DELETE", "/v1/relays/default")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_empty")
    assert sender.get("/v1/relays/default")["id"] == "default"
    sender.done(sender.post(f"/v1/messages/{message_id}/cancel"))
    assert sender.call("DELETE", "/v1/relays/default").status_code == 204
    assert sender.call("GET", "/v1/relays/default").status_code == 404


def test_tenant_with_waiting_messages_goes_by_force_and_wholly(
    service: Service, admin: Client, sender: Client, sink: Sink
) -> None:
    body = {"name": "k", "scopes": ["send", "read"]}
    key = service.client(sender.done(sender.post("/v1/keys", body))["key"])
    message_id = key.send(send_at=time.time() + 3600)
    path = f"/v1/tenants/{sender.tenant}"
    refused = admin.call("DELETE", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_empty")
    assert key.message(message_id)["state"] == "scheduled"
    assert admin.call("DELETE", path, params={"force": "true"}).status_code == 204
    assert key.call("GET", "/v1/messages").status_code == 401
    assert admin.call("GET", path).status_code == 404
    # Whoever has the name next finds nothing of it.
    admin.done(admin.post("/v1/tenants", {"id": sender.tenant}))
    for what, name in (("messages",) * 2, ("relays",) * 2, ("keys",) * 2):
        assert sender.get(f"/v1/{what}")[name] == []
    assert sender.get("/v1/events")["events"] == []


def test_final_message_goes_after_its_time(services: Services, sink: Sink) -> None:
    first = services.new().start()
    client = first.client(tenant="default")
    add_relay(client, sink.port, "sink")
    sent = client.send(relay="sink")
    client.wait(sent, "sent")
    kept = client.send(relay="sink", send_at=time.time() + 3600)
    first.stop()
    # Housekeeping begins with the start.
    second = services.on(first.data, first.database, "--keep-days=0.0000001").start()
    client = second.client(tenant="default")
    waiting.until(
        lambda: client.call("GET", f"/v1/messages/{sent}").status_code == 404,
        "the message to be removed",
    )
    assert client.message(kept)["state"] == "scheduled"
