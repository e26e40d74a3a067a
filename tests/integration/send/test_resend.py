# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A message that did not reach everybody is sent again, as a new one."""

import base64
import time
import typing as tp

import pytest

from tests.integration.send.service import Client, Service, types
from tests.integration.send.sink import Sink


def _resend(tenant: Client, message_id: str, **options: tp.Any) -> tp.Any:
    return tenant.post(f"/v1/messages/{message_id}/resend", **options)


def test_those_who_did_not_get_it_get_it(sender: Client, sink: Sink) -> None:
    sink.do("bad", "554 5.7.1 not today")
    first = sender.send(["good@example.net", "bad@example.net"], batch="b", priority=1)
    sender.wait(first, "partial")
    answer = sender.done(_resend(sender, first))
    assert answer["id"] != first
    again = sender.wait(answer["id"], "sent")
    assert [one["address"] for one in again["recipients"]] == ["bad@example.net"]
    assert (again["batch"], again["priority"]) == ("b", "high")
    assert again["events"][0]["details"]["resend_of"] == first
    assert [one.recipients for one in sink.taken] == [
        ["good@example.net"],
        ["bad@example.net"],
    ]
    assert types(sender.message(first)).count("accepted") == 1


@pytest.mark.parametrize("how", ["cancelled", "suppressed", "expired"])
def test_whatever_kept_it_back(sender: Client, sink: Sink, how: str) -> None:
    more: dict[str, tp.Any] = {}
    path = "/v1/suppressions/r@example.net"
    if how == "cancelled":
        more = {"send_at": time.time() + 3600}
    elif how == "expired":
        sink.do("r", *["451 later"] * 20)
        more = {"expires_at": time.time() + 1}
    else:
        sender.done(sender.call("PUT", path, json={"reason": "x"}))
    message_id = sender.send(["r@example.net"], **more)
    if how == "cancelled":
        sender.done(sender.post(f"/v1/messages/{message_id}/cancel"))
    sender.wait(message_id, how)
    sink.do("r")
    sender.call("DELETE", path)
    sender.wait(sender.done(_resend(sender, message_id))["id"], "sent")


def test_what_is_not_final_or_has_reached_everybody_is_not(
    sender: Client, sink: Sink
) -> None:
    waiting = sender.send(send_at=time.time() + 3600)
    assert _resend(sender, waiting).json()["code"] == "not_final"
    sent = sender.send()
    sender.wait(sent, "sent")
    assert _resend(sender, sent).json()["code"] == "nothing_left"
    assert _resend(sender, "none").status_code == 404


def test_one_key_sends_it_again_once(sender: Client, sink: Sink) -> None:
    sink.do("bad", "554 5.7.1 not today")
    first = sender.send(["bad@example.net"])
    sender.wait(first, "failed")
    key = {"Idempotency-Key": "again"}
    once, twice = (_resend(sender, first, headers=key).json() for _ in range(2))
    assert once == twice
    sender.wait(once["id"], "sent")
    assert len(sink.taken) == 1


@pytest.mark.parametrize("whole", [False, True])
def test_tenant_that_may_not_send_from_the_domain_any_more_may_not(
    admin: Client, sender: Client, sink: Sink, whole: bool
) -> None:
    sink.do("bad", "554 5.7.1 not today")
    body: dict[str, tp.Any] = {"from": "a@example.com", "text": "x"}
    if whole:
        raw = b"From: a@example.com\r\nTo: bad@example.net\r\n\r\nx\r\n"
        body = {"raw": base64.b64encode(raw).decode()}
    answer = sender.post("/v1/messages", {**body, "to": "bad@example.net"})
    message_id = sender.done(answer)["id"]
    sender.wait(message_id, "failed")
    change = {"sender_domains": ["other.example"]}
    admin.done(admin.call("PATCH", f"/v1/tenants/{sender.tenant}", json=change))
    assert _resend(sender, message_id).json()["code"] == "sender_not_allowed"


def test_messages_of_all_tenants_are_the_admins_to_list(
    service: Service, admin: Client, sender: Client, sink: Sink
) -> None:
    admin.done(admin.post("/v1/tenants", {"id": "list-all", "name": "Other"}))
    other = service.client(tenant="list-all")
    body = {"id": "default", "host": "127.0.0.1", "port": sink.port, "tls": "none"}
    other.done(other.post("/v1/relays", body))
    one = sender.send("all@example.net", batch="of-all", send_at=time.time() + 3600)
    two = other.send("all@example.net", batch="of-all", send_at=time.time() + 3600)
    three = sender.send("b@example.net", batch="of-all", send_at=time.time() + 3600)

    def listed(**query: tp.Any) -> list[tuple[str, str]]:
        page = admin.get("/v1/queue/messages", **query)
        return [(row["tenant"], row["id"]) for row in page["messages"]]

    whole = [(sender.tenant, three), ("list-all", two), (sender.tenant, one)]
    assert listed(batch="of-all") == whole
    assert listed(batch="of-all", limit=2) == whole[:2]
    assert listed(batch="of-all", before=two) == whole[2:]
    assert listed(recipient="ALL@example.net", batch="of-all") == whole[1:]
    key = {"name": "k", "scopes": ["send", "read", "manage"]}
    token = sender.done(sender.post("/v1/keys", key))["key"]
    assert service.client(token).call("GET", "/v1/queue/messages").status_code == 403
