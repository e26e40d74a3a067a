# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What people do with a webhook: replay, a test, switching it off and on."""

import json

import pytest
from standardwebhooks import Webhook

from tests.integration.send import hooks
from tests.integration.send.hooks import (
    SECRET,
    new_tenant,
    send_some,
    status,
    until_caught_up,
)
from tests.integration.send.receiver import Receiver, Reply
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

hooked = hooks.hooked
tenant = hooks.tenant


def test_replay_from_a_number(tenant: Client, receiver: Receiver) -> None:
    send_some(tenant, 5)
    last = until_caught_up(tenant, 10)["last"]
    before = len(receiver.deliveries)
    Client.done(tenant.post("/v1/webhook/replay", {"from_seq": 4}))
    until_caught_up(tenant, last)
    again = receiver.deliveries[before:]
    assert [event["seq"] for one in again for event in one.events] == list(
        range(4, last + 1)
    )
    # A receiver that knows the former ids must not take these for the same.
    assert not {one.id for one in again} & {
        one.id for one in receiver.deliveries[:before]
    }


def test_replay_from_a_moment(tenant: Client, receiver: Receiver) -> None:
    tenant.wait(tenant.send(), "sent")
    last = until_caught_up(tenant, 2)["last"]
    since = tenant.get("/v1/events")["events"][1]["at"]
    before = len(receiver.deliveries)
    Client.done(tenant.post("/v1/webhook/replay", {"from_time": since}))
    until_caught_up(tenant, last)
    seqs = [
        event["seq"] for one in receiver.deliveries[before:] for event in one.events
    ]
    assert seqs == [2]


def test_replay_while_a_batch_is_under_way(tenant: Client, receiver: Receiver) -> None:
    tenant.wait(tenant.send(), "sent")
    until_caught_up(tenant, 2)
    receiver.do(Reply(hang=True))
    before = len(receiver.deliveries)
    tenant.wait(tenant.send(), "sent")
    waiting.until(lambda: len(receiver.deliveries) > before, "the receiver to hang")
    Client.done(tenant.post("/v1/webhook/replay", {"from_seq": 1}))
    receiver.release.set()
    last = until_caught_up(tenant, 4)["last"]
    seqs = [
        event["seq"]
        for one in receiver.deliveries[before + 1 :]
        for event in one.events
    ]
    assert seqs == list(range(1, last + 1))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"from_seq": 0},
        {"from_seq": 5},
        {"from_seq": "1"},
        {"from_time": "yesterday"},
        {"from_seq": 1, "from_time": 0},
    ],
)
def test_wrong_replay_is_refused(hooked: Service, sink: Sink, body: object) -> None:
    tenant = new_tenant(hooked, sink, None)
    answer = tenant.post("/v1/webhook/replay", body)
    assert answer.status_code == 422, answer.text
    assert status(tenant)["cursor"] == 0


def test_disabled_webhook_waits_for_somebody(
    tenant: Client, receiver: Receiver
) -> None:
    found = Client.done(tenant.post("/v1/webhook/disable"))
    assert (found["state"], found["disabled_reason"]) == ("disabled", "asked")
    tenant.wait(tenant.send(), "sent")
    assert status(tenant)["waiting"] == 2
    assert receiver.deliveries == []
    assert Client.done(tenant.post("/v1/webhook/resume"))["state"] == "active"
    until_caught_up(tenant, 2)
    assert receiver.seqs == [1, 2]


def test_batch_under_way_does_not_switch_it_on(
    tenant: Client, receiver: Receiver
) -> None:
    receiver.do(Reply(hang=True))
    tenant.wait(tenant.send(), "sent")
    waiting.until(lambda: receiver.deliveries, "the receiver to hang")
    Client.done(tenant.post("/v1/webhook/disable"))
    receiver.release.set()
    waiting.until(lambda: status(tenant)["cursor"], "the answer to be written down")
    assert status(tenant)["state"] == "disabled"


def test_disabled_of_a_former_address_is_on_again(
    hooked: Service, tenant: Client, receiver: Receiver
) -> None:
    Client.done(tenant.post("/v1/webhook/disable"))
    body = {"callback_url": receiver.url + "/new"}
    path = f"/v1/tenants/{tenant.tenant}"
    Client.done(hooked.client().call("PATCH", path, json=body))
    assert status(tenant)["state"] == "active"


def test_test_is_authenticated_and_moves_nothing(
    hooked: Service, sink: Sink, receiver: Receiver
) -> None:
    auth = {"callback_auth": "signature", "callback_secret": SECRET}
    tenant = new_tenant(hooked, sink, receiver.url, **auth)
    # Also while nothing else is sent.
    Client.done(tenant.post("/v1/webhook/disable"))
    before = status(tenant)
    found = Client.done(tenant.post("/v1/webhook/test"))
    assert found == {"taken": True, "reason": None}
    (only,) = receiver.deliveries
    Webhook(SECRET).verify(only.body, only.headers)
    payload = json.loads(only.body)
    assert payload["type"] == "mail.test"
    assert payload["data"] == {"tenant": tenant.tenant, "events": []}
    assert status(tenant) == before


def test_test_tells_what_was_answered(tenant: Client, receiver: Receiver) -> None:
    receiver.do(Reply(410), Reply(302, {"location": receiver.url}))
    for answered in (410, 302):
        found = Client.done(tenant.post("/v1/webhook/test"))
        reason = f"the receiver answered {answered}"
        assert found == {"taken": False, "reason": reason}
    assert status(tenant)["state"] == "active"
    assert len(receiver.deliveries) == 2


@pytest.mark.parametrize("action", ["disable", "test"])
def test_tenant_without_a_webhook(hooked: Service, sink: Sink, action: str) -> None:
    tenant = new_tenant(hooked, sink, None)
    answer = tenant.post(f"/v1/webhook/{action}")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_webhook")
