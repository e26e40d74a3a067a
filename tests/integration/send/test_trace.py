# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What became of a message is found by what is known of it, on both databases."""

import time
import typing as tp

import pytest

from exordos_mail.send.trace import handlers
from tests.integration.send.conftest import add_relay
from tests.integration.send.hooks import new_tenant
from tests.integration.send.managed import Node, document
from tests.integration.send.service import Client, Service, mail
from tests.integration.send.sink import Sink
from tests.integration.send.test_outcomes import outcome, tell

_DAY = 24 * 3600


def traced(client: Client, path: str = "/v1/trace", **query: tp.Any) -> list[tp.Any]:
    """Return every trace that is found, of however many parts."""
    found: list[tp.Any] = []
    while True:
        part = client.get(path, **query)
        assert len(part["traces"]) <= query.get("limit", 20)
        found += part["traces"]
        if part["next"] is None:
            return found
        query["before"] = part["next"]


def ids(client: Client, **query: tp.Any) -> list[str]:
    return [one["id"] for one in traced(client, **query)]


def test_one_timeline_from_the_call_to_the_remotes_reply(node: Node) -> None:
    tenant = node.done(document())
    one = tenant.send("ann@example.net", subject="Your order", message_id="<4711@a.b>")
    sent = tenant.wait(one, "sent")
    at = int(time.time() * 1000) + 5000
    tell(node, outcome("acme", one, to="ann@example.net", at=at))
    (found,) = traced(tenant, message_id="<4711@a.b>")
    assert found["id"] == one
    assert (found["message_id"], found["subject"]) == ("<4711@a.b>", "Your order")
    assert found["queue_ids"] == ["1xXnG6-00001W-1V"]
    assert [(e["stage"], e["type"]) for e in found["timeline"]] == [
        ("accepted", "accepted"),
        ("sent", "sent"),
        ("outcome", "delivered"),
    ]
    moments = [entry["at"] for entry in found["timeline"]]
    assert moments == sorted(moments)
    last = found["timeline"][-1]
    assert last["details"]["server"] == "mx.example.net"
    assert last["details"]["reply"] == "250 2.0.0 queued as 4711"
    # When it happened there, and when the service heard of it.
    assert last["noted_at"] < last["at"]
    assert sent["events"][0]["details"]["request"] == found["request"]
    command = node.service.client().get(f"/v1/commands/{found['request']}")
    assert (command["path"], command["result"]["id"]) == ("/v1/messages", one)
    # The outcome leads to the message as its state does.
    assert ids(tenant, to="ann@example.net", state="delivered") == [one]
    assert ids(tenant, to="ann@example.net", state="bounced") == []


def test_messages_are_found_by_each_thing_that_is_known(
    sender: Client, sink: Sink
) -> None:
    now = time.time()
    first = sender.send(
        ["Ann@Example.net", "bob@example.net"],
        subject="Ihre  Bestellung Nr. Ä1",
        **{"from": "shop@example.com", "message_id": "<own-1@example.com>"},
    )
    sender.wait(first, "sent")
    second = sender.send(
        "ann@example.net", subject="Later", send_at=now + _DAY, message_id="<own@x.y>"
    )
    assert sender.message(second)["state"] == "scheduled"
    assert ids(sender, id=first) == [first]
    assert ids(sender, id=first.upper()) == [first]
    assert ids(sender, message_id="own-1@example.com") == [first]
    assert ids(sender, message_id="<own@x.y>") == [second]
    assert ids(sender, to="ANN@example.net") == [second, first]
    assert ids(sender, to="bob@example.net") == [first]
    assert ids(sender, address="shop@example.com") == [first]
    assert ids(sender, address="bob@example.net") == [first]
    sender_of = sender.message(second)["sender"]
    assert ids(sender, **{"from": "Shop@EXAMPLE.com"}) == [first]
    assert ids(sender, **{"from": sender_of}) == [second]
    assert ids(sender, subject="ihre bestellung nr. ä1") == [first]
    assert ids(sender, subject="LATER") == [second]
    assert ids(sender, subject="Late") == []
    assert ids(sender, to="ann@example.net", subject="later") == [second]
    assert ids(sender, to="ann@example.net", state="scheduled") == [second]
    assert ids(sender, since="2026-01-01T00:00:00Z") == [second, first]
    assert ids(sender, since=now - 60, until=now - 30) == []
    assert ids(sender, to="ann@example.net", since=now + 60) == []
    found = traced(sender, id=second)[0]
    assert found["timeline"][0]["details"]["state"] == "scheduled"
    # Made by the service: its id stands in it.
    third = sender.send("carl@example.net")
    (found,) = traced(sender, id=third)
    assert found["message_id"].startswith(f"<{third}@")
    assert ids(sender, message_id=found["message_id"]) == [third]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "."),
        ({"state": "sent"}, "."),
        ({"until": "2026-01-01T00:00:00Z"}, "."),
        ({"subject": "  "}, "."),
        ({"state": "odd"}, "state"),
        ({"to": "no address"}, "to"),
        ({"from": "@"}, "from"),
        ({"address": "x" * 900 + "@example.net"}, "address"),
        ({"since": "yesterday"}, "since"),
        ({"id": "a\x00b"}, "id"),
        ({"subject": "\x00"}, "subject"),
        ({"id": "x", "limit": 101}, "limit"),
        ({"tag": "x", "id": "x"}, "."),
    ],
)
def test_what_leads_to_no_message_is_refused_with_what_would(
    sender: Client, query: dict[str, str], field: str
) -> None:
    answer = sender.call("GET", "/v1/trace", params=query)
    assert answer.status_code == 422, answer.text
    if field != ".":
        assert answer.json()["errors"][0]["field"] == field
    elif "tag" not in query:
        assert "say id, message_id, address" in answer.json()["errors"][0]["message"]


def test_a_part_goes_on_where_the_one_before_has_ended(
    sender: Client, sink: Sink
) -> None:
    later = time.time() + _DAY
    made = []
    for number in range(3):
        batch = [
            mail("ann@example.net", subject=f"s{number}", send_at=later)
            if index % 3
            else mail("ann@example.net", subject=f"s{number}")
            for index in range(60)
        ]
        answer = sender.done(sender.post("/v1/messages/batch", {"messages": batch}))
        made += [one["id"] for one in answer["messages"]]
    for one in made[::3]:
        sender.wait(one, "sent")
    for limit in (7, 100):
        assert ids(sender, to="ann@example.net", limit=limit) == made[::-1]
        assert ids(sender, subject="s1", limit=limit) == made[119:59:-1]
    sent = ids(sender, address="ann@example.net", state="sent", limit=9)
    assert sent == [one for one in made[::-1] if one in made[::3]]


def test_a_removed_message_is_traced_by_its_id_while_its_events_wait(
    service: Service, sink: Sink
) -> None:
    # Nobody is there to take them.
    sender = new_tenant(service, sink, "https://127.0.0.1/none")
    one = sender.send("ann@example.net", subject="Very private matter")
    sender.wait(one, "sent")
    sender.done(sender.call("DELETE", f"/v1/messages/{one}"))
    (found,) = traced(sender, id=one)
    assert (found["state"], found["subject"], found["sender"]) == (None, None, None)
    assert [e["type"] for e in found["timeline"]] == ["accepted", "sent"]
    for query in ({"subject": "very private matter"}, {"to": "ann@example.net"}):
        assert traced(sender, **query) == []


def test_a_tenant_sees_its_own_and_the_admin_all_with_a_row_in_the_log(
    service: Service, admin: Client, sender: Client, sink: Sink
) -> None:
    name = f"{sender.tenant}-2"
    admin.done(admin.post("/v1/tenants", {"id": name}))
    # More than one call looks through.
    for number in range(handlers.TENANTS + 1):
        between = {"id": f"{sender.tenant}-1-{number}"}
        admin.done(admin.post("/v1/tenants", between))
    other = service.client(tenant=name)
    add_relay(other, sink.port)
    address = f"both-{sender.tenant}@example.net"
    made = {sender.tenant: sender.send(address), name: other.send(address)}
    sender.wait(made[sender.tenant], "sent")
    other.wait(made[name], "sent")
    assert ids(sender, to=address) == [made[sender.tenant]]
    assert ids(other, to=address) == [made[name]]
    assert ids(other, id=made[sender.tenant]) == []
    for query in ({"to": address}, {"to": address, "limit": 1}):
        found = traced(admin, "/v1/trace/all", **query)
        assert [(one["tenant"], one["id"]) for one in found] == sorted(made.items())
    (found,) = traced(admin, "/v1/trace/all", id=made[name])
    assert (found["tenant"], found["id"]) == (name, made[name])
    (found,) = traced(admin, "/v1/trace/all", message_id=found["message_id"])
    assert found["tenant"] == name
    key = sender.done(
        sender.post("/v1/keys", {"name": "k", "scopes": ["send", "read", "manage"]})
    )["key"]
    assert service.client(key).call("GET", "/v1/trace/all").status_code == 403
    query = {"path": "/v1/trace/all", "limit": 500}
    rows = admin.done(admin.call("GET", "/v1/commands", params=query))["commands"]
    paths = [one["path"] for one in rows]
    assert "/v1/trace/all?to=***" in paths
    assert f"/v1/trace/all?id={made[name]}" in paths
    assert {one["actor"] for one in rows} == {"admin"}
    # Who was looked for stays out of it.
    assert address not in str(rows) + service.log


def test_an_event_is_in_the_trace_as_soon_as_it_is_written(
    sender: Client, sink: Sink
) -> None:
    one = sender.send("ann@example.net")
    assert traced(sender, id=one)[0]["timeline"][0]["type"] == "accepted"
    sender.wait(one, "sent")
    assert traced(sender, to="ann@example.net")[0]["timeline"][-1]["type"] == "sent"
