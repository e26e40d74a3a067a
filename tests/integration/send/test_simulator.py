# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Addresses of the simulator: all looks as if a server had been asked, and none was."""

import time
import typing as tp

import pytest

from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.receiver import Receiver
from tests.integration.send.service import Client, types
from tests.integration.send.sink import Sink
from tests.integration.support import waiting
from tests.unit.send import bounce_corpus as corpus

_HOST = "simulator.invalid"


def _at(name: str) -> str:
    return f"{name}@{_HOST}"


def _outcome(found: dict[str, tp.Any], to: str) -> tuple[str, str | None]:
    (one,) = [one for one in found["recipients"] if one["address"] == to]
    return one["state"], one["outcome"]


@pytest.mark.parametrize(
    ("name", "followed", "outcome"),
    [
        ("success", ["delivered"], "delivered"),
        ("Success+a.label", ["delivered"], "delivered"),
        ("bounce", ["bounced"], "bounced"),
        ("complaint+x+y", ["delivered", "complained"], "complained"),
    ],
)
def test_each_mailbox_has_its_outcome_and_no_server_hears_of_it(
    sender: Client, sink: Sink, name: str, followed: list[str], outcome: str
) -> None:
    to = _at(name)
    found = sender.wait(sender.send(to), "sent")
    assert types(found) == ["accepted", "sent", *followed]
    assert _outcome(found, to) == ("sent", outcome)
    assert {one["test"] for one in found["events"][1:]} == {True}
    assert found["events"][1]["details"]["server"] == _HOST
    assert sink.connections == 0


def test_bounce_is_that_of_an_unknown_recipient_and_suppresses_nobody(
    sender: Client, sink: Sink
) -> None:
    for _ in range(2):
        found = sender.wait(sender.send(_at("bounce")), "sent")
        details = found["events"][-1]["details"]
        assert (details["class"], details["code"]) == ("recipient", 550)
        assert details["enhanced"] == "5.1.1"
    sender.wait(sender.send(_at("complaint")), "sent")
    assert sender.get("/v1/suppressions")["suppressions"] == []
    # Nor when somebody hands a bounce of it in.
    message_id = sender.send(_at("success"))
    sender.wait(message_id, "sent")
    letter = corpus.letter("postfix", corpus.CAUSES[0], message_id)
    letter = letter.replace(corpus.ADDRESS.encode(), _at("success").encode())
    mail = {"Content-Type": "message/rfc822"}
    answer = sender.call("POST", "/v1/bounces", headers=mail, content=letter)
    (one,) = sender.done(answer)["found"]
    assert (one["event"], one["suppressed"]) == ("bounced", False)
    assert sender.get("/v1/suppressions")["suppressions"] == []


def test_entry_of_the_tenants_own_holds(sender: Client, sink: Sink) -> None:
    path = f"/v1/suppressions/{_at('success+no')}"
    sender.done(sender.call("PUT", path, json={"reason": "to see it"}))
    assert sender.message(sender.send(_at("success+no")))["state"] == "suppressed"
    sender.wait(sender.send(_at("success")), "sent")


def test_deferred_one_is_tried_again(sender: Client, sink: Sink) -> None:
    found = sender.wait(sender.send(_at("defer")), "sent")
    assert types(found) == ["accepted", "deferred", "sent", "delivered"]
    details = found["events"][1]["details"]
    assert (details["code"], details["enhanced"]) == (450, "4.2.0")
    assert found["attempts"] == 2
    # The rules of expiry are the usual ones: there is no time for a second attempt.
    soon = {"send_at": time.time() + 0.2, "expires_at": time.time() + 0.45}
    found = sender.wait(sender.send(_at("defer"), **soon), "expired")
    assert types(found)[-1] == "expired"
    assert sink.connections == 0


def test_slow_one_takes_a_while(sender: Client, sink: Sink) -> None:
    begun = time.monotonic()
    message_id = sender.send(_at("slow"))
    sender.wait(message_id, "sending")
    sender.wait(message_id, "sent")
    assert time.monotonic() - begun > 4
    assert sink.connections == 0


def test_beside_true_recipients_each_has_its_own(sender: Client, sink: Sink) -> None:
    sink.do("later", "451 4.7.1 not now")
    to = [_at("bounce"), "later@example.net", "good@example.net", _at("defer")]
    found = sender.wait(sender.send(to), "sent")
    assert _outcome(found, _at("bounce")) == ("sent", "bounced")
    assert _outcome(found, _at("defer")) == ("sent", "delivered")
    assert _outcome(found, "good@example.net") == ("sent", None)
    marked = {one["recipient"]: one["test"] for one in found["events"]}
    assert (marked[_at("bounce")], marked["good@example.net"]) == (True, False)
    heard = [to for one in sink.taken for to in one.recipients]
    assert sorted(heard) == ["good@example.net", "later@example.net"]


def test_server_that_is_away_holds_up_the_true_recipient_only(
    tenant: Client, sink: Sink
) -> None:
    add_relay(tenant, sink.port + 1 if sink.port < 65535 else sink.port - 1)
    message_id = tenant.send([_at("success"), "true@example.net"])
    found = tenant.wait(message_id, "deferred")
    assert _outcome(found, _at("success")) == ("sent", "delivered")
    assert _outcome(found, "true@example.net") == ("waiting", None)


@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
def test_unknown_mailbox_is_refused(sender: Client, field: str) -> None:
    body = {"from": "a@example.com", "to": "b@example.net", "text": "x"}
    answer = sender.post("/v1/messages", {**body, field: ["sucess@Simulator.invalid"]})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert "success, bounce" in error["message"]
    assert "sucess" not in error["message"]


def test_webhook_hears_of_it(
    services: Services, receiver: Receiver, sink: Sink
) -> None:
    options = ("--networks", "127.0.0.0/8", "--ports", "1-65535")
    service = services.new(*options, "--smtp", f"127.0.0.1:{sink.port}").start()
    url = {"callback_url": f"{receiver.url}/hook"}
    Client.done(service.client().call("PATCH", "/v1/tenants/default", json=url))
    service.client(tenant="default").send(_at("bounce"), tags=["a"])

    def heard() -> list[dict[str, tp.Any]]:
        events = [one for post in list(receiver.deliveries) for one in post.events]
        return [one for one in events if one["type"] == "bounced"]

    (one, *_) = waiting.until(heard, "it hears")
    assert (one["test"], one["tags"]) == (True, ["a"])


def test_many_are_killed_and_nobody_hears_of_them(
    services: Services, sink: Sink
) -> None:
    service = services.new().start()
    tenant = service.client(tenant="default")
    tenant.done(tenant.call("DELETE", "/v1/relays/default"))
    add_relay(tenant, sink.port)
    to = [_at("success"), _at("bounce"), _at("complaint")]
    ids = []
    for _ in range(4):
        ids += [tenant.send(to) for _ in range(20)]
        service.kill()
        service.start()
    for message_id in ids:
        found = tenant.wait(message_id, "sent")
        happened = [
            (one["type"], one["recipient"])
            for one in found["events"]
            if one["type"] not in ("accepted", "released")
        ]
        assert len(happened) == len(set(happened)) == 7
    assert sink.connections == 0
