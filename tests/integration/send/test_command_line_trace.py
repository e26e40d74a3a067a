# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line on traces and erasures."""

from tests.integration.send import command
from tests.integration.send.command import Cli
from tests.integration.send.service import Client
from tests.integration.send.sink import Sink

cli = command.cli
sending = command.sending


def test_a_trace_is_shown_with_its_timeline(
    sending: Cli, tenant: Client, sink: Sink
) -> None:
    made = [tenant.send("ann@example.net", subject="Your order") for _ in range(3)]
    for one in made:
        tenant.wait(one, "sent")
    found = sending.json("trace", "--to", "ann@example.net")["traces"]
    assert [one["id"] for one in found] == made[::-1]
    assert (
        len(sending.json("trace", "--subject", "your order", "--limit", "2")["traces"])
        == 2
    )
    shown = sending.done("trace", "--id", made[0])
    for word in (made[0], "Your order", "accepted", "sent", "250"):
        assert word in shown
    assert sending.done("trace", "--to", "nobody@example.net") == ""
    assert "say id, message_id" in sending.fails(1, "trace", "--state", "sent")


def test_an_address_is_erased(sending: Cli, tenant: Client, sink: Sink) -> None:
    tenant.wait(tenant.send("ann@example.net"), "sent")
    begun = sending.json("erasures", "begin", "--address", "ann@example.net")
    shown = sending.json("erasures", "show", begun["id"])
    assert shown["messages"] == 1
    assert sending.json("trace", "--to", "ann@example.net")["traces"] == []
    assert sending.fails(2, "erasures", "begin")
