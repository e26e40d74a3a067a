# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What becomes of a message when the server behaves badly."""

import base64
import time

import pytest

from tests.integration.send.certificates import Pair
from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.service import Client, types
from tests.integration.send.sink import Sink
from tests.integration.support import waiting


def test_message_arrives_and_the_reply_is_kept(sender: Client, sink: Sink) -> None:
    message_id = sender.send()
    sent = sender.wait(message_id, "sent")
    assert types(sent) == ["accepted", "sent"]
    details = sent["events"][1]["details"]
    assert (details["code"], details["enhanced"]) == (250, "2.0.0")
    assert details["reply"] == "taken as 4711"
    assert details["server"] == f"127.0.0.1:{sink.port}"
    assert sent["recipients"][0]["state"] == "sent"
    assert [one.recipients for one in sink.taken] == [["rcpt@example.net"]]


def test_451_then_250_is_delivered(sender: Client, sink: Sink) -> None:
    sink.do("grey", "451 4.7.1 come back later")
    sent = sender.wait(sender.send("grey@example.net"), "sent")
    assert types(sent) == ["accepted", "deferred", "sent"]
    deferred = sent["events"][1]["details"]
    assert (deferred["code"], deferred["enhanced"]) == (451, "4.7.1")
    # A text like every other moment: the two can be compared.
    assert deferred["due_at"] > sent["events"][1]["at"]
    assert [one["details"]["attempt"] for one in sent["events"][1:]] == [1, 2]
    assert sent["attempts"] == 2
    assert len(sink.taken) == 1


def test_550_for_one_of_three_leaves_the_others(sender: Client, sink: Sink) -> None:
    sink.do("nobody", "550 5.1.1 no such user")
    message_id = sender.send(["a@example.net", "nobody@example.net", "b@example.net"])
    found = sender.wait(message_id, "partial")
    assert [one["state"] for one in found["recipients"]] == ["sent", "failed", "sent"]
    assert found["recipients"][1]["enhanced"] == "5.1.1"
    assert [one.recipients for one in sink.taken] == [
        ["a@example.net", "b@example.net"]
    ]


def test_550_for_the_only_one_fails_at_once(sender: Client, sink: Sink) -> None:
    sink.do("nobody", "550 5.1.1 no such user")
    found = sender.wait(sender.send("nobody@example.net"), "failed")
    assert types(found) == ["accepted", "failed"]
    assert sink.taken == []


def test_only_the_deferred_recipient_is_tried_again(sender: Client, sink: Sink) -> None:
    sink.do("later", "452 4.2.2 mailbox full")
    message_id = sender.send(["now@example.net", "later@example.net"])
    sender.wait(message_id, "sent")
    assert [one.recipients for one in sink.taken] == [
        ["now@example.net"],
        ["later@example.net"],
    ]


def test_message_refused_after_data(sender: Client, sink: Sink) -> None:
    sink.do("spam", "data: 554 5.7.1 looks like spam")
    found = sender.wait(sender.send("spam@example.net"), "failed")
    assert found["events"][1]["details"]["reason"] == "message_refused"


@pytest.mark.parametrize("action", ["cut", "cut-after"])
def test_connection_cut_in_data_is_tried_again(
    sender: Client, sink: Sink, action: str
) -> None:
    sink.do("cut", action)
    sent = sender.wait(sender.send("cut@example.net"), "sent")
    assert sent["events"][1]["details"]["reason"] == "connection_lost"
    # Cut after the final dot, the server may have it: the one known doublet.
    assert len(sink.taken) == (1 if action == "cut" else 2)
    assert len({one.data for one in sink.taken}) == 1


def test_silent_server_costs_its_own_relay_only(tenant: Client, sink: Sink) -> None:
    hanging = Sink()
    hanging.start()
    try:
        add_relay(tenant, hanging.port, "hanging", concurrency=1)
        add_relay(tenant, sink.port, "good")
        hanging.do("stuck", "hang", "hang")
        stuck = tenant.send("stuck@example.net", relay="hanging")
        waiting.until(
            lambda: tenant.message(stuck)["state"] == "sending", "the server to hang"
        )
        tenant.wait(tenant.send(relay="good"), "sent")
        assert tenant.message(stuck)["state"] == "sending"
        hanging.script.release.set()
        tenant.wait(stuck, "sent")
    finally:
        hanging.close()


def test_server_that_answers_nothing_times_out(sender: Client, sink: Sink) -> None:
    sink.do("stuck", "hang")
    message_id = sender.send("stuck@example.net")
    sender.wait(message_id, "deferred", "sent")
    sink.script.release.set()
    sent = sender.wait(message_id, "sent")
    assert sent["events"][1]["details"]["reason"] == "timeout"


def test_server_away_then_back(tenant: Client) -> None:
    late = Sink()
    add_relay(tenant, late.port)
    message_id = tenant.send()
    details = tenant.wait(message_id, "deferred")["events"][1]["details"]
    assert details["reason"] == "connect_failed"
    assert details["cause"] == "Connection refused"
    late.start()
    try:
        tenant.wait(message_id, "sent")
    finally:
        late.close()


def test_stripped_starttls_sends_nothing_in_clear(tenant: Client, sink: Sink) -> None:
    add_relay(tenant, sink.port, tls="starttls")
    found = tenant.wait(tenant.send(), "deferred")
    assert found["events"][1]["details"]["reason"] == "starttls_not_offered"
    assert sink.taken == []


@pytest.mark.parametrize("implicit", [True, False])
def test_wrong_certificate_sends_nothing(
    tenant: Client, certificate: Pair, implicit: bool
) -> None:
    server = Sink(certificate.server(), implicit)
    server.start()
    try:
        mode = "implicit" if implicit else "starttls"
        add_relay(tenant, server.port, tls=mode)
        message_id = tenant.send()
        found = tenant.wait(message_id, "deferred")
        details = found["events"][1]["details"]
        assert details["reason"] == "tls_failed"
        assert details["cause"].startswith("the certificate is not accepted: self")
        assert server.taken == []
        change = {"tls_verify": False}
        tenant.done(tenant.call("PATCH", "/v1/relays/default", json=change))
        tenant.wait(message_id, "sent")
    finally:
        server.close()


def test_login_over_tls_and_a_wrong_password(tenant: Client, certificate: Pair) -> None:
    server = Sink(certificate.server(), login=("user", "good"))
    server.start()
    try:
        add_relay(
            tenant,
            server.port,
            tls="starttls",
            tls_verify=False,
            username="user",
            password="bad",
        )
        message_id = tenant.send()
        found = tenant.wait(message_id, "deferred")
        details = found["events"][1]["details"]
        assert (details["reason"], details.get("code")) == ("auth_failed", 535)
        change = {"password": "good"}
        tenant.done(tenant.call("PATCH", "/v1/relays/default", json=change))
        tenant.wait(message_id, "sent")
    finally:
        server.close()


def test_message_expires_with_its_reason(sender: Client, sink: Sink) -> None:
    sink.do("never", *["451 4.3.0 no"] * 50)
    message_id = sender.send("never@example.net", expires_at=time.time() + 1.5)
    found = sender.wait(message_id, "expired")
    assert found["recipients"][0]["state"] == "expired"
    assert types(found)[-1] == "expired"
    assert found["final_at"] is not None


def test_connections_are_used_again(sender: Client, sink: Sink) -> None:
    for _ in range(5):
        sender.wait(sender.send(), "sent")
    assert len(sink.script.sessions) == 1


def test_server_that_does_not_speak_tls_is_said_so(tenant: Client, sink: Sink) -> None:
    add_relay(tenant, sink.port, tls="implicit")
    found = tenant.wait(tenant.send(), "deferred")
    details = found["events"][1]["details"]
    assert details["reason"] == "tls_failed"
    assert "does not speak TLS on this port" in details["cause"]


def test_relay_without_its_login_waits_and_is_told(tenant: Client) -> None:
    server = Sink(login=("user", "good"))
    server.start()
    try:
        add_relay(tenant, server.port)
        message_id = tenant.send()
        details = tenant.wait(message_id, "deferred")["events"][1]["details"]
        assert (details["reason"], details["code"]) == ("relay_refused", 530)
        change = {"username": "user", "password": "good"}
        tenant.done(tenant.call("PATCH", "/v1/relays/default", json=change))
        tenant.wait(message_id, "sent")
    finally:
        server.close()


def test_recipients_beyond_what_a_server_takes_go_at_once(
    sender: Client, sink: Sink
) -> None:
    sink.script.recipients_max = 10
    names = [f"r{number}@example.net" for number in range(95)]
    found = sender.wait(sender.send(names), "sent")
    assert {event["type"] for event in found["events"]} == {"accepted", "sent"}
    assert found["attempts"] == 1
    assert sorted(to for one in sink.taken for to in one.recipients) == sorted(names)
    assert len(sink.script.sessions) == 1


def test_server_is_waited_for_longer_after_the_dot(tenant: Client, sink: Sink) -> None:
    add_relay(tenant, sink.port, timeout_seconds=1, end_timeout_seconds=60)
    sink.do("slow", "slow", "slow")
    sink.script.slow = 3.0
    found = tenant.wait(tenant.send("slow@example.net"), "sent")
    assert types(found) == ["accepted", "sent"]
    assert len(sink.taken) == 1


def test_address_beyond_ascii_fails_where_the_server_takes_none(
    sender: Client, sink: Sink
) -> None:
    raw = "From: a@example.com\r\nTo: b@example.net\r\nX-Any: ü\r\n\r\nx\r\n"
    body = {"raw": base64.b64encode(raw.encode()).decode()}
    made = sender.done(sender.post("/v1/messages", body))
    details = sender.wait(made["id"], "failed")["events"][1]["details"]
    assert details["reason"] == "smtputf8_not_offered"
    assert "SMTPUTF8" in details["cause"]
    assert sink.taken == []


def test_port_465_is_tls_from_the_first_octet(tenant: Client) -> None:
    body = {"id": "a", "host": "192.0.2.1", "port": 465}
    made = tenant.done(tenant.post("/v1/relays", body))
    assert (made["tls"], made["timeout_seconds"]) == ("implicit", 300)
    assert made["end_timeout_seconds"] == 600
    for tls in ("starttls", "none"):
        answer = tenant.post("/v1/relays", {**body, "id": "b", "tls": tls})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "tls"
        assert "implicit" in answer.json()["errors"][0]["message"]
    made = tenant.done(tenant.post("/v1/relays", {"id": "b", "host": "192.0.2.1"}))
    assert (made["tls"], made["port"]) == ("starttls", 587)
    answer = tenant.call("PATCH", "/v1/relays/b", json={"port": 465})
    assert answer.status_code == 422


def test_name_in_ehlo_is_the_operators(services: Services, sink: Sink) -> None:
    service = services.new("--ehlo-name", "mail.example.com").start()
    add_relay(client := service.client(), sink.port, "sink")
    client.wait(client.send(relay="sink"), "sent")
    assert [one.ehlo for one in sink.taken] == ["mail.example.com"]
