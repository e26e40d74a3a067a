# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a test key submits is never sent, whatever happens to it."""

import base64
import pathlib
import subprocess
import time
import typing as tp

import pytest

from tests.integration.send import command
from tests.integration.send.command import Cli
from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.service import PROGRAM, Client, Service, mail, types
from tests.integration.send.sink import Sink
from tests.integration.send.test_state import state
from tests.integration.support import waiting
from tests.unit.send import bounce_corpus as corpus

sending = command.sending
cli = command.cli
_SCOPES = ["send", "read", "manage"]


def _with_key(service: Service, maker: Client, **more: tp.Any) -> Client:
    body = {"name": "k", "scopes": _SCOPES, **more}
    return service.client(maker.done(maker.post("/v1/keys", body))["key"])


@pytest.fixture
def testing(service: Service, sender: Client) -> Client:
    """A tenant's view with a test key."""
    return _with_key(service, sender, test=True)


def test_message_looks_sent_and_no_server_hears_of_it(
    testing: Client, sender: Client, sink: Sink
) -> None:
    found = testing.wait(testing.send(["ann@example.net", "bob@example.net"]), "sent")
    assert sorted(types(found)) == [
        *("accepted", "delivered", "delivered", "sent", "sent"),
    ]
    assert found["test"] is True
    assert {one["test"] for one in found["events"]} == {True}
    assert {one["outcome"] for one in found["recipients"]} == {"delivered"}
    raw = b"From: a@example.com\r\nTo: raw@example.net\r\n\r\nx\r\n"
    whole = {"raw": base64.b64encode(raw).decode()}
    message_id = testing.done(testing.post("/v1/messages", whole))["id"]
    testing.wait(message_id, "sent")
    assert sink.connections == 0
    # Other keys send.
    true = sender.wait(sender.send(), "sent")
    assert (true["test"], true["events"][0]["test"]) == (False, False)
    assert len(sink.taken) == 1


def test_batch_and_all_behaviours(testing: Client, sink: Sink) -> None:
    names = ("success", "bounce", "complaint", "defer")
    body = {"messages": [mail(f"{one}@simulator.invalid") for one in names]}
    body["messages"].append(mail("real@example.net"))
    outs = testing.done(testing.post("/v1/messages/batch", body))["messages"]
    ends = [types(testing.wait(one["id"], "sent"))[-1] for one in outs]
    assert ends == ["delivered", "bounced", "complained", "delivered", "delivered"]
    assert sink.connections == 0


def test_key_is_shown_as_what_it_is_and_makes_its_like_only(
    service: Service, sender: Client, testing: Client
) -> None:
    listed = sender.get("/v1/keys")["keys"]
    assert [one["test"] for one in listed] == [True]
    answer = testing.post("/v1/keys", {"name": "true", "scopes": ["send"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    child = _with_key(service, testing, test=True)
    assert child.message(child.send())["test"] is True


@pytest.mark.parametrize("of_test", [True, False])
def test_resent_message_stays_within(
    testing: Client, sender: Client, sink: Sink, of_test: bool
) -> None:
    """One that never left does not by another key, nor a true one by a test key."""
    first, again = (testing, sender) if of_test else (sender, testing)
    message_id = first.send(["r@example.net"], send_at=time.time() + 3600)
    first.done(first.post(f"/v1/messages/{message_id}/cancel"))
    new = again.done(again.post(f"/v1/messages/{message_id}/resend"))["id"]
    assert again.wait(new, "sent")["test"] is True
    assert sink.connections == 0


def test_idempotency_key_of_a_test_is_no_true_messages(
    testing: Client, sender: Client, sink: Sink
) -> None:
    key = {"Idempotency-Key": "order-4711"}
    one = testing.done(testing.post("/v1/messages", mail(), headers=key))
    assert testing.done(testing.post("/v1/messages", mail(), headers=key)) == one
    true = sender.done(sender.post("/v1/messages", mail(), headers=key))
    assert true["id"] != one["id"]
    batch = {"messages": [mail("b@example.net")]}
    outs = [
        client.done(client.post("/v1/messages/batch", batch, headers=key))["messages"]
        for client in (testing, sender)
    ]
    assert outs[0] != outs[1]
    for message_id in (true["id"], outs[1][0]["id"]):
        sender.wait(message_id, "sent")
    sink.wait_for(2)


def test_bounce_of_what_was_never_sent_suppresses_nobody(
    testing: Client, sender: Client, sink: Sink
) -> None:
    message_id = testing.send(corpus.ADDRESS)
    testing.wait(message_id, "sent")
    letter = corpus.letter("postfix", corpus.CAUSES[0], message_id)
    mail_type = {"Content-Type": "message/rfc822"}
    answer = sender.call("POST", "/v1/bounces", headers=mail_type, content=letter)
    (found,) = sender.done(answer)["found"]
    assert (found["event"], found["suppressed"]) == ("bounced", False)
    assert "nothing was sent" in found["why"]
    assert sender.get("/v1/suppressions")["suppressions"] == []


def test_suppressed_address_is_suppressed(testing: Client, sender: Client) -> None:
    path = "/v1/suppressions/out@example.net"
    sender.done(sender.call("PUT", path, json={"reason": "asked"}))
    assert testing.message(testing.send("out@example.net"))["state"] == "suppressed"


def test_limits_count_it(
    admin: Client, tenant: Client, sink: Sink, service: Service
) -> None:
    add_relay(tenant, sink.port, limit_hour=1)
    testing = _with_key(service, tenant, test=True)
    testing.wait(testing.send(), "sent")
    second = testing.send()
    waiting.until(
        lambda: testing.message(second)["waits_for"] == "rate_limit", "the limit"
    )


def test_it_is_no_part_of_what_servers_have_said(
    admin: Client, sender: Client, testing: Client
) -> None:
    testing.wait(testing.send("bounce@simulator.invalid"), "sent")
    text = admin.call("GET", "/metrics").text
    mine = [line for line in text.splitlines() if f'"{sender.tenant}"' in line]
    assert not [one for one in mine if "outcomes_total" in one]
    results = [one for one in mine if "send_recipients_total" in one]
    assert {one.rpartition(" ")[2] for one in results} == {"0.0"}


def test_kill_restart_another_relay_and_a_change_of_state(
    services: Services, sink: Sink
) -> None:
    service = services.new().start()
    tenant = service.client(tenant="default")
    tenant.done(tenant.call("DELETE", "/v1/relays/default"))
    add_relay(tenant, sink.port)
    testing = _with_key(service, tenant, test=True)
    tenant.done(tenant.call("PUT", "/v1/suspensions"))
    ids = [testing.send(f"r{number}@example.net") for number in range(20)]
    slow = testing.send("slow@simulator.invalid")
    service.kill()
    service.start()
    tenant.done(tenant.call("DELETE", "/v1/suspensions"))
    testing.wait(slow, "sending")
    service.kill()
    service.start()
    change = {"port": sink.port, "host": "localhost", "concurrency": 3}
    tenant.done(tenant.call("PATCH", "/v1/relays/default", json=change))
    for message_id in (*ids, slow):
        testing.wait(message_id, "sent")
    assert sink.connections == 0


def test_state_that_moves_to_another_service_keeps_it_back(
    services: Services, sink: Sink, tmp_path: pathlib.Path
) -> None:
    old, new = services.new().start(), services.new()
    tenant = old.client(tenant="default")
    tenant.done(tenant.call("DELETE", "/v1/relays/default"))
    add_relay(tenant, sink.port)
    key = {"name": "k", "scopes": _SCOPES, "test": True}
    token = tenant.done(tenant.post("/v1/keys", key))["key"]
    tenant.done(tenant.call("PUT", "/v1/suspensions"))
    waits = old.client(token).send("waits@example.net")
    old.stop()
    private, file = tmp_path / "private", tmp_path / "state"
    command = [*PROGRAM, "state", "new-key", str(private)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    state(old, "export", file, "--to", found.stdout.strip(), "--mail")
    state(new, "import", file, "--private-key", private)
    testing = new.start().client(token)
    testing.done(testing.call("DELETE", "/v1/suspensions"))
    testing.wait(waits, "sent")
    testing.wait(testing.send("then@example.net"), "sent")
    assert sink.connections == 0


def test_command_makes_one(sending: Cli) -> None:
    file = sending.home / "key"
    made = sending.json("keys", "add", "ci", "--test", "--key-file", str(file))
    assert made["test"] is True
    assert "test" in sending.done("keys", "list").splitlines()[0].lower()
