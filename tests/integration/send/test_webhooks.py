# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Webhooks: at least once, in order, signed; each tenant by itself."""

import base64
import datetime
import hashlib
import hmac
import pathlib
import time

import pytest
from standardwebhooks import Webhook

from tests.integration.send import hooks
from tests.integration.send.conftest import Services
from tests.integration.send.hooks import (
    OPTIONS,
    SECRET,
    new_tenant,
    send_some,
    status,
    until_caught_up,
    until_state,
)
from tests.integration.send.proxy import Proxy
from tests.integration.send.receiver import Receiver, Reply
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

hooked = hooks.hooked
other_receiver = hooks.other_receiver
tenant = hooks.tenant


def test_url_goes_out_as_it_was_given(
    hooked: Service, sink: Sink, receiver: Receiver
) -> None:
    url = receiver.url + ";version=1?key=%2F;a"
    tenant = new_tenant(hooked, sink, url)
    tenant.send()
    waiting.until(lambda: receiver.deliveries, "a delivery")
    assert receiver.deliveries[0].path == "/hook;version=1?key=%2F;a"


def test_receiver_sees_accepted_then_sent(tenant: Client, receiver: Receiver) -> None:
    message_id = tenant.send()
    until_caught_up(tenant, 2)
    events = [event for one in receiver.deliveries for event in one.events]
    assert [event["type"] for event in events] == ["accepted", "sent"]
    assert {event["message_id"] for event in events} == {message_id}
    assert events == tenant.get("/v1/events")["events"]
    assert receiver.deliveries[0].path == "/hook"


def test_many_events_come_once_in_order_and_in_batches(
    tenant: Client, receiver: Receiver
) -> None:
    send_some(tenant, 300)
    last = until_caught_up(tenant, 600)["last"]
    assert receiver.seqs == list(range(1, last + 1))
    assert max(len(one.events) for one in receiver.deliveries) == 100
    assert len({one.id for one in receiver.deliveries}) == len(receiver.deliveries)


def test_signature_is_verified_by_the_standards_library(
    hooked: Service, sink: Sink, receiver: Receiver
) -> None:
    auth = {"callback_auth": "signature", "callback_secret": SECRET}
    tenant = new_tenant(hooked, sink, receiver.url, **auth)
    tenant.send()
    until_caught_up(tenant, 2)
    one = receiver.deliveries[0]
    assert Webhook(SECRET).verify(one.body, one.headers)["type"] == "mail.events"
    # And by the words of the standard, without that library.
    signed = f"{one.id}.{one.headers['webhook-timestamp']}.".encode() + one.body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    found = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert one.headers["webhook-signature"] == f"v1,{found}"
    assert abs(int(one.headers["webhook-timestamp"]) - time.time()) < 60
    assert "authorization" not in one.headers


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ({"callback_auth": "none"}, None),
        (
            {"callback_auth": "bearer", "callback_secret": "tok-4711"},
            "Bearer tok-4711",
        ),
        (
            {
                "callback_auth": "basic",
                "callback_username": "us",
                "callback_secret": "pa:ß",
            },
            "Basic " + base64.b64encode("us:pa:ß".encode()).decode(),
        ),
    ],
    ids=["none", "bearer", "basic"],
)
def test_authentication(
    hooked: Service,
    sink: Sink,
    receiver: Receiver,
    auth: dict[str, str],
    expected: str | None,
) -> None:
    tenant = new_tenant(hooked, sink, receiver.url, **auth)
    tenant.send()
    until_caught_up(tenant, 2)
    headers = receiver.deliveries[0].headers
    assert headers.get("authorization") == expected
    assert "webhook-signature" not in headers


@pytest.mark.parametrize("code", [500, 404, 401])
def test_failed_batch_comes_again_unchanged_and_in_order(
    tenant: Client, receiver: Receiver, code: int
) -> None:
    receiver.do(Reply(code), Reply(code))
    send_some(tenant, 3)
    last = until_caught_up(tenant, 6)["last"]
    first, second, third = receiver.deliveries[:3]
    assert first.id == second.id == third.id
    assert first.body == second.body == third.body
    assert [
        event["seq"] for one in receiver.deliveries[2:] for event in one.events
    ] == list(range(1, last + 1))
    assert status(tenant)["failures"] == 0


def test_failure_is_visible(hooked: Service, sink: Sink, receiver: Receiver) -> None:
    receiver.do(*[Reply(500)] * 1000)
    tenant = new_tenant(hooked, sink, receiver.url)
    tenant.send()
    found = until_state(tenant, "failing")
    assert found["last_error"] == "the receiver answered 500"
    assert found["cursor"] == 0
    assert found["waiting"] >= 1


def test_410_switches_off_until_somebody_resumes(
    tenant: Client, receiver: Receiver
) -> None:
    receiver.do(Reply(410))
    tenant.send()
    found = until_state(tenant, "disabled")
    assert (found["disabled_reason"], found["cursor"]) == ("gone", 0)
    types = [event["type"] for event in tenant.get("/v1/events")["events"]]
    assert "webhook_disabled" in types
    tenant.wait(tenant.send(), "sent")
    assert len(receiver.deliveries) == 1
    Client.done(tenant.post("/v1/webhook/resume"))
    last = until_caught_up(tenant, 5)["last"]
    assert status(tenant)["state"] == "active"
    seqs = [event["seq"] for one in receiver.deliveries[1:] for event in one.events]
    assert seqs == list(range(1, last + 1))


def test_new_address_begins_anew_after_410(
    hooked: Service, tenant: Client, receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.do(Reply(410))
    tenant.send()
    until_state(tenant, "disabled")
    change = {"callback_url": other_receiver.url}
    path = f"/v1/tenants/{tenant.tenant}"
    Client.done(hooked.client().call("PATCH", path, json=change))
    last = until_caught_up(tenant, 3)["last"]
    assert other_receiver.seqs == list(range(1, last + 1))


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(
    tenant: Client, receiver: Receiver, other_receiver: Receiver, code: int
) -> None:
    receiver.do(*[Reply(code, {"Location": other_receiver.url})] * 2)
    tenant.send()
    until_caught_up(tenant, 2)
    assert other_receiver.deliveries == []
    assert receiver.deliveries[0].id == receiver.deliveries[2].id


@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_is_respected(
    tenant: Client, receiver: Receiver, code: int
) -> None:
    receiver.do(Reply(code, {"Retry-After": "3600"}))
    begun = time.time()
    tenant.send()
    found = until_state(tenant, "failing")
    assert moment(found["next_attempt_at"]) >= begun + 3600
    assert found["cursor"] == 0
    Client.done(tenant.post("/v1/webhook/resume"))
    until_caught_up(tenant, 2)
    assert receiver.deliveries[0].id == receiver.deliveries[1].id


def test_next_sync_after_is_respected(tenant: Client, receiver: Receiver) -> None:
    wanted = int(time.time()) + 3600
    receiver.do(Reply(200, body=b'{"next_sync_after": %d}' % wanted))
    tenant.send()
    found = until_state(tenant, "paused")
    assert moment(found["next_attempt_at"]) == wanted
    assert found["cursor"] >= 1
    tenant.wait(tenant.send(), "sent")
    assert len(receiver.deliveries) == 1
    Client.done(tenant.post("/v1/webhook/resume"))
    last = until_caught_up(tenant, 4)["last"]
    assert receiver.seqs == list(range(1, last + 1))


def test_receiver_that_hangs_costs_its_tenant_only(
    services: Services, sink: Sink, receiver: Receiver, other_receiver: Receiver
) -> None:
    # Longer than the test waits for anything.
    service = services.new(*OPTIONS, "--webhook-timeout=120").start()
    receiver.do(Reply(hang=True))
    stuck = new_tenant(service, sink, receiver.url)
    good = new_tenant(service, sink, other_receiver.url)
    stuck.send()
    waiting.until(lambda: receiver.deliveries, "the receiver to hang")
    good.send()
    until_caught_up(good, 2)
    assert status(stuck)["cursor"] == 0
    receiver.release.set()
    last = until_caught_up(stuck, 2)["last"]
    assert receiver.seqs == list(range(1, last + 1))


def test_receiver_that_hangs_is_asked_again(tenant: Client, receiver: Receiver) -> None:
    receiver.do(*[Reply(hang=True)] * 20)
    tenant.send()
    found = until_state(tenant, "failing")
    assert found["last_error"] == "127.0.0.1 does not answer in time"
    receiver.release.set()
    last = until_caught_up(tenant, 2)["last"]
    assert sorted(set(receiver.seqs)) == list(range(1, last + 1))
    assert receiver.deliveries[0].id == receiver.deliveries[1].id


def test_nobody_listens(hooked: Service, sink: Sink) -> None:
    url = f"http://127.0.0.1:{waiting.free_port()}/secret-path?key=secret-key"
    tenant = new_tenant(hooked, sink, url)
    tenant.send()
    found = until_state(tenant, "failing")
    assert found["last_error"] == "the connection to 127.0.0.1 failed"


def test_events_of_a_removed_message_are_delivered(
    tenant: Client, receiver: Receiver
) -> None:
    receiver.do(Reply(503, {"Retry-After": "3600"}))
    message_id = tenant.send()
    tenant.wait(message_id, "sent")
    until_state(tenant, "failing")
    Client.done(tenant.call("DELETE", f"/v1/messages/{message_id}"))
    Client.done(tenant.post("/v1/webhook/resume"))
    last = until_caught_up(tenant, 2)["last"]
    seqs = [event["seq"] for one in receiver.deliveries[1:] for event in one.events]
    assert seqs == list(range(1, last + 1))
    # Then they go too.
    assert tenant.get("/v1/events")["events"] == []


def test_killed_between_delivery_and_record(
    services: Services, sink: Sink, receiver: Receiver
) -> None:
    service = services.new(*OPTIONS).start()
    tenant = new_tenant(service, sink, receiver.url)
    receiver.do(Reply(hang=True))
    tenant.send()
    waiting.until(lambda: receiver.deliveries, "the receiver to have the batch")
    service.kill()
    receiver.release.set()
    service.start()
    tenant.wait(tenant.send(), "sent")
    last = until_caught_up(tenant, 4)["last"]
    first, second = receiver.deliveries[:2]
    assert (first.id, first.body) == (second.id, second.body)
    seqs = [event["seq"] for one in receiver.deliveries[1:] for event in one.events]
    assert seqs == list(range(1, last + 1))


def test_database_away_between_delivery_and_record(
    proxied: str, proxy: Proxy, tmp_path: pathlib.Path, sink: Sink, receiver: Receiver
) -> None:
    service = Service(tmp_path, proxied, *OPTIONS)
    try:
        tenant = new_tenant(service.start(), sink, receiver.url)
        receiver.do(Reply(hang=True))
        tenant.wait(tenant.send(), "sent")
        waiting.until(lambda: receiver.deliveries, "the receiver to have the batch")
        proxy.down()
        receiver.release.set()
        waiting.until(lambda: "no record" in service.log, "the record to fail")
        proxy.up()
        waiting.until(
            lambda: service.client().call("GET", "/health/ready").is_success, "ready"
        )
        tenant.wait(tenant.send(), "sent")
        last = until_caught_up(tenant, 4)["last"]
        first, second = receiver.deliveries[:2]
        assert (first.id, first.body) == (second.id, second.body)
        seqs = [event["seq"] for one in receiver.deliveries[1:] for event in one.events]
        assert seqs == list(range(1, last + 1))
    finally:
        service.close()


def test_two_processes_deliver_each_batch_once(
    services: Services, sink: Sink, receiver: Receiver, tmp_path: pathlib.Path
) -> None:
    place = tmp_path / "data", services.database()
    # A receiver that answers too late gets its batch again; on a busy machine 2 s
    # may be too late.
    options = (*OPTIONS, "--webhook-timeout=60")
    first = services.on(*place, *options).start()
    second = services.on(*place, *options).start()
    tenants = [new_tenant(first, sink, receiver.url) for _ in range(4)]
    for count in (40, 60, 150):
        for tenant in tenants:
            send_some(tenant, count)
    for tenant in tenants:
        last = until_caught_up(tenant, 500)["last"]
        seqs = [
            event["seq"]
            for one in receiver.deliveries
            if tenant.tenant is not None and tenant.tenant.encode() in one.body
            for event in one.events
        ]
        assert seqs == list(range(1, last + 1))
    second.stop()


def test_private_address_is_refused(services: Services, sink: Sink) -> None:
    service = services.new("--ports=1-65535").start()
    for url in (
        "http://127.0.0.1/hook",
        "http://localhost/hook",
        "http://169.254.169.254/latest",
        "http://[::1]/hook",
        "http://2130706433/hook",
        "http://user:pass@example.com/hook",
    ):
        body = {"id": "t1", "callback_url": url}
        answer = service.client().post("/v1/tenants", body)
        assert answer.status_code == 422, (url, answer.text)
        assert answer.json()["errors"][0]["field"] == "callback_url"


def test_address_that_is_not_allowed_any_more_is_not_reached(
    services: Services, sink: Sink, receiver: Receiver, tmp_path: pathlib.Path
) -> None:
    place = tmp_path / "data", services.database()
    service = services.on(*place, *OPTIONS).start()
    tenant = new_tenant(service, sink, receiver.url)
    service.stop()
    stricter = services.on(*place, "--ports=1-65535").start()
    tenant = stricter.client(tenant=tenant.tenant)
    tenant.send()
    found = until_state(tenant, "failing")
    assert found["last_error"] == "127.0.0.1 is not a public address"
    assert receiver.deliveries == []


def test_no_secret_in_the_log(services: Services, sink: Sink) -> None:
    service = services.new(*OPTIONS).start()
    url = f"http://127.0.0.1:{waiting.free_port()}/secret-path?key=secret-key"
    auth = {"callback_auth": "bearer", "callback_secret": "secret-token"}
    tenant = new_tenant(service, sink, url, **auth)
    tenant.send()
    until_state(tenant, "failing")
    waiting.until(lambda: "webhook of tenant" in service.log, "the failure in the log")
    assert "secret-" not in service.log


def moment(text: str) -> float:
    """Return seconds since 1970."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
