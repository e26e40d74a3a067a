# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail that exim receives: for whom, and what it says to who has no mailbox."""

import contextlib
import smtplib

import pytest

from exordos_mail import constants as c
from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import fixtures, receiving, waiting


@pytest.mark.parametrize(
    ("recipient", "reply"),
    [
        ("alice@example.com", "250"),
        ("ALICE@Example.COM", "250"),
        ('"alice"@example.com', "250"),
        ("alice+tag@example.com", "250"),
        ("alice+tag+tag@example.com", "250"),
        ("alice+@example.com", "250"),
        ("off@example.com", "250"),
        ("reader@example.com", "250"),
        ("carol@second.org", "250"),
        ("whoever@second.org", "250"),
        ('"who ever"@second.org', "250"),
        ("team@example.com", "250"),
        ("team+x@example.com", "250"),
        ("shop@example.com", "250"),
        ("partly@example.com", "250"),
        ("ring-and-alice@example.com", "250"),
        ("pipe@example.com", "250"),
        ("nobody@example.com", "550 5.1.1"),
        ("nobody+tag@example.com", "550 5.1.1"),
        ("+alice@example.com", "550 5.1.1"),
        ("*@example.com", "550 5.1.1"),
        ("carol@example.com", "550 5.1.1"),
        ("relay@example.com", "550 5.1.1"),
        ("postmaster", "550 5.1.1"),
        ("gone-all@example.com", "550 5.1.1"),
        ('"ali ce"@example.com', "550 5.1.1"),
        ("alice%example.com@example.com", "550 5.1.1"),
        ("mailbox:alice@example.com", "501"),
        ("dave@sends.org", "550 5.1.1"),
        ("refused@example.com", "550 5.2.1"),
        ("full@example.com", "552 5.2.2"),
        ("full+tag@example.com", "552 5.2.2"),
        ("with-full@example.com", "452 4.2.2"),
        ("later@example.com", "450 4.2.1"),
        ("ring-a@example.com", "550 5.4.6"),
        ("deep-0@example.com", "550 5.4.6"),
        ("many@example.com", "550 5.1.1"),
        ("x@off.org", "454 4.3.2"),
        ("bob@elsewhere.test", "550 5.7.1"),
    ],
)
def test_who_is_received(receiver, recipient: str, reply: str) -> None:
    assert receiving.rcpt(recipient).startswith(reply)
    assert "panic" not in receiver.log()


def test_each_gets_one_copy(receiver, boxes) -> None:
    assert receiving.send("alice@example.com", "shop@example.com").startswith("250")
    wanted = {"alice@example.com": 1, "bob@example.com": 1, "carol@second.org": 1}
    waiting.until(lambda: boxes.counts() == wanted, "each has the message")
    assert {sender for sender, _, _ in boxes.messages} == {receiving.STRANGER}
    waiting.until(lambda: "Completed" in receiver.log(), "the message is done")
    assert boxes.counts() == wanted
    assert "**" not in receiver.log() and "==" not in receiver.log()


def test_deliveries_differ_by_more_than_capitals(receiver, boxes) -> None:
    """exim's own ids do not, and searches in mailboxes take one for the other."""
    with contextlib.closing(probe.connect(25)) as smtp:
        smtp.ehlo("far.test")
        for _ in range(30):
            smtp.mail(receiving.STRANGER)
            smtp.rcpt("alice@example.com")
            assert smtp.data("Subject: x\r\n\r\nx\r\n")[0] == 250
    waiting.until(lambda: boxes.counts() == {"alice@example.com": 30}, "all are there")
    name = f"\n{c.DELIVERY_HEADER}: ".encode()
    found = [text.partition(name)[2].split()[0] for _, _, text in boxes.messages]
    assert all(one == one.lower() for one in found)
    assert len({one.lower() for one in found}) == 30


def test_tag_is_told_and_catch_all_has_the_rest(receiver, boxes) -> None:
    assert receiving.send("alice+News@example.com", "whoever@second.org").startswith(
        "250"
    )
    wanted = {"alice+news@example.com": 1, "bob@example.com": 1}
    waiting.until(
        lambda: {k.lower(): v for k, v in boxes.counts().items()} == wanted,
        "it is kept",
    )


def test_rings_and_the_missing_stop_nobody(receiver, boxes) -> None:
    assert receiving.send(
        "ring-and-alice@example.com", "partly@example.com"
    ).startswith("250")
    waiting.until(lambda: "Completed" in receiver.log(), "the message is done")
    assert boxes.counts() == {"alice@example.com": 1}
    assert "**" not in receiver.log()


def test_size_that_is_told_counts_and_so_does_that_of_the_data(receiver, boxes) -> None:
    assert receiving.rcpt("alice@example.com", 20_000_000).startswith("552 5.2.2")
    large = "Subject: x\r\n\r\n" + ("x" * 900 + "\r\n") * 12_000
    assert receiving.send("alice@example.com", text=large).startswith("552 5.2.2")
    assert boxes.counts() == {}


def test_unknown_name_is_asked_for_like_a_known_one(receiver, boxes) -> None:
    for one in ("alice@example.com", "nobody@example.com"):
        boxes.asked.clear()
        receiving.rcpt(one)
        assert boxes.asked == [(one, "0")]


def test_dovecot_that_is_away_puts_mail_off(receiver, boxes) -> None:
    boxes.stop()
    assert receiving.rcpt("alice@example.com").startswith("451 4.3.0")
    assert receiving.rcpt("nobody@example.com").startswith("550 5.1.1")


@pytest.mark.parametrize("go", ["stop", "die"])
def test_dovecot_that_goes_away_in_a_session_harms_no_log(
    receiver, boxes, go: str
) -> None:
    """exim keeps what it had for the failed connection, and would write there."""
    getattr(boxes, go)()
    with contextlib.closing(probe.connect(25)) as smtp:
        smtp.ehlo("far.test")
        smtp.mail(receiving.STRANGER)
        for _ in range(30):
            assert smtp.rcpt("alice@example.com")[0] == 451
        assert smtp.rcpt("nobody@example.com")[0] == 550
    assert "smtpd_access_policy" not in receiver.log()
    assert "panic" not in receiver.log()


@pytest.mark.parametrize("go", ["stop", "die"])
def test_dovecot_that_comes_back_in_a_session_is_asked(
    receiver, boxes, go: str
) -> None:
    getattr(boxes, go)()
    with contextlib.closing(probe.connect(25)) as smtp:
        smtp.ehlo("far.test")
        smtp.mail(receiving.STRANGER)
        for _ in range(3):
            assert smtp.rcpt("alice@example.com")[0] == 451
        boxes.start()
        assert smtp.rcpt("alice@example.com")[0] == 250
        assert smtp.rcpt("full@example.com")[0] == 552


def test_mail_waits_where_lmtp_cannot_take_it_and_nobody_is_told(
    receiver, boxes, internet
) -> None:
    boxes.replies["bob@example.com"] = "451 4.3.0 not now"
    assert receiving.send("alice@example.com", "bob@example.com").startswith("250")
    waiting.until(lambda: "== bob@example.com" in receiver.log(), "bob's copy waits")
    assert boxes.counts() == {"alice@example.com": 1}
    boxes.replies.clear()
    receiver.run_queue()
    wanted = {"alice@example.com": 1, "bob@example.com": 1}
    waiting.until(lambda: boxes.counts() == wanted, "bob has it")
    assert internet.count() == 0


def test_stranger_is_sent_no_bounce(receiver, boxes, internet) -> None:
    boxes.replies["alice@example.com"] = "550 5.1.1 gone meanwhile"
    assert receiving.send("alice@example.com").startswith("250")
    waiting.until(lambda: "** alice@example.com" in receiver.log(), "it fails")
    waiting.until(lambda: receiver.log().count("Completed") == 2, "both are done")
    assert "R=no_bounce_elsewhere" in receiver.log()
    assert internet.count() == 0


def test_bounce_of_an_account_comes_to_its_mailbox(receiver, boxes, internet) -> None:
    message = "From: alice@example.com\r\n\r\nhello\r\n"
    assert fixtures.submit(message, recipients=["refused@elsewhere.test"])[0] == 250
    waiting.until(lambda: boxes.counts() == {"alice@example.com": 1}, "it comes back")
    ((sender, _, text),) = boxes.messages
    assert sender == ""
    assert b"refused@elsewhere.test" in text
    # The one that was refused, not the bounce.
    assert internet.count() == 0


def test_accounts_reach_each_other_at_once(receiver, boxes) -> None:
    message = "From: alice@example.com\r\nSubject: hello\r\n\r\nhello\r\n"
    assert fixtures.submit(message, recipients=["carol@second.org"])[0] == 250
    waiting.until(lambda: boxes.counts() == {"carol@second.org": 1}, "carol has it")
    code, said = fixtures.submit(message, recipients=["full@example.com"])
    assert (code, said[:5]) == (552, "5.2.2")
    code, said = fixtures.submit(message, recipients=["nobody@example.com"])
    assert (code, said[:5]) == (550, "5.1.1")


def test_own_domain_that_is_not_received_goes_by_its_mx(receiver, internet) -> None:
    message = "From: alice@example.com\r\n\r\nhello\r\n"
    code, _ = fixtures.submit(message, recipients=["x@bounces.test"])
    assert code == 250
    assert internet.next_message()[0]["recipients"] == ["x@bounces.test"]
    assert receiving.rcpt("x@sends.org").startswith("550")


def test_target_of_an_alias_elsewhere_is_forwarded(receiver, boxes, internet) -> None:
    receiver.apply(receiving.payload())
    assert receiving.send("pipe@example.com").startswith("250")
    waiting.until(lambda: boxes.counts() == {"alice@example.com": 1}, "alice has it")
    assert internet.next_message()[0]["recipients"] == ["|x@elsewhere.test"]


def test_bounce_of_what_was_forwarded_goes_back(receiver, boxes, internet) -> None:
    assert receiving.send("pipe@example.com").startswith("250")
    envelope, _ = internet.next_message()
    ours = envelope["sender"]
    assert ours.startswith("SRS0=") and ours.endswith("=somebody@example.com")
    waiting.until(lambda: boxes.counts() == {"alice@example.com": 1}, "alice has it")
    assert boxes.messages[0][0] == receiving.STRANGER
    # Forged, and no bounce.
    assert receiving.rcpt(ours.replace("=elsewhere", "=nowhere")).startswith(
        "550 5.1.1"
    )
    assert receiving.rcpt(ours).startswith("550 5.1.1")
    assert receiving.send(ours, sender="").startswith("250")
    envelope, _ = internet.next_message()
    assert (envelope["sender"], envelope["recipients"]) == ("", [receiving.STRANGER])


def test_who_is_at_home_here_keeps_the_sender(receiver, boxes, internet) -> None:
    message = "From: alice@example.com\r\n\r\nhello\r\n"
    assert fixtures.submit(message, recipients=["pipe@example.com"])[0] == 250
    envelope, _ = internet.next_message()
    assert envelope["sender"] == "alice@example.com"


def test_changes_apply_without_a_reload(receiver, boxes) -> None:
    daemon = receiver.daemon()
    receiver.apply(receiving.payload(new=receiving.BOX, bob=None))
    assert receiving.rcpt("new@example.com").startswith("250")
    assert receiving.rcpt("bob@example.com").startswith("550 5.1.1")
    receiver.apply(receiving.payload(keeps_mail=False))
    assert receiving.rcpt("alice@example.com").startswith("550 5.1.1")
    receiver.apply(receiving.payload())
    assert receiving.rcpt("alice@example.com").startswith("250")
    assert receiver.daemon() == daemon


def test_guesses_end_the_connection(receiver) -> None:
    with contextlib.closing(probe.connect(25)) as smtp:
        smtp.ehlo("far.test")
        smtp.mail(receiving.STRANGER)
        replies = [smtp.docmd("RCPT", f"TO:<n{one}@example.com>") for one in range(22)]
        assert [code for code, _ in replies[:21]] == [550] * 21
        assert replies[-1][1].startswith(b"5.7.1 Too many")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.rcpt("alice@example.com")
