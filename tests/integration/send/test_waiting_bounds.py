# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How much a tenant may have waiting, and what is left for the others."""

import pathlib
import time
import typing as tp

import httpx
import pytest

from tests.integration.send.conftest import add_relay
from tests.integration.send.service import Client, Service, mail
from tests.integration.send.sink import Sink


def _bound(admin: Client, tenant: Client, **waiting: int | None) -> None:
    change = {f"waiting_{name}": most for name, most in waiting.items()}
    admin.done(admin.call("PATCH", f"/v1/tenants/{tenant.tenant}", json=change))


def _later() -> dict[str, float]:
    return {"send_at": time.time() + 300 * 86400}


def _is_refused(answer: httpx.Response, text: str) -> bool:
    assert answer.status_code == 429, answer.text
    assert answer.headers["retry-after"]
    assert answer.json()["code"] == "too_much_waiting"
    return text in answer.json()["detail"]


def _refusal_holds(tenant: Client) -> None:
    # For half a second a refusal is repeated without another look.
    time.sleep(0.6)


def test_messages_that_wait_are_bounded(
    admin: Client, sender: Client, sink: Sink
) -> None:
    _bound(admin, sender, messages=3)
    kept = [sender.send(**_later()) for _ in range(2)]
    key = {"Idempotency-Key": "again"}
    first = sender.post("/v1/messages", mail(**_later()), headers=key)
    assert first.status_code == 202
    answer = sender.post("/v1/messages", mail(**_later()))
    assert _is_refused(answer, "3 messages waiting, and would have 4")
    batch = {"mode": "partial", "messages": [mail()]}
    assert _is_refused(sender.post("/v1/messages/batch", batch), "3 messages")
    # What was answered before is answered again, not refused.
    body = first.request.content
    again = sender.call(
        "POST",
        "/v1/messages",
        content=body,
        headers={**key, "Content-Type": "application/json"},
    )
    assert again.json() == first.json()
    sender.done(sender.call("POST", f"/v1/messages/{kept[0]}/cancel"))
    _refusal_holds(sender)
    sender.wait(sender.send(), "sent")
    sender.wait(sender.send(), "sent")
    assert sender.get("/v1/tenants/" + str(sender.tenant))["waiting_messages"] == 3


def test_octets_that_wait_are_bounded(admin: Client, sender: Client) -> None:
    _bound(admin, sender, mib=1)
    large = mail(text="x" * 400_000, **_later())
    for _ in range(2):
        assert sender.post("/v1/messages", large).status_code == 202
    assert _is_refused(sender.post("/v1/messages", large), "1.0 MiB of messages")
    _bound(admin, sender, mib=2)
    assert sender.post("/v1/messages", large).status_code == 202


@pytest.mark.parametrize("how", ["sent", "failed", "expired", "suppressed"])
def test_what_has_ended_waits_no_longer(
    admin: Client, sender: Client, sink: Sink, how: str
) -> None:
    _bound(admin, sender, messages=1)
    more: dict[str, tp.Any] = {}
    if how == "failed":
        sink.do("r", "550 5.7.1 not here")
    elif how == "expired":
        sink.do("r", *["451 later"] * 50)
        more = {"expires_at": time.time() + 1}
    elif how == "suppressed":
        more = {"send_at": time.time() + 1}
    message_id = sender.send("r@example.net", **more)
    if how == "suppressed":
        path = "/v1/suppressions/r@example.net"
        sender.done(sender.call("PUT", path, json={"reason": "x"}))
    sender.wait(message_id, how)
    assert sender.post("/v1/messages", mail(**_later())).status_code == 202
    answer = sender.post("/v1/messages", mail(**_later()))
    assert _is_refused(answer, "1 messages")


def test_one_tenant_leaves_a_part_of_the_disk_to_the_others(
    larger_disk: pathlib.Path, sink: Sink
) -> None:
    service = Service(larger_disk, None)
    try:
        service.start()
        admin = service.client()
        for name in ("greedy", "modest"):
            admin.done(admin.post("/v1/tenants", {"id": name, "name": name}))
            add_relay(service.client(tenant=name), sink.port)
        greedy, modest = (service.client(tenant=name) for name in ("greedy", "modest"))
        answer = _fill(greedy, larger_disk)
        assert _is_refused(answer, "disk is nearly full")
        # Nor by other ways: what a tenant writes down is bounded as well.
        statuses = {_put(greedy, number) for number in range(500)}
        assert statuses == {200, 429}
        modest.wait(modest.send(), "sent")
    finally:
        service.close()


def _fill(tenant: Client, disk: pathlib.Path) -> httpx.Response:
    """Send for a year ahead until it is refused; return that answer."""
    (disk / "ballast").write_bytes(bytes(55 * 2**20))
    for _ in range(60):
        answer = tenant.post("/v1/messages", mail(text="x" * 500_000, **_later()))
        if answer.status_code != 202:
            break
    return answer


def _put(tenant: Client, number: int) -> int:
    path = f"/v1/suppressions/r{number}@example.net"
    return tenant.call("PUT", path, json={"reason": "y" * 500}).status_code
