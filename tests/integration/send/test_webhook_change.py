# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A tenant's own key changes its webhook, and rotates the secret."""

import base64
import datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.integration.send.hooks import SECRET, hooked, new_tenant, other_receiver
from tests.integration.send.receiver import Receiver, Reply
from tests.integration.send.service import Client, Service, mail
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

__all__ = ["hooked", "other_receiver"]


def _key(service: Service, tenant: Client, *scopes: str) -> Client:
    made = tenant.done(tenant.post("/v1/keys", {"name": "k", "scopes": list(scopes)}))
    return service.client(made["key"])


def _last(receiver: Receiver, count: int = 1) -> tuple[dict[str, str], bytes]:
    waiting.until(lambda: len(receiver.deliveries) >= count, "a delivery")
    found = receiver.deliveries[-1]
    return found.headers, found.body


def _verifies(secret: str, found: tuple[dict[str, str], bytes]) -> bool:
    headers, body = found
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def test_both_secrets_sign_while_receivers_change_over(
    hooked: Service, sink: Sink, receiver: Receiver
) -> None:
    auth = {"callback_auth": "signature", "callback_secret": SECRET}
    tenant = new_tenant(hooked, sink, receiver.url, **auth)
    key = _key(hooked, tenant, "manage")
    answer = key.done(key.call("POST", "/v1/webhook/rotate", params={"overlap": 3600}))
    until = datetime.datetime.fromisoformat(answer["former_until"][:-1] + "+00:00")
    assert until > datetime.datetime.now(datetime.timezone.utc)
    key.done(key.post("/v1/webhook/test"))
    found = _last(receiver)
    assert _verifies(SECRET, found)
    assert _verifies(answer["secret"], found)
    newest = key.done(key.call("POST", "/v1/webhook/rotate", params={"overlap": 0}))
    key.done(key.post("/v1/webhook/test"))
    found = _last(receiver, 2)
    assert _verifies(newest["secret"], found)
    assert not _verifies(answer["secret"], found)
    log = hooked.client().get("/v1/commands", tenant=tenant.tenant)
    assert newest["secret"] not in str(log)
    assert newest["secret"] not in hooked.log


def test_key_sends_its_events_elsewhere(
    hooked: Service, sink: Sink, receiver: Receiver, other_receiver: Receiver
) -> None:
    tenant = new_tenant(hooked, sink, receiver.url)
    key = _key(hooked, tenant, "manage")
    bearer = {"callback_auth": "bearer", "callback_secret": "t0k"}
    change = {"callback_url": other_receiver.url, **bearer}
    answer = key.done(key.call("PATCH", "/v1/webhook", json=change))
    assert answer["url"] == other_receiver.url
    tenant.send()
    headers, _ = _last(other_receiver)
    assert headers["authorization"] == "Bearer t0k"
    assert key.call("POST", "/v1/webhook/rotate").json()["code"] == "not_signed"
    for url in ("http://169.254.169.254/", "ftp://a.example/"):
        answer = key.call("PATCH", "/v1/webhook", json={"callback_url": url})
        assert answer.status_code == 422
    off = key.done(key.call("PATCH", "/v1/webhook", json={"callback_url": None}))
    assert off["state"] == "none"
    reader = _key(hooked, tenant, "read", "send")
    for method, path in (("PATCH", ""), ("POST", "/rotate")):
        assert reader.call(method, f"/v1/webhook{path}", json={}).status_code == 403


def test_part_of_the_authentication_is_changed_alone(
    hooked: Service, sink: Sink, receiver: Receiver
) -> None:
    basic = {"callback_username": "ann", "callback_secret": "one"}
    tenant = new_tenant(hooked, sink, receiver.url, callback_auth="basic", **basic)
    key = _key(hooked, tenant, "manage")

    def authorization() -> str:
        count = len(receiver.deliveries)
        key.done(key.post("/v1/webhook/test"))
        return _last(receiver, count + 1)[0]["authorization"]

    def basic_of(text: str) -> str:
        return f"Basic {base64.b64encode(text.encode()).decode()}"

    assert authorization() == basic_of("ann:one")
    for change, value in (
        ({"callback_secret": "two"}, basic_of("ann:two")),
        ({"callback_username": "bob"}, basic_of("bob:two")),
        ({"callback_auth": "basic"}, basic_of("bob:two")),
        ({"callback_auth": "bearer", "callback_secret": "t0k"}, "Bearer t0k"),
        ({"callback_secret": "t1k"}, "Bearer t1k"),
    ):
        key.done(key.call("PATCH", "/v1/webhook", json=change))
        assert authorization() == value


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("callback_auth", {"callback_auth": "digest"}),
        ("callback_auth", {"callback_auth": None}),
        ("callback_username", {"callback_username": None}),
        ("callback_username", {"callback_username": "a:b"}),
        (
            "callback_username",
            {
                "callback_auth": "bearer",
                "callback_username": "ann",
                "callback_secret": "t0k",
            },
        ),
        ("callback_secret", {"callback_secret": None}),
        ("callback_secret", {"callback_auth": "bearer"}),
        ("callback_secret", {"callback_auth": "signature", "callback_secret": "two"}),
        ("callback_secret", {"callback_auth": "none", "callback_secret": "two"}),
    ],
)
def test_part_that_does_not_fit_the_rest_is_named(
    hooked: Service,
    sink: Sink,
    receiver: Receiver,
    field: str,
    change: dict[str, str | None],
) -> None:
    basic = {"callback_username": "ann", "callback_secret": "one"}
    tenant = new_tenant(hooked, sink, receiver.url, callback_auth="basic", **basic)
    key = _key(hooked, tenant, "manage")
    answer = key.call("PATCH", "/v1/webhook", json=change)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    key.done(key.post("/v1/webhook/test"))
    assert _last(receiver)[0]["authorization"] == "Basic YW5uOm9uZQ=="


@pytest.mark.parametrize("how", ["signature", "basic"])
def test_attachment_endpoint_knows_us_as_the_webhook_does(
    hooked: Service, sink: Sink, receiver: Receiver, how: str
) -> None:
    auths = {
        "signature": {"callback_secret": SECRET},
        "basic": {"callback_username": "u", "callback_secret": "p"},
    }
    receiver.do(Reply(body=b"the file"))
    tenant = new_tenant(
        hooked,
        sink,
        None,
        callback_auth=how,
        attachment_url=receiver.url,
        **auths[how],
    )
    attached = [{"filename": "a.txt", "endpoint": "doc=1"}]
    tenant.done(tenant.post("/v1/messages", mail(attachments=attached)))
    headers, body = _last(receiver)
    if how == "basic":
        assert headers["authorization"] == "Basic dTpw"
    else:
        assert _verifies(SECRET, (headers, body))
        assert not _verifies(SECRET, (headers, body.replace(b"1", b"2")))
    sink.wait_for(1)
