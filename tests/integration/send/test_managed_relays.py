# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Relays of tenants that the control plane writes, while messages go."""

import time

from tests.integration.send.managed import Node, changed, document, relay
from tests.integration.send.sink import Sink
from tests.integration.support import waiting


def test_connection_lives_as_long_as_its_relay_does_not_change(
    node: Node, node_server: Sink, sink: Sink
) -> None:
    own = relay("own", sink.port)
    acme = document(relays=[own])
    tenant = node.done(acme)
    tenant.wait(tenant.send(relay="own"), "sent")
    node.done(changed(acme, name="Another name"))
    tenant.wait(tenant.send(relay="own"), "sent")
    before = len(sink.script.sessions)
    node.done(changed(acme, relays=[{**own, "connection_messages": 500}]))
    # Far below the time that a connection without work is kept.
    waiting.until(lambda: sink.open_sessions == 0, "the connection to be closed", 15)
    tenant.wait(tenant.send(relay="own"), "sent")
    assert len(sink.script.sessions) == before + 1


def test_changed_password_is_used_at_once(node: Node) -> None:
    server = Sink(login=("ann", "first"))
    server.start()
    try:
        own = relay("own", server.port, username="ann", password="first")
        acme = document(relays=[own])
        tenant = node.done(acme)
        tenant.wait(tenant.send(relay="own"), "sent")
        wrong = {**own, "password": "second"}
        node.done(changed(acme, relays=[wrong]))
        message_id = tenant.send(relay="own")
        found = tenant.wait(message_id, "deferred")
        assert "535" in str(found["events"])
        node.done(acme)
        tenant.wait(message_id, "sent")
    finally:
        server.close()


def test_another_relay_may_take_the_place_of_the_nodes_own(
    node: Node, node_server: Sink, sink: Sink
) -> None:
    acme = document(relays=[relay("default", sink.port)])
    tenant = node.done(acme)
    tenant.wait(tenant.send(), "sent")
    assert (len(sink.taken), len(node_server.taken)) == (1, 0)
    node.done(changed(acme, relays=[]))
    tenant.wait(tenant.send(), "sent")
    assert (len(sink.taken), len(node_server.taken)) == (1, 1)


def test_messages_of_a_removed_relay_are_cancelled_and_say_so(
    node: Node, sink: Sink
) -> None:
    acme = document(relays=[relay("own", sink.port)])
    tenant = node.done(acme)
    sink.do("slow", "hang")
    sending = tenant.send("slow@example.net", relay="own")
    waiting.until(lambda: not sink.script.actions["slow"], "the server to hang")
    held = {"relay": "own", "batch": "held"}
    tenant.done(tenant.call("PUT", "/v1/suspensions/held"))
    waits = [
        tenant.send(relay="own", send_at=time.time() + 3600),
        tenant.send(**held),
    ]
    node.done(changed(acme, relays=[]))
    for message_id in waits:
        found = tenant.wait(message_id, "cancelled")
        assert found["events"][-1]["details"] == {"reason": "relay_removed"}
    sink.script.release.set()
    tenant.wait(sending, "cancelled")
    assert tenant.call("GET", "/v1/relays/own").status_code == 404


def test_addresses_are_judged_when_they_are_reached(node: Node) -> None:
    # This machine's networks are allowed in these tests, and no other private one.
    acme = document(
        relays=[relay("own", 25, host="10.1.2.3")],
        callback_url="http://10.1.2.3/hook",
    )
    tenant = node.done(acme)
    found = tenant.wait(tenant.send(relay="own"), "deferred")
    assert found["events"][-1]["details"]["reason"] == "address_not_allowed"
    waiting.until(
        lambda: tenant.get("/v1/webhook")["state"] == "failing", "the webhook's failure"
    )
    # A document with such an address does not keep a key in force.
    node.done(changed(acme, api_keys=[]))
    assert tenant.call("GET", "/v1/webhook").status_code == 401
