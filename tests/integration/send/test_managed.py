# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tenants that the control plane writes: put, changed, removed."""

import concurrent.futures
import time
import typing as tp
import uuid

from tests.integration.send.managed import (
    Node,
    api_key,
    changed,
    document,
    relay,
    suppression,
)
from tests.integration.send.receiver import Receiver
from tests.integration.send.service import Client, types
from tests.integration.send.sink import Sink
from tests.integration.support import waiting


def ids(answer: tp.Any, name: str = "id") -> list[str]:
    return [one[name] for one in next(iter(answer.values()))]


def test_no_tenant_is_there_at_first_and_no_token_is_printed(node: Node) -> None:
    assert node.state() == {"tenants": {}, "problem": None}
    assert node.service.client().get("/v1/tenants")["tenants"] == []
    assert node.service.token not in node.service.log
    # What the socket takes, the port does not.
    for method, path in (
        ("GET", "/v1/managed"),
        ("PUT", f"/v1/managed/tenants/{uuid.uuid4()}"),
        ("DELETE", f"/v1/managed/tenants/{uuid.uuid4()}"),
    ):
        assert node.service.client().call(method, path).status_code == 404


def test_tenant_sends_through_the_nodes_own_server(
    node: Node, node_server: Sink
) -> None:
    acme = document()
    tenant = node.done(acme)
    assert node.state() == {"tenants": {acme["uuid"]: acme["tag"]}, "problem": None}
    found = tenant.get("/v1/relays/default")
    assert (found["host"], found["port"]) == ("127.0.0.1", node_server.port)
    assert found["managed"] and found["has_password"] and not found["public_only"]
    tenant.wait(tenant.send(), "sent")
    assert node_server.taken[0].sender == "sender@example.com"
    refused = tenant.post(
        "/v1/messages",
        {"from": "a@example.org", "to": "b@example.net", "subject": "s", "text": "t"},
    )
    assert refused.status_code == 422


def test_document_replaces_what_the_one_before_has_brought(
    node: Node, sink: Sink
) -> None:
    acme = document(
        relays=[relay("own", sink.port)],
        suppressions=[suppression("gone@example.net"), suppression("kept@example.net")],
        limit_day=7,
        callback_url="https://example.com/hook",
        callback_auth="bearer",
        callback_secret="tok-4711",
    )
    former = node.done(acme)
    assert ids(former.get("/v1/relays")) == ["default", "own"]
    assert former.get("/v1/relays/own")["public_only"]
    second = changed(
        acme,
        api_keys=[api_key("exm_second")],
        relays=[],
        suppressions=[suppression("kept@example.net"), suppression("new@example.net")],
        limit_day=None,
        callback_url=None,
        callback_auth="none",
        callback_secret=None,
    )
    node.done(second)
    assert former.call("GET", "/v1/relays").status_code == 401
    tenant = node.service.client("exm_second")
    assert ids(tenant.get("/v1/relays")) == ["default"]
    assert ids(tenant.get("/v1/suppressions"), "address") == [
        "kept@example.net",
        "new@example.net",
    ]
    assert ids(tenant.get("/v1/keys")) == [second["api_keys"][0]["id"]]
    found = tenant.get("/v1/tenants/acme")
    assert [found[f"limit_{span}"] for span in ("minute", "hour", "day")] == [None] * 3
    assert (found["callback_url"], found["callback_auth"]) == (None, "none")
    assert node.state()["tenants"] == {acme["uuid"]: second["tag"]}


def test_what_tenant_and_service_suppress_themselves_stays(
    node: Node, node_server: Sink
) -> None:
    acme = document()
    tenant = node.done(acme)
    node_server.do("unknown", "550 5.1.1 no such user")
    tenant.wait(tenant.send("unknown@example.net"), "failed")
    own = {"reason": "asked for it"}
    for address in ("own@example.net", "both@example.net"):
        tenant.done(tenant.call("PUT", f"/v1/suppressions/{address}", json=own))
    listed = [suppression("both@example.net"), suppression("unknown@example.net")]
    node.done(changed(acme, suppressions=listed))
    assert _sources(tenant) == {
        "both@example.net": "managed",
        "own@example.net": "manual",
        "unknown@example.net": "managed",
    }
    for address in ("both", "own", "unknown"):
        tenant.wait(tenant.send(f"{address}@example.net"), "suppressed")
    node.done(changed(acme))
    assert _sources(tenant) == {
        "both@example.net": "manual",
        "own@example.net": "manual",
        "unknown@example.net": "hard_bounce",
    }


def _sources(tenant: Client) -> dict[str, str]:
    rows = tenant.get("/v1/suppressions")["suppressions"]
    assert tenant.get("/v1/suppressions", limit=2)["suppressions"] == rows[:2]
    found = {row["address"]: row["source"] for row in rows}
    assert len(found) == len(rows)
    return found


def test_expired_entry_suppresses_nothing(node: Node) -> None:
    past = suppression("past@example.net", expires_at="2026-02-01T00:00:00Z")
    tenant = node.done(document(suppressions=[past]))
    tenant.wait(tenant.send("past@example.net"), "sent")


def test_expired_key_is_out_of_force(node: Node) -> None:
    acme = document()
    acme["api_keys"][0]["expires_at"] = "2026-02-01T00:00:00Z"
    assert node.done(acme).call("GET", "/v1/relays").status_code == 401


def test_inactive_tenant_stops_and_goes_on(node: Node, node_server: Sink) -> None:
    acme = document()
    tenant = node.done(acme)
    # Claimed, and given back when the tenant is stopped.
    node_server.do("slow", "hang")
    slow = tenant.send("slow@example.net")
    waiting.until(lambda: not node_server.script.actions["slow"], "the server to hang")
    node.done(changed(acme, active=False))
    node_server.script.release.set()
    tenant.wait(slow, "deferred")
    waits = tenant.send("later@example.net")
    other = document("other")
    node.done(other)
    view = node.service.client(f"exm_{other['uuid']}")
    view.wait(view.send("other@example.net"), "sent")
    assert tenant.message(waits)["state"] == "queued"
    node.done(changed(acme))
    tenant.wait(waits, "sent")
    tenant.wait(slow, "sent")


def test_new_callback_address_begins_anew(node: Node, receiver: Receiver) -> None:
    first = document(callback_url="http://127.0.0.1:1/hook")
    tenant = node.done(first)
    tenant.wait(tenant.send(), "sent")
    waiting.until(
        lambda: tenant.get("/v1/webhook")["state"] == "failing", "the first failure"
    )
    secret = {"callback_auth": "basic", "callback_username": "u"}
    node.done(
        changed(first, callback_url=receiver.url, callback_secret="pass", **secret)
    )
    waiting.until(lambda: len(receiver.seqs) == 2, "what the first one did not take")
    assert receiver.deliveries[0].headers["authorization"] == "Basic dTpwYXNz"


def test_ids_are_one_tenants(node: Node) -> None:
    acme = document()
    node.done(acme)
    answer = node.put(document())
    assert (answer.status_code, answer.json()["code"]) == (409, "exists")
    answer = node.put(changed(acme, id="other"))
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "id: it is acme and does not change",
    )
    local = node.service.client()
    local.done(local.post("/v1/tenants", {"id": "local"}))
    assert node.put(document("local")).status_code == 409
    answer = node.put(document("other", api_keys=acme["api_keys"]))
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "api_keys: one is another tenant's",
    )
    assert node.state()["tenants"] == {acme["uuid"]: acme["tag"]}
    assert ids(local.get("/v1/tenants")) == ["acme", "local"]
    # The slug is free when the tenant is gone.
    assert node.remove(acme).status_code == 204
    node.done(document())


def test_tenant_with_messages_is_removed(node: Node, node_server: Sink) -> None:
    acme = document()
    tenant = node.done(acme)
    node_server.do("slow", "hang")
    tenant.send("slow@example.net")
    waiting.until(lambda: not node_server.script.actions["slow"], "the server to hang")
    node_server.do("unknown", "550 5.1.1 no such user")
    for number in range(300):
        tenant.send(f"r{number}@example.net", send_at=time.time() + 3600)
    assert node.remove(acme).status_code == 204
    assert node.remove(acme).status_code == 204
    assert node.state() == {"tenants": {}, "problem": None}
    assert tenant.call("GET", "/v1/messages").status_code == 401
    node_server.script.release.set()
    # The one in flight ends, and leaves nothing to who has the name next.
    again = document()
    tenant = node.done(again)
    found = tenant.wait(tenant.send(), "sent")
    assert types(found) == ["accepted", "sent"]
    assert [one["seq"] for one in tenant.get("/v1/events")["events"]] == [1, 2]
    assert '"exception"' not in node.service.log


def test_two_documents_at_once_leave_one_of_them(node: Node, sink: Sink) -> None:
    first = document(
        limit_day=1,
        relays=[relay("one", sink.port)],
        suppressions=[suppression(f"one{n}@example.net") for n in range(500)],
    )
    second = changed(
        first,
        limit_day=2,
        relays=[relay("two", sink.port)],
        suppressions=[suppression(f"two{n}@example.net") for n in range(500)],
    )
    for _ in range(5):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            statuses = [one.status_code for one in pool.map(node.put, (first, second))]
        assert statuses == [204, 204]
        last = {first["tag"]: first, second["tag"]: second}[
            node.state()["tenants"][first["uuid"]]
        ]
        tenant = node.admin(first)
        word = last["relays"][0]["id"]
        assert ids(tenant.get("/v1/relays")) == ["default", word]
        assert tenant.get("/v1/tenants/acme")["limit_day"] == last["limit_day"]
        addresses = ids(tenant.get("/v1/suppressions", limit=500), "address")
        assert len(addresses) == 500
        assert all(address.startswith(word) for address in addresses)
        assert node.remove(first).status_code == 204
