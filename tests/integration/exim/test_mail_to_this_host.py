# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail that cannot be delivered is refused at once; nothing goes to neighbours."""

import pytest

from tests.integration.exim import fixtures, payloads, raw, waiting


def _rcpt(recipient: str) -> str:
    with raw.as_alice() as alice:
        alice.say("MAIL FROM:<alice@example.com>")
        return alice.say(f"RCPT TO:<{recipient}>")


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("carol@example.com", "550 5.1.1"),  # its MX is this host
        ("postmaster", "550 5.1.1"),
        ("x@nowhere.invalid", "550 5.1.2"),
        ("bob@localhost", "550 5.1.2"),
        ("bob@elsewhere", "550 5.1.2"),
        ("bob@nullmx.test", "550 5.1.2"),
        ("bob@mxaddress.test", "550 5.1.2"),
        # Hosts that the domain's owner does not reach, and the node might.
        ("bob@private.test", "550 5.1.2"),
        ("bob@metadata.test", "550 5.1.2"),
        ("bob@shared.test", "550 5.1.2"),
    ],
)
def test_undeliverable_recipient_is_refused(mail, internet, recipient, code):
    """The answer names the recipient; with that it may take two lines."""
    *others, last = _rcpt(recipient).splitlines()
    assert last.startswith(code)
    assert all(line.startswith(code.replace(" ", "-")) for line in others)
    named = recipient if "@" in recipient else f"{recipient}@example.com"
    assert last.endswith(f"({named})")


def test_silence_of_the_dns_is_no_reason_to_refuse(mail, internet):
    assert _rcpt("bob@silent.test").startswith("250")


def test_public_host_beside_a_private_one_is_used(mail, internet):
    message = "From: alice@example.com\r\n\r\nx\r\n"
    assert fixtures.submit(message, recipients=["bob@both.test"])[0] == 250
    assert internet.next_message()[0]["recipients"] == ["bob@both.test"]


def test_private_networks_that_the_operator_names_are_reached(machine, internet):
    networks = ["10.20.0.0/16", "fd00:20::/64"]
    machine.apply(payloads.payload())
    daemon = machine.daemon()
    assert _rcpt("bob@private.test").startswith("550")
    machine.apply(payloads.payload(send_networks=networks))
    assert _rcpt("bob@private.test").startswith("250")
    assert _rcpt("bob@metadata.test").startswith("550")
    machine.apply(payloads.payload(send_networks=["0.0.0.0/0", "::/0"]))
    assert _rcpt("bob@metadata.test").startswith("250")
    assert _rcpt("bob@localhost").startswith("550")
    assert machine.daemon() == daemon


def test_host_that_turns_private_after_it_was_looked_at_is_not_reached(mail, internet):
    """The addresses that are connected to are those that were judged."""
    message = "From: alice@example.com\r\n\r\nx\r\n"
    assert fixtures.submit(message, recipients=["bob@rebinding.test"])[0] == 250
    waiting.until(lambda: "** bob@rebinding.test" in mail.log(), "it is refused")
    (refused,) = [one for one in mail.log().splitlines() if "** bob@rebind" in one]
    assert "none that may be reached" in refused
    assert "10.20.0.7" not in mail.log()
    assert internet.count() == 0


@pytest.mark.parametrize(("ret", "whole"), [("FULL", True), ("HDRS", False)])
def test_bounce_holds_what_was_asked_for(machine, internet, ret, whole):
    """RFC 3461 section 4.3."""
    machine.apply(payloads.payload(domain="bounces.test"))
    with raw.Dialogue(465) as client:
        client.say("EHLO client.test")
        assert client.login("alice@bounces.test").startswith("235")
        client.say(f"MAIL FROM:<alice@bounces.test> RET={ret}")
        assert client.say("RCPT TO:<refused@elsewhere.test>").startswith("250")
        client.say("DATA")
        client.say("Subject: the subject\r\n\r\nthe text\r\n.")
    envelope, content = internet.next_message()
    assert (envelope["sender"], envelope["recipients"]) == ("", ["alice@bounces.test"])
    assert b"the subject" in content
    assert (b"the text" in content) == whole
    assert content.count(b"DKIM-Signature:") >= 2
