# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the node's exim has in its log becomes events of the messages, each once."""

import collections
import itertools
import typing as tp

import pytest

from exordos_mail.standards import submitter
from tests.integration.send.managed import Node, document, relay
from tests.integration.send.receiver import Receiver
from tests.integration.send.service import Client, types
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

_NUMBERS = itertools.count(1)
Outcome = dict[str, tp.Any]
GONE = {"code": 550, "enhanced": "5.1.1", "reply": "550 5.1.1 no such user"}


def outcome(
    tenant: str,
    message_id: str,
    state: str = "delivered",
    to: str = "rcpt@example.net",
    **more: tp.Any,
) -> Outcome:
    """Return what the node tells."""
    return {
        "seq": next(_NUMBERS),
        "submitter": str(submitter.Submitter(message_id, tenant)),
        "at": 1_796_000_000_000,
        "state": state,
        "queue_id": "1xXnG6-00001W-1V",
        "recipient": to,
        "host": "mx.example.net",
        "address": "192.0.2.25",
        "tls": "TLS1.3 verified",
        "code": 250,
        "enhanced": "2.0.0",
        "reply": "250 2.0.0 queued as 4711",
        # What the protocol has beside.
        "login": "",
        **more,
    }


def tell(node: Node, *outcomes: Outcome) -> list[int]:
    """Tell them; return those that come too early."""
    answer = node.call("POST", "/v1/managed/outcomes", json={"outcomes": outcomes})
    return tp.cast(list[int], Client.done(answer)["again"])


def told(message: dict[str, tp.Any]) -> list[dict[str, tp.Any]]:
    """Return the events after `sent`."""
    return [one for one in message["events"] if one["type"] not in ("accepted", "sent")]


def recipient(message: dict[str, tp.Any]) -> dict[str, tp.Any]:
    (found,) = message["recipients"]
    return tp.cast(dict[str, tp.Any], found)


def test_the_nodes_own_server_is_told_whose_message_it_is(
    node: Node, node_server: Sink, sink: Sink
) -> None:
    tenant = node.done(document(relays=[relay("other", sink.port)]))
    ours = tenant.send()
    tenant.wait(ours, "sent")
    tenant.wait(tenant.send(relay="other"), "sent")
    assert node_server.taken[0].submitter == str(submitter.Submitter(ours, "acme"))
    # Others would not know what to do with it.
    assert sink.taken[0].submitter == ""


def test_each_outcome_is_an_event_once(node: Node) -> None:
    tenant = node.done(document())
    message_id = tenant.send()
    tenant.wait(message_id, "sent")
    delayed = outcome(
        "acme", message_id, "delayed", code=450, enhanced="4.7.1", reply="450 later"
    )
    delivered = outcome("acme", message_id)
    for _ in range(3):
        assert tell(node, delayed, delivered) == []
    found = tenant.message(message_id)
    assert found["state"] == "sent"
    assert [one["type"] for one in told(found)] == ["delayed", "delivered"]
    assert told(found)[1]["details"] == {
        "code": 250,
        "enhanced": "2.0.0",
        "reply": "250 2.0.0 queued as 4711",
        "server": "mx.example.net",
        "address": "192.0.2.25",
        "tls": "TLS1.3 verified",
        "queue_id": "1xXnG6-00001W-1V",
        "happened_at": "2026-11-30T00:53:20.000Z",
    }
    one = recipient(found)
    assert (one["state"], one["outcome"]) == ("sent", "delivered")
    assert (one["code"], one["reply"]) == (250, "250 2.0.0 queued as 4711")


def test_an_address_that_does_not_exist_is_suppressed(node: Node) -> None:
    tenant = node.done(document())
    message_id = tenant.send("gone@example.net")
    tenant.wait(message_id, "sent")
    tell(node, outcome("acme", message_id, "bounced", "gone@example.net", **GONE))
    (event,) = told(tenant.message(message_id))
    assert (event["type"], event["details"]["class"]) == ("bounced", "recipient")
    (entry,) = tenant.get("/v1/suppressions")["suppressions"]
    assert (entry["address"], entry["source"]) == ("gone@example.net", "hard_bounce")
    tenant.wait(tenant.send("gone@example.net"), "suppressed")


@pytest.mark.parametrize(
    ("state", "reply"),
    [
        ("bounced", "550 5.7.1 blocked using zen.spamhaus.org"),
        ("bounced", "552 5.2.2 mailbox is full"),
        ("expired", "450 4.1.1 user unknown: retry timeout exceeded"),
        ("delayed", "450 4.1.1 user unknown"),
        ("relayed", "250 2.0.0 ok"),
    ],
)
def test_nothing_else_is(node: Node, state: str, reply: str) -> None:
    tenant = node.done(document())
    message_id = tenant.send()
    tenant.wait(message_id, "sent")
    code, enhanced, *_ = reply.split()
    tell(
        node,
        outcome(
            *("acme", message_id, state),
            code=int(code),
            enhanced=enhanced,
            reply=reply,
        ),
    )
    found = tenant.message(message_id)
    assert [one["type"] for one in told(found)] == [state]
    assert recipient(found)["outcome"] == state
    assert tenant.get("/v1/suppressions")["suppressions"] == []


def test_a_later_outcome_takes_the_place_of_an_earlier_one(node: Node) -> None:
    tenant = node.done(document())
    message_id = tenant.send()
    tenant.wait(message_id, "sent")
    for state, shown in (
        ("delayed", "delayed"),
        ("delivered", "delivered"),
        ("relayed", "delivered"),
        ("bounced", "bounced"),
        ("delivered", "bounced"),
    ):
        more = GONE if state == "bounced" else {}
        tell(node, outcome("acme", message_id, state, **more))
        assert recipient(tenant.message(message_id))["outcome"] == shown
    assert recipient(tenant.message(message_id))["reply"] == GONE["reply"]


def test_what_comes_before_our_own_record_is_told_again(
    node: Node, node_server: Sink
) -> None:
    """The reply to a message may be lost, and its outcome come first."""
    tenant = node.done(document())
    node_server.do("rcpt", "451 4.3.0 not now")
    message_id = tenant.send()
    tenant.wait(message_id, "deferred")
    early = outcome("acme", message_id)
    assert tell(node, early) == [early["seq"]]
    assert told(tenant.message(message_id))[-1]["type"] == "deferred"


def test_what_is_of_nobody_is_left_out(node: Node) -> None:
    tenant = node.done(document())
    other = node.done(document("other"))
    message_id = tenant.send()
    tenant.wait(message_id, "sent")
    some = [
        outcome("other", message_id),
        outcome("nobody", message_id),
        outcome("acme", message_id, to="another@example.net"),
        outcome("acme", message_id) | {"submitter": "ann@example.com"},
        outcome("acme", message_id) | {"submitter": ""},
    ]
    assert tell(node, *some) == []
    assert told(tenant.message(message_id)) == []
    assert recipient(tenant.message(message_id))["outcome"] is None
    # It is believed of the other tenant, whose message it may have been.
    assert [one["message_id"] for one in other.get("/v1/events")["events"]] == [
        message_id
    ]


def test_a_removed_message_is_told_of_still(node: Node) -> None:
    tenant = node.done(document())
    message_id = tenant.send("gone@example.net")
    tenant.wait(message_id, "sent")
    tenant.done(tenant.call("DELETE", f"/v1/messages/{message_id}"))
    late = outcome("acme", message_id, "bounced", "gone@example.net", **GONE)
    for _ in range(2):
        assert tell(node, late) == []
    kinds = [one["type"] for one in tenant.get("/v1/events")["events"]]
    assert kinds.count("bounced") == 1
    assert len(tenant.get("/v1/suppressions")["suppressions"]) == 1


def test_many_of_several_tenants_at_once(node: Node) -> None:
    """As the node tells them: a hundred at a time, tenants mixed."""
    slugs = ("acme", "beta", "coda")
    tenants = {slug: node.done(document(slug)) for slug in slugs}
    sent = {
        slug: [tenant.send(["a@example.net", "b@example.net"]) for _ in range(10)]
        for slug, tenant in tenants.items()
    }
    for slug, ids in sent.items():
        for message_id in ids:
            tenants[slug].wait(message_id, "sent")
    told_of = [
        outcome(slug, message_id, to=to)
        for message_ids in zip(*sent.values(), strict=True)
        for slug, message_id in zip(slugs, message_ids, strict=True)
        for to in ("a@example.net", "b@example.net")
    ]
    assert tell(node, *told_of) == tell(node, *told_of) == []
    for slug, ids in sent.items():
        for message_id in ids:
            found = tenants[slug].message(message_id)
            assert collections.Counter(types(found))["delivered"] == 2


def test_the_webhook_hears_it(node: Node, receiver: Receiver) -> None:
    tenant = node.done(document(callback_url=f"{receiver.url}/hook"))
    message_id = tenant.send()
    tenant.wait(message_id, "sent")
    tell(node, outcome("acme", message_id, "bounced", **GONE))
    waiting.until(
        lambda: any(
            event["type"] == "bounced"
            for one in list(receiver.deliveries)
            for event in one.events
        ),
        "it hears",
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"outcomes": [{}]}',
        '{"outcomes": [null]}',
        '{"outcomes": {}}',
        "\x00",
        "[" * 60_000,
    ],
)
def test_a_bad_body_is_refused(node: Node, body: str) -> None:
    answer = node.call("POST", "/v1/managed/outcomes", content=body)
    assert answer.status_code in (400, 422), answer.text
