# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A tenant's own key changes its webhook, and rotates the secret."""

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
    auth = {"type": "signature", "secret": SECRET}
    tenant = new_tenant(hooked, sink, receiver.url, callback_auth=auth)
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
    change = {"url": other_receiver.url, "auth": {"type": "bearer", "token": "t0k"}}
    answer = key.done(key.call("PATCH", "/v1/webhook", json=change))
    assert answer["url"] == other_receiver.url
    tenant.send()
    headers, _ = _last(other_receiver)
    assert headers["authorization"] == "Bearer t0k"
    assert key.call("POST", "/v1/webhook/rotate").json()["code"] == "not_signed"
    for url in ("http://169.254.169.254/", "ftp://a.example/"):
        answer = key.call("PATCH", "/v1/webhook", json={"url": url})
        assert answer.status_code == 422
    off = key.done(key.call("PATCH", "/v1/webhook", json={"url": None}))
    assert off["state"] == "none"
    reader = _key(hooked, tenant, "read", "send")
    for method, path in (("PATCH", ""), ("POST", "/rotate")):
        assert reader.call(method, f"/v1/webhook{path}", json={}).status_code == 403


@pytest.mark.parametrize("how", ["signature", "basic"])
def test_attachment_endpoint_knows_us_as_the_webhook_does(
    hooked: Service, sink: Sink, receiver: Receiver, how: str
) -> None:
    auths = {
        "signature": {"type": "signature", "secret": SECRET},
        "basic": {"type": "basic", "username": "u", "password": "p"},
    }
    receiver.do(Reply(body=b"the file"))
    tenant = new_tenant(
        hooked, sink, None, callback_auth=auths[how], attachment_url=receiver.url
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
