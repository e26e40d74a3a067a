# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What came back to the envelope sender of a message, as the node hands it over."""

import typing as tp

import pytest

from tests.integration.send.managed import Node, document
from tests.integration.send.service import Client

_REPORT = b"""From: MAILER-DAEMON@example.net\r
Subject: failed\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.net\r
\r
Final-Recipient: rfc822; %s\r
Action: failed\r
Diagnostic-Code: smtp; 550 5.1.1 no such user\r
\r
--b--\r
"""


def hand(node: Node, message_id: str, mail: bytes) -> bool:
    """Hand over a mail; return whether it comes too early."""
    answer = node.call(
        "POST",
        f"/v1/managed/returned/{message_id}",
        content=mail,
        headers={"Content-Type": "message/rfc822"},
    )
    return tp.cast(bool, Client.done(answer)["again"])


def bounced(tenant: Client) -> list[str]:
    """Return whom events of the type `bounced` are about."""
    found = tenant.get("/v1/events")["events"]
    return [one["recipient"] for one in found if one["type"] == "bounced"]


def test_each_report_is_an_event_once_and_none_of_what_was_removed(node: Node) -> None:
    tenant = node.done(document())
    message_id = tenant.send(["gone@example.net", "ann@example.net"])
    tenant.wait(message_id, "sent")
    for _ in range(2):
        assert not hand(node, message_id, _REPORT % b"gone@example.net")
    assert bounced(tenant) == ["gone@example.net"]
    tenant.done(tenant.call("DELETE", f"/v1/messages/{message_id}"))
    assert not hand(node, message_id, _REPORT % b"ann@example.net")
    # Its events went with it, and with them whose it was.
    assert bounced(tenant) == []


@pytest.mark.parametrize(
    "message_id", ["01a2296c-1736-7000-b445-582aa461bf78", "none", "%00"]
)
def test_what_is_about_no_message_changes_nothing(node: Node, message_id: str) -> None:
    tenant = node.done(document())
    assert not hand(node, message_id, _REPORT % b"gone@example.net")
    assert bounced(tenant) == []
