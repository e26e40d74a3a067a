# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Order, limits, suspension, change and removal of what is queued."""

import time
import typing as tp

from tests.integration.send.conftest import add_relay
from tests.integration.send.service import Client, mail, types
from tests.integration.send.sink import Sink
from tests.integration.support import waiting


def _suspend(tenant: Client, batch: str = "") -> None:
    path = f"/v1/suspensions/{batch}" if batch else "/v1/suspensions"
    tenant.done(tenant.call("PUT", path))


def _resume(tenant: Client, batch: str = "") -> dict[str, tp.Any]:
    path = f"/v1/suspensions/{batch}" if batch else "/v1/suspensions"
    return dict(tenant.done(tenant.call("DELETE", path)))


def _recipients(sink: Sink) -> list[str]:
    return [one.recipients[0].partition("@")[0] for one in sink.taken]


def test_strict_priority_then_order_of_acceptance(tenant: Client, sink: Sink) -> None:
    add_relay(tenant, sink.port, concurrency=1)
    _suspend(tenant)
    for name, priority in (
        ("low", "low"),
        ("medium1", 2),
        ("medium2", "medium"),
        ("high", "high"),
    ):
        tenant.send(f"{name}@example.net", priority=priority)
    _resume(tenant)
    sink.wait_for(4)
    assert _recipients(sink) == ["high", "medium1", "medium2", "low"]


def test_immediate_message_is_not_behind_bulk(tenant: Client, sink: Sink) -> None:
    add_relay(tenant, sink.port, concurrency=1)
    _suspend(tenant)
    bulk = [mail(f"bulk{number}@example.net") for number in range(500)]
    tenant.done(tenant.post("/v1/messages/batch", {"messages": bulk}))
    _resume(tenant)
    sink.wait_for(10)
    message_id = tenant.send("now@example.net", priority="immediate")
    tenant.wait(message_id, "sent")
    assert len(sink.taken) < 400
    sink.wait_for(501)


def test_suspended_batch_waits_and_the_others_do_not(
    sender: Client, sink: Sink
) -> None:
    _suspend(sender, "x")
    held = sender.send("held@example.net", batch="x")
    # Neither a part of the code nor one with a comma or a wildcard is meant.
    for number, batch in enumerate(("x,y", "y", "xx", "%")):
        sender.wait(sender.send(f"free{number}@example.net", batch=batch), "sent")
    assert sender.message(held)["state"] == "suspended"
    assert [one["batch"] for one in sender.get("/v1/suspensions")["batches"]] == ["x"]
    assert _resume(sender, "x") == {"messages": 1}
    sender.wait(held, "sent")


def test_everything_suspended_and_one_batch_too(sender: Client, sink: Sink) -> None:
    _suspend(sender)
    _suspend(sender, "x")
    in_batch, free = sender.send(batch="x"), sender.send()
    assert _resume(sender) == {"messages": 1}
    sender.wait(free, "sent")
    assert sender.message(in_batch)["state"] == "suspended"
    assert _resume(sender, "x") == {"messages": 1}
    sender.wait(in_batch, "sent")
    assert sender.call("DELETE", "/v1/suspensions").status_code == 404


def test_queued_messages_are_suspended_too(sender: Client, sink: Sink) -> None:
    message_id = sender.send(batch="x", send_at=time.time() + 2)
    _suspend(sender, "x")
    assert sender.message(message_id)["state"] == "suspended"
    _resume(sender, "x")
    assert sender.message(message_id)["state"] == "scheduled"
    sender.wait(message_id, "sent")


def test_inactive_tenant_sends_nothing(
    admin: Client, sender: Client, sink: Sink
) -> None:
    path = f"/v1/tenants/{sender.tenant}"
    admin.done(admin.call("PATCH", path, json={"active": False}))
    message_id = sender.send()
    canary = sender.send(send_at=time.time() + 1)
    waiting.until(lambda: sender.message(canary)["due_at"] < _now(), "the time to pass")
    assert sender.message(message_id)["state"] == "queued"
    admin.done(admin.call("PATCH", path, json={"active": True}))
    sender.wait(message_id, "sent")


def test_limit_of_a_relay_defers(tenant: Client, sink: Sink) -> None:
    add_relay(tenant, sink.port, limit_minute=5)
    batch = {"messages": [mail(f"r{number}@example.net") for number in range(12)]}
    answer = tenant.done(tenant.post("/v1/messages/batch", batch))
    sink.wait_for(5)
    last = answer["messages"][11]["id"]
    assert tenant.message(last)["state"] == "queued"
    counts = tenant.get("/v1/messages/counts")["states"]
    assert counts["queued"] == 7
    assert len(sink.taken) == 5


def test_limit_of_a_tenant_is_over_all_relays(
    admin: Client, tenant: Client, sink: Sink
) -> None:
    add_relay(tenant, sink.port, "one")
    add_relay(tenant, sink.port, "two")
    change = {"limit_hour": 3}
    admin.done(admin.call("PATCH", f"/v1/tenants/{tenant.tenant}", json=change))
    for number in range(3):
        for relay in ("one", "two"):
            tenant.send(f"r{number}@example.net", relay=relay)
    sink.wait_for(3)
    waiting.until(
        lambda: tenant.get("/v1/messages/counts")["states"]["sent"] == 3, "results"
    )
    assert tenant.get("/v1/messages/counts")["states"]["queued"] == 3


def test_limit_that_rejects(tenant: Client, sink: Sink) -> None:
    add_relay(tenant, sink.port, limit_day=1, over_limit="reject")
    tenant.wait(tenant.send(), "sent")
    found = tenant.wait(tenant.send(), "failed")
    assert found["events"][-1]["details"]["reason"] == "rate_limit_exceeded"


def test_same_relay_name_of_two_tenants_shares_nothing(
    admin: Client, service: tp.Any, sink: Sink
) -> None:
    clients = []
    for name in ("shared-a", "shared-b"):
        admin.done(admin.post("/v1/tenants", {"id": name, "name": name}))
        client = service.client(tenant=name)
        add_relay(client, sink.port, limit_hour=1)
        clients.append(client)
    for client in clients:
        client.wait(client.send(), "sent")


def test_cancel_before_it_is_sent(sender: Client, sink: Sink) -> None:
    message_id = sender.send(send_at=time.time() + 3600)
    answer = sender.done(sender.call("POST", f"/v1/messages/{message_id}/cancel"))
    assert answer["state"] == "cancelled"
    assert types(answer) == ["accepted", "cancelled"]
    assert sender.call("POST", f"/v1/messages/{message_id}/cancel").status_code == 409


def test_reschedule(sender: Client, sink: Sink) -> None:
    message_id = sender.send(send_at=time.time() + 3600)
    path = f"/v1/messages/{message_id}"
    bad = {"send_at": time.time() + 30 * 86400}
    assert sender.call("PATCH", path, json=bad).status_code == 422
    change = {"send_at": time.time() - 1, "priority": "immediate"}
    assert sender.done(sender.call("PATCH", path, json=change))["priority"]
    sent = sender.wait(message_id, "sent")
    assert types(sent) == ["accepted", "rescheduled", "sent"]
    # A moment that is past means now.
    moved = sent["events"][1]
    assert sent["due_at"] == moved["details"]["due_at"] > sent["created_at"]
    assert sender.call("PATCH", path, json=change).status_code == 409


def test_remove_and_clean_up_leave_what_is_not_final(
    sender: Client, sink: Sink
) -> None:
    kept = sender.send(send_at=time.time() + 3600)
    removed, cleaned = sender.send(), sender.send()
    for message_id in (removed, cleaned):
        sender.wait(message_id, "sent")
    assert sender.call("DELETE", f"/v1/messages/{kept}").status_code == 409
    assert sender.call("DELETE", f"/v1/messages/{removed}").status_code == 204
    assert sender.call("GET", f"/v1/messages/{removed}").status_code == 404
    path = "/v1/messages/clean-up"
    assert sender.call("GET", path).status_code in (404, 405)
    assert sender.call("POST", path, params={"older_than": 0}).json() == {"removed": 1}
    assert [one["id"] for one in sender.get("/v1/messages")["messages"]] == [kept]


def test_list_filters_and_pages(sender: Client, sink: Sink) -> None:
    batch = {
        "messages": [mail(f"r{n}@example.net", batch=f"b{n % 2}") for n in range(7)]
    }
    answer = sender.done(sender.post("/v1/messages/batch", batch))
    made = [one["id"] for one in answer["messages"]]
    found: list[str] = []
    page: dict[str, tp.Any] = {"next": "~"}
    while page["next"]:
        page = sender.get("/v1/messages", before=page["next"], limit=3)
        found += [one["id"] for one in page["messages"]]
    assert found == made[::-1]
    in_batch = sender.get("/v1/messages", batch="b1")["messages"]
    assert [one["id"] for one in in_batch] == made[5::-2]
    of_one = sender.get("/v1/messages", recipient="R3@example.net")["messages"]
    assert [one["id"] for one in of_one] == [made[3]]
    assert sender.call("GET", "/v1/messages", params={"state": "x"}).status_code == 422
    for message_id in made:
        sender.wait(message_id, "sent")
    assert sender.get("/v1/messages/counts")["unfinished"] == 0
    assert len(sender.get("/v1/messages", state="sent")["messages"]) == 7


def test_counts_are_of_one_batch_or_of_all(sender: Client, sink: Sink) -> None:
    later = time.time() + 3600
    for batch in ("b", "b", "c", None):
        sender.send(batch=batch, send_at=later)
    sender.wait(sender.send(batch="b"), "sent")
    for query, scheduled, unfinished in (({"batch": "b"}, 2, 2), ({}, 4, 4)):
        counts = sender.get("/v1/messages/counts", **query)
        assert (counts["states"]["scheduled"], counts["states"]["sent"]) == (
            scheduled,
            1,
        )
        assert counts["unfinished"] == unfinished


def test_events_have_no_gaps_and_are_fetched_once(sender: Client, sink: Sink) -> None:
    ids = [sender.send(f"r{number}@example.net") for number in range(10)]
    for message_id in ids:
        sender.wait(message_id, "sent")
    seen: list[dict[str, tp.Any]] = []
    after = 0
    while True:
        page = sender.get("/v1/events", after=after, limit=7)
        if not page["events"]:
            break
        seen += page["events"]
        after = page["next"]
    assert [event["seq"] for event in seen] == list(range(1, 21))
    assert sorted(e["message_id"] for e in seen if e["type"] == "sent") == sorted(ids)
    assert sender.get("/v1/events", last=3) == {"events": seen[-3:], "next": 20}
    assert sender.get("/v1/events", last=0) == {"events": [], "next": 20}
    assert sender.get("/v1/events", last=500, limit=2)["events"] == seen[:2]


def test_suppression_is_an_event_and_can_be_overridden(
    sender: Client, sink: Sink
) -> None:
    path = "/v1/suppressions/Gone@Example.net"
    sender.done(sender.call("PUT", path, json={"reason": "asked us to"}))
    found = sender.message(sender.send(["GONE@example.net", "here@example.net"]))
    assert found["recipients"][0]["state"] == "suppressed"
    sender.wait(found["id"], "sent")
    alone = sender.message(sender.send("gone@example.net"))
    assert alone["state"] == "suppressed"
    assert types(alone) == ["accepted", "suppressed"]
    assert alone["events"][1]["details"]["reason"] == "asked us to"
    override = sender.send("gone@example.net", override_suppression="legal notice")
    sent = sender.wait(override, "sent")
    assert sent["events"][0]["details"]["suppression_override"] == "legal notice"
    sender.done(sender.call("DELETE", path))
    sender.wait(sender.send("gone@example.net"), "sent")


def test_hard_bounce_suppresses_and_a_policy_refusal_does_not(
    sender: Client, sink: Sink
) -> None:
    sink.do("nobody", "550 5.1.1 no such user")
    sink.do("policy", "550 5.7.1 not from you")
    for name in ("nobody", "policy"):
        sender.wait(sender.send(f"{name}@example.net"), "failed")
    listed = sender.get("/v1/suppressions")["suppressions"]
    assert [(one["address"], one["source"]) for one in listed] == [
        ("nobody@example.net", "hard_bounce")
    ]


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
