# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a caller writes on messages comes back to it, and goes nowhere else."""

import time
import typing as tp

import pytest

from tests.integration.send import hooks
from tests.integration.send.hooks import new_tenant, until_caught_up
from tests.integration.send.receiver import Receiver, Reply
from tests.integration.send.service import Client, Service, mail
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

hooked = hooks.hooked

LABELS: dict[str, tp.Any] = {
    "reference": "Bestellung-№4711",
    "tags": ["receipt", "größe 2", "'; DROP TABLE tags; --"],
    "metadata": {"customer": "Žluťoučký 🐎", "note": "two\nlines", "empty": ""},
}
#: What is nowhere but where the caller reads it.
_SECRETS = ("4711", "receipt", "customer", "Žluťoučký", "DROP TABLE")
_NONE = {"reference": None, "tags": [], "metadata": {}}


def shown(found: tp.Mapping[str, tp.Any]) -> dict[str, tp.Any]:
    """Return what an answer or an event says of labels."""
    return {name: found[name] for name in LABELS}


def ids(client: Client, **query: tp.Any) -> list[str]:
    return [one["id"] for one in client.get("/v1/messages", **query)["messages"]]


def test_they_are_in_each_look_up_and_in_every_event(
    service: Service, sender: Client, sink: Sink
) -> None:
    sink.do("later", "451 4.7.1 later")
    bare = sender.send()
    one = sender.send(["later@example.net", "at-once@example.net"], **LABELS)
    found = sender.wait(one, "sent")
    assert shown(found) == LABELS
    assert len(found["events"]) == 4
    assert [shown(event) for event in found["events"]] == [LABELS] * 4
    sender.wait(bare, "sent")
    listed = sender.get("/v1/messages")["messages"]
    assert [shown(row) for row in listed] == [LABELS, _NONE]
    for event in sender.get("/v1/events", limit=500)["events"]:
        assert shown(event) == (LABELS if event["message_id"] == one else _NONE)
    every = service.client().get("/v1/queue/messages", reference=LABELS["reference"])
    assert [(row["id"], shown(row)) for row in every["messages"]] == [(one, LABELS)]


def test_they_are_in_no_mail_and_in_no_log(
    service: Service, sender: Client, sink: Sink
) -> None:
    sender.wait(sender.send("r@example.net", **LABELS), "sent")
    raw = {**LABELS, "to": "r@example.net", "raw": "RnJvbTogYUBleGFtcGxlLmNvbQoKSGkK"}
    sender.wait(sender.done(sender.post("/v1/messages", raw))["id"], "sent")
    wrong = mail(**{**LABELS, "tags": ["receipt\n4711"]})
    assert sender.post("/v1/messages", wrong).status_code == 422
    sender.get("/v1/messages", reference=LABELS["reference"], tag="receipt")
    commands = service.client().call("GET", "/v1/commands", params={"limit": 500})
    texts = [one.text for one in sink.taken] + [commands.text, service.log]
    assert len(sink.taken) == 2
    # Numbers of ports and moments are in texts, too.
    secrets = [one for one in _SECRETS if one != "4711"]
    assert not [one for one in secrets for text in texts if one in text]


def test_messages_are_found_by_them(sender: Client, sink: Sink) -> None:
    later = time.time() + 3600
    batch = [
        mail(reference=f"r{number % 2}", tags=["all", f"t{number}"], send_at=later)
        for number in range(5)
    ]
    answer = sender.done(sender.post("/v1/messages/batch", {"messages": batch}))
    made = [one["id"] for one in answer["messages"]]
    assert ids(sender, tag="all") == made[::-1]
    assert ids(sender, reference="r1") == [made[3], made[1]]
    assert ids(sender, reference="r1", tag="t3") == [made[3]]
    assert ids(sender, tag="all", limit=2) == made[:-3:-1]
    assert ids(sender, tag="all", limit=9, before=made[3]) == made[2::-1]
    assert ids(sender, tag="all", state="sent") == []
    assert ids(sender, tag="all", recipient="rcpt@example.net") == made[::-1]
    assert ids(sender, tag="ALL") == []


def test_they_are_the_tenants_own(
    service: Service, admin: Client, sender: Client, sink: Sink
) -> None:
    name = f"{sender.tenant}-2"
    admin.done(admin.post("/v1/tenants", {"id": name}))
    sender.send(**LABELS)
    other = service.client(tenant=name)
    assert ids(other, tag="receipt") == []
    assert ids(other, reference=LABELS["reference"]) == []


@pytest.mark.parametrize("name", ["reference", "tag"])
@pytest.mark.parametrize("text", ["a\x00b", "x" * 201])
def test_what_no_message_can_have_is_not_looked_for(
    sender: Client, name: str, text: str
) -> None:
    answer = sender.call("GET", "/v1/messages", params={name: text})
    assert answer.status_code == 422, answer.text


def test_a_batch_is_taken_as_a_whole_or_not(sender: Client, sink: Sink) -> None:
    good, bad = mail(**LABELS), mail(metadata={"a": "\x00"})
    answer = sender.post("/v1/messages/batch", {"messages": [good, bad]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "messages[1].metadata.a"
    assert ids(sender) == []


def test_the_most_of_everything_in_a_thousand_messages(
    sender: Client, sink: Sink
) -> None:
    most = {
        "reference": "✓" * 200,
        "tags": [f"{number}" + "✓" * 63 for number in range(10)],
        "metadata": {f"n{number:02}": "x" * 200 for number in range(20)},
    }
    later = time.time() + 3600
    bodies = {"messages": [mail(**most, send_at=later)] * 1000}
    answer = sender.done(sender.post("/v1/messages/batch", bodies))
    assert answer["accepted"] == 1000
    page = sender.get("/v1/messages", tag=most["tags"][9], limit=500)
    assert len(page["messages"]) == 500 and shown(page["messages"][0]) == most
    events = sender.get("/v1/events", after=500, limit=500)["events"]
    assert shown(events[-1]) == most


def test_a_batch_says_once_what_its_messages_have_in_common(
    sender: Client, sink: Sink
) -> None:
    defaults = {"from": "shop@example.com", "priority": "low", **LABELS}
    defaults["headers"] = {"X-Run": "seven"}
    messages = [{"to": f"r{number}@example.net", "text": "x"} for number in range(999)]
    messages.append({**mail("own@example.net"), "tags": ["own"], "priority": "medium"})
    body = {"defaults": defaults, "messages": messages}
    later = {"defaults": {**defaults, "send_at": time.time() + 3600}}
    answer = sender.done(sender.post("/v1/messages/batch", {**body, **later}))
    assert answer["accepted"] == 1000
    listed = sender.get("/v1/messages", limit=500)["messages"]
    assert shown(listed[0]) == {**LABELS, "tags": ["own"]}
    assert shown(listed[1]) == LABELS
    told = [(one["sender"], one["priority"]) for one in listed[:2]]
    assert told == [("sender@example.com", "medium"), ("shop@example.com", "low")]
    some = {"defaults": defaults, "messages": messages[-1:]}
    sender.done(sender.post("/v1/messages/batch", some))
    text = sink.wait_for(1)[0].text
    assert "X-Run: seven" in text and "sender@example.com" in text


def test_one_key_is_for_one_set_of_them(sender: Client, sink: Sink) -> None:
    body = {"idempotency_key": "k", **LABELS}
    first, again = (sender.post("/v1/messages", mail(**body)) for _ in range(2))
    assert first.json() == again.json()
    body["metadata"] = {"customer": "another"}
    assert sender.post("/v1/messages", mail(**body)).status_code == 409


def test_what_is_sent_again_keeps_them(sender: Client, sink: Sink) -> None:
    sink.do("bad", "554 5.7.1 not today")
    first = sender.send("bad@example.net", **LABELS)
    sender.wait(first, "failed")
    again = sender.done(sender.post(f"/v1/messages/{first}/resend"))["id"]
    found = sender.wait(again, "sent")
    assert shown(found) == LABELS
    assert found["events"][0]["details"]["resend_of"] == first
    assert ids(sender, reference=LABELS["reference"]) == [again, first]


def test_they_go_with_the_message(sender: Client, sink: Sink) -> None:
    one = sender.send(**LABELS)
    sender.wait(one, "sent")
    sender.done(sender.call("DELETE", f"/v1/messages/{one}"))
    assert ids(sender, tag="receipt") == []
    assert sender.get("/v1/events")["events"] == []


def test_webhooks_have_them_also_when_the_message_is_gone(
    hooked: Service, sink: Sink, receiver: Receiver
) -> None:
    receiver.do(Reply(500, hang=True))
    tenant = new_tenant(hooked, sink, receiver.url)
    first = tenant.send(**LABELS)
    tenant.wait(first, "sent")
    waiting.until(lambda: receiver.deliveries, "a delivery")
    tenant.done(tenant.call("DELETE", f"/v1/messages/{first}"))
    receiver.release.set()
    second = tenant.send()
    tenant.wait(second, "sent")
    until_caught_up(tenant, 4)
    refused, again, *_ = receiver.deliveries
    assert refused.body == again.body
    events = [event for one in receiver.deliveries for event in one.events]
    told = {(event["message_id"], event["type"]): shown(event) for event in events}
    assert told[first, "accepted"] == told[first, "sent"] == LABELS
    assert told[second, "accepted"] == _NONE
    waiting.until(
        lambda: (
            {one["message_id"] for one in tenant.get("/v1/events")["events"]}
            == {second}
        ),
        "what is told of the message to go",
    )
