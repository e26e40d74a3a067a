# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Automatic mail has no envelope sender, so that nobody answers it (RFC 3834)."""

import base64
import typing as tp

import pytest

from tests.integration.send.service import Client, mail
from tests.integration.send.sink import Sink

_RAW = b"From: a@example.com\r\nSender: b@example.com\r\nTo: r@example.net\r\n\r\nx\r\n"
_WHOLE = {"raw": base64.b64encode(_RAW).decode(), "to": "r@example.net"}


@pytest.mark.parametrize("body", [mail(), _WHOLE], ids=["parts", "whole"])
def test_it_goes_out_without_a_sender(
    sender: Client, sink: Sink, body: dict[str, tp.Any]
) -> None:
    answer = sender.post("/v1/messages", {**body, "return_path": ""})
    found = sender.wait(sender.done(answer)["id"], "sent")
    assert found["sender"] == ""
    (taken,) = sink.taken
    # As it was written.
    assert taken.sender == "<>"
    assert "From:" in taken.text


def test_dry_run_and_batch(sender: Client, sink: Sink) -> None:
    dry = sender.post("/v1/messages/dry-run", mail(return_path=""))
    assert sender.done(dry)["sender"] == ""
    batch = {
        "defaults": {"return_path": ""},
        "messages": [
            mail("a@example.net"),
            mail("b@example.net", return_path="c@d.example"),
        ],
    }
    outs = sender.done(sender.post("/v1/messages/batch", batch))["messages"]
    assert [sender.wait(one["id"], "sent")["sender"] for one in outs] == [
        "",
        "c@d.example",
    ]
    back = {
        "defaults": {"return_path": "c@d.example"},
        "messages": [mail(return_path="")],
    }
    (out,) = sender.done(sender.post("/v1/messages/batch", back))["messages"]
    assert sender.wait(out["id"], "sent")["sender"] == ""


def test_author_is_judged_as_ever_also_when_it_is_sent_again(
    admin: Client, sender: Client, sink: Sink
) -> None:
    change = {"sender_domains": ["example.com"]}
    path = f"/v1/tenants/{sender.tenant}"
    admin.done(admin.call("PATCH", path, json=change))
    foreign = sender.post(
        "/v1/messages", {**mail(return_path=""), "from": "a@b.example"}
    )
    assert foreign.json()["code"] == "sender_not_allowed"
    sink.do("bad", "554 5.7.1 not today")
    message_id = sender.send(["bad@example.net"], return_path="")
    sender.wait(message_id, "failed")
    again = sender.done(sender.post(f"/v1/messages/{message_id}/resend"))["id"]
    assert sender.wait(again, "sent")["sender"] == ""
    admin.done(admin.call("PATCH", path, json={"sender_domains": ["other.example"]}))
    sink.do("bad", "554 5.7.1 not today")
    refused = sender.post(f"/v1/messages/{message_id}/resend")
    assert refused.json()["code"] == "sender_not_allowed"


@pytest.mark.parametrize("wrong", ["<>", " ", "\x00", "nobody"])
def test_only_the_empty_text_is_none(sender: Client, wrong: str) -> None:
    answer = sender.post("/v1/messages", mail(return_path=wrong))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "return_path"
