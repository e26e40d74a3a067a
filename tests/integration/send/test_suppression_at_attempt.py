# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The suppression list is asked when a recipient is about to be tried."""

import time
import typing as tp

from tests.integration.send.conftest import add_relay
from tests.integration.send.service import Client, types
from tests.integration.send.sink import Sink
from tests.integration.support import waiting


def _suppress(tenant: Client, address: str, reason: str = "asked") -> None:
    path = f"/v1/suppressions/{address}"
    tenant.done(tenant.call("PUT", path, json={"reason": reason}))


def _states(found: dict[str, tp.Any]) -> dict[str, str]:
    return {one["address"]: one["state"] for one in found["recipients"]}


def test_scheduled_message_gets_no_further_than_the_list(
    sender: Client, sink: Sink
) -> None:
    message_id = sender.send(["out@example.net"], send_at=time.time() + 2)
    both = sender.send(["Out@example.net", "in@example.net"], send_at=time.time() + 2)
    _suppress(sender, "OUT@example.net", "they have asked for it")
    found = sender.wait(message_id, "suppressed")
    assert types(found) == ["accepted", "suppressed"]
    assert found["events"][-1]["details"]["reason"] == "they have asked for it"
    found = sender.wait(both, "sent")
    assert _states(found) == {"Out@example.net": "suppressed", "in@example.net": "sent"}
    assert [one.recipients for one in sink.taken] == [["in@example.net"]]


def test_deferred_recipient_is_not_tried_again(sender: Client, sink: Sink) -> None:
    sink.do("later", *["451 4.7.1 not now"] * 50)
    message_id = sender.send(["later@example.net", "good@example.net"])
    sender.wait(message_id, "deferred")
    _suppress(sender, "later@example.net")
    found = sender.wait(message_id, "sent")
    assert _states(found)["later@example.net"] == "suppressed"
    assert len(sink.taken) == 1


def test_claimed_message_that_waits_for_a_connection_asks_again(
    tenant: Client, sink: Sink
) -> None:
    add_relay(tenant, sink.port, concurrency=1, timeout_seconds=60)
    sink.do("slow", "hang")
    slow = tenant.send(["slow@example.net"], priority="high")
    behind = tenant.send(["behind@example.net"])
    beyond = tenant.send(["beyond@example.net"])
    for message_id in (slow, behind, beyond):
        tenant.wait(message_id, "sending")
    waiting.until(lambda: not sink.script.actions["slow"], "the server to hang")
    _suppress(tenant, "behind@example.net")
    sink.script.release.set()
    assert tenant.wait(behind, "suppressed")["attempts"] == 1
    tenant.wait(beyond, "sent")
    assert sink.to("behind") == []


def test_address_that_does_not_exist_is_tried_by_one_message(
    tenant: Client, sink: Sink
) -> None:
    add_relay(tenant, sink.port, concurrency=1)
    tenant.done(tenant.call("PUT", "/v1/suspensions"))
    sink.do("gone", "550 5.1.1 no such user")
    first, second = (tenant.send(["gone@example.net"]) for _ in range(2))
    tenant.done(tenant.call("DELETE", "/v1/suspensions"))
    tenant.wait(first, "failed")
    tenant.wait(second, "suppressed")
    assert sink.taken == []


def test_what_was_accepted_in_spite_of_the_list_is_sent(
    sender: Client, sink: Sink
) -> None:
    why = {"override_suppression": "a receipt"}
    message_id = sender.send(["out@example.net"], send_at=time.time() + 1, **why)
    _suppress(sender, "out@example.net")
    sender.wait(message_id, "sent")


def test_entry_of_a_domain_stands_for_every_address_of_it(
    sender: Client, sink: Sink
) -> None:
    before = sender.send(["a@closed.example"], send_at=time.time() + 1)
    _suppress(sender, "*@Closed.example", "closed")
    answer = sender.done(
        sender.post(
            "/v1/messages",
            {
                "from": "a@example.com",
                "to": ["B@closed.EXAMPLE", "c@sub.closed.example"],
                "text": "x",
            },
        )
    )
    assert answer["suppressed"] == ["B@closed.example"]
    found = sender.wait(answer["id"], "sent")
    assert found["recipients"][1]["state"] == "sent"
    assert sender.wait(before, "suppressed")
    assert len(sink.taken) == 1
    assert sender.get("/v1/suppressions/*@closed.example")["reason"] == "closed"
    sender.done(sender.call("DELETE", "/v1/suppressions/*@closed.example"))
    sender.wait(sender.send(["a@closed.example"]), "sent")


def test_an_address_that_looks_like_such_an_entry_closes_no_domain(
    sender: Client, sink: Sink
) -> None:
    sink.do("*", "550 5.1.1 no such user")
    sender.wait(sender.send(["*@example.net"]), "failed")
    assert sender.get("/v1/suppressions")["suppressions"] == []
    sender.wait(sender.send(["a@example.net"]), "sent")
