# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every legal id is reached by its path."""

import urllib.parse

import pytest

from tests.integration.send.service import Client, mail
from tests.integration.send.sink import Sink


def _quoted(name: str) -> str:
    # A client takes the dots of a whole part for steps in a tree.
    dots = "%2E" * len(name) if set(name) == {"."} else None
    return dots or urllib.parse.quote(name, safe="")


@pytest.mark.parametrize(
    "address",
    [
        "a/b@example.net",
        "/@example.net",
        "a%2fb@example.net",
        "100%@example.net",
        "a?b=c@example.net",
        "a#b@example.net",
        "{a}|b+c@example.net",
        "x//y/../z@example.net",
    ],
)
def test_suppression_is_read_and_lifted_by_its_address(
    tenant: Client, address: str
) -> None:
    path = f"/v1/suppressions/{_quoted(address)}"
    if ".." in address:
        # Two dots in a row are in no local part: refused as an address, not unknown.
        assert tenant.call("GET", path).status_code == 422
        return
    made = tenant.done(tenant.call("PUT", path, json={"reason": "x"}))
    assert made["address"] == address
    assert tenant.get(path)["address"] == address
    assert tenant.call("DELETE", path).status_code == 204
    assert tenant.call("GET", path).status_code == 404


def test_what_the_service_has_suppressed_can_be_lifted(
    sender: Client, sink: Sink
) -> None:
    sink.do("a/b", "550 5.1.1 no such user")
    sender.wait(sender.send("a/b@example.net"), "failed")
    listed = sender.get("/v1/suppressions")["suppressions"]
    assert [one["address"] for one in listed] == ["a/b@example.net"]
    path = f"/v1/suppressions/{_quoted('a/b@example.net')}"
    assert sender.call("DELETE", path).status_code == 204
    sender.wait(sender.send("a/b@example.net"), "sent")


@pytest.mark.parametrize("batch", ["a/b", "..", ".", "a b", "ä/ö", "%2F", "?x", "/"])
def test_batch_is_suspended_and_resumed_by_its_code(
    sender: Client, sink: Sink, batch: str
) -> None:
    path = f"/v1/suspensions/{_quoted(batch)}"
    sender.done(sender.call("PUT", path))
    assert [one["batch"] for one in sender.get("/v1/suspensions")["batches"]] == [batch]
    message_id = sender.done(sender.post("/v1/messages", mail(batch=batch)))["id"]
    assert sender.message(message_id)["state"] == "suspended"
    assert sender.done(sender.call("DELETE", path)) == {"messages": 1}
    sender.wait(message_id, "sent")


def test_path_of_the_log_makes_the_same_call_again(
    admin: Client, tenant: Client
) -> None:
    address = "a/100%?#@example.net"
    path = f"/v1/suppressions/{_quoted(address)}"
    tenant.done(tenant.call("PUT", path, json={"reason": "x"}))
    tenant.done(tenant.call("DELETE", path))
    found = admin.get("/v1/commands/export", tenant=tenant.tenant)["commands"]
    again = next(one for one in found if one["method"] == "PUT")
    called, _, _ = again["path"].partition("?")
    tenant.done(tenant.call("PUT", called, json={"reason": "x"}))
    assert tenant.get(path)["address"] == address


def test_path_that_is_no_text_is_refused(tenant: Client) -> None:
    answer = tenant.call("GET", "/v1/suppressions/%FF@example.net")
    assert answer.status_code == 400
