# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Outcomes are counted by tenant, class and provider, each once."""

from tests.integration.send.exposition import fetch
from tests.integration.send.managed import Node, document
from tests.integration.send.test_outcomes import GONE, outcome, tell


def test_outcomes_by_class_and_provider(node: Node) -> None:
    tenant = node.done(document())
    message_id = tenant.send()
    tenant.wait(message_id, "sent")
    listed = {"code": 450, "enhanced": "4.7.1", "reply": "450 listed by spamhaus"}
    google = {"host": "gmail-smtp-in.l.google.com"}
    told = [
        outcome("acme", message_id, "delayed", **listed, **google),
        outcome("acme", message_id, "delivered", **google),
        outcome("acme", message_id, "bounced", **GONE),
        outcome("nobody", message_id),
    ]
    for _ in range(2):
        assert tell(node, *told) == []
    found = fetch(node.service)
    for labels in (
        ("delayed", "reputation", "google"),
        ("delivered", "", "google"),
        ("bounced", "recipient", ""),
    ):
        named = dict(zip(("outcome", "class", "provider"), labels, strict=True))
        assert found.get("outcomes_total", tenant="acme", **named) == 1
    assert found.get("outcomes_total") == 3
