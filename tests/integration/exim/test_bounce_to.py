# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where exim's bounces of the mail of accounts go."""

import smtplib
import typing as tp

import pytest

from tests.integration.exim import fixtures, payloads, receiving, waiting
from tests.integration.exim.fixtures import Internet, Machine
from tests.integration.exim.mailboxes import Mailboxes

REFUSED, REPORTS = "refused@elsewhere.test", "reports@elsewhere.test"
_HASH = payloads.hashed(payloads.PASSWORD)


def _relay(bounce_to: str, **more: tp.Any) -> dict[str, tp.Any]:
    """Return the document of an account without a mailbox."""
    return {"password_hash": _HASH, "bounce_to": bounce_to, **more}


def _submit(login: str, recipient: str = REFUSED) -> None:
    with fixtures.client(587, login, payloads.PASSWORD) as smtp:
        text = f"From: {login}\r\nSubject: mine\r\n\r\nhello\r\n"
        assert smtp.sendmail(login, [recipient], text) == {}


def _all_done(machine: Machine, messages: int) -> None:
    waiting.until(
        lambda: machine.log().count(" Completed") == messages, "all are done", 20
    )


@pytest.mark.parametrize("keeps_mail", [True, False])
def test_bounce_goes_elsewhere(
    receiver: Machine, boxes: Mailboxes, internet: Internet, keeps_mail: bool
) -> None:
    """Of an instance that receives mail, and of one that does not."""
    receiver.apply(receiving.payload(keeps_mail, relay=_relay(REPORTS)))
    _submit("relay@example.com")
    envelope, text = internet.next_message()
    assert (envelope["sender"], envelope["recipients"]) == ("", [REPORTS])
    assert REFUSED.encode() in text and b"Subject: mine" in text
    _all_done(receiver, 2)
    assert (internet.count(), boxes.counts()) == (0, {})
    # It is where exim's own bounces go, and no address that takes mail.
    assert receiving.rcpt("relay@example.com").startswith("550")


def test_bounce_goes_to_mailboxes_by_an_alias(
    receiver: Machine, boxes: Mailboxes, internet: Internet
) -> None:
    receiver.apply(receiving.payload(relay=_relay("team@example.com")))
    _submit("relay@example.com")
    wanted = {"alice@example.com": 1, "bob@example.com": 1}
    waiting.until(lambda: boxes.counts() == wanted, "both have it")
    assert {sender for sender, _, _ in boxes.messages} == {""}
    assert internet.count() == 0


def test_account_with_a_mailbox_has_its_bounces_elsewhere(
    receiver: Machine, boxes: Mailboxes, internet: Internet
) -> None:
    alice = {**receiving.BOX, "bounce_to": "bob@example.com"}
    receiver.apply(receiving.payload(alice=alice))
    _submit("alice@example.com")
    waiting.until(lambda: boxes.counts() == {"bob@example.com": 1}, "bob has it")
    # Other mail without a sender is hers.
    assert receiving.send("alice@example.com", sender="").startswith("250")
    waiting.until(lambda: boxes.counts().get("alice@example.com"), "she has it")


@pytest.mark.parametrize(
    "accounts",
    [
        {"relay": _relay(REFUSED)},
        {"relay": _relay("nobody@example.com")},
        {"relay": _relay("ring@example.com"), "ring": _relay("relay@example.com")},
        {"relay": _relay("ring-a@example.com")},
    ],
)
def test_bounce_that_cannot_be_delivered_has_an_end(
    receiver: Machine, boxes: Mailboxes, internet: Internet, accounts: tp.Any
) -> None:
    """Elsewhere, here, and in rings: nobody is sent a bounce of a bounce."""
    receiver.apply(receiving.payload(**accounts))
    _submit("relay@example.com")
    _all_done(receiver, 2)
    assert (internet.count(), boxes.counts()) == (0, {})


def test_bounce_of_an_account_that_is_closed_meanwhile(
    receiver: Machine, internet: Internet
) -> None:
    receiver.apply(receiving.payload(relay=_relay(REPORTS)))
    with fixtures.client(587, "relay@example.com", payloads.PASSWORD) as smtp:
        # What has changed opens nothing, so the session goes on, and nothing reloads.
        daemon = receiver.daemon()
        receiver.apply(receiving.payload(relay=_relay("other@elsewhere.test")))
        assert smtp.noop()[0] == 250
        assert receiver.daemon() == daemon
        smtp.mail("relay@example.com")
        smtp.rcpt(REFUSED)
        assert smtp.data("From: relay@example.com\r\n\r\nx\r\n")[0] == 250
    envelope, _ = internet.next_message()
    assert envelope["recipients"] == ["other@elsewhere.test"]
    receiver.apply(receiving.payload(relay={"bounce_to": REPORTS}))
    with pytest.raises(smtplib.SMTPException):
        fixtures.client(587, "relay@example.com", payloads.PASSWORD)
    told = receiver.supervisor.run("-f", "<>", "-bt", "relay@example.com")
    assert told.startswith(REPORTS)


def test_stranger_is_sent_no_bounce_of_what_was_forwarded(
    receiver: Machine, boxes: Mailboxes, internet: Internet
) -> None:
    assert receiving.send("away@example.com").startswith("250")
    _all_done(receiver, 2)
    assert internet.count() == 0
