# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bounces are read from a mailbox at a real server (Dovecot)."""

import pytest

from tests.integration.send import mailboxes
from tests.integration.send.dovecot_server import Dovecot
from tests.integration.send.mailboxes import AWAY, LETTER, Mailbox, counts
from tests.integration.send.service import Client
from tests.integration.send.sink import Sink
from tests.integration.support import waiting
from tests.unit.send import bounce_corpus as corpus

WAYS = [(one, two) for one in ("imap", "pop3") for two in ("implicit", "starttls")]
PROTOCOLS = ("imap", "pop3")
NO_MAIL = b"no mail at all"


@pytest.fixture
def mailbox(sender: Client, dovecot: Dovecot) -> Mailbox:
    return Mailbox(sender, dovecot)


@pytest.mark.parametrize(("protocol", "tls"), WAYS)
def test_a_bounce_in_a_mailbox_has_its_effect_once(
    sender: Client, dovecot: Dovecot, mailbox: Mailbox, protocol: str, tls: str
) -> None:
    bounces = mailboxes.bounced(sender, 3)
    mails = [*bounces, LETTER, AWAY, NO_MAIL, bounces[0]]
    dovecot.deliver(mailbox.user, *mails)
    found = mailbox.add(protocol, tls)
    assert found["state"] == "active"
    assert counts(found) == (4, 0, 2, 1, 3)
    assert mailboxes.events(sender) == 3
    assert len(sender.get("/v1/suppressions")["suppressions"]) == 3
    # Nothing is read twice, and nothing has changed there.
    assert counts(mailbox.poll()) == counts(found)
    assert dovecot.count(mailbox.user) == 7
    # What POP3 has sent is seen, as Dovecot sees it.
    with dovecot.client(mailbox.user) as client:
        seen = b"" if protocol == "imap" else b"1 2 3 4 5 6 7"
        assert client.search(None, "SEEN")[1] == [seen]
    dovecot.deliver(mailbox.user, *mailboxes.bounced(sender))
    assert counts(mailbox.poll()) == (5, 0, 2, 1, 4)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_was_read_is_deleted_and_letters_stay(
    sender: Client, dovecot: Dovecot, mailbox: Mailbox, protocol: str
) -> None:
    mails = [*mailboxes.bounced(sender, 3), LETTER, AWAY, NO_MAIL]
    dovecot.deliver(mailbox.user, *mails)
    found = mailbox.add(protocol, after="delete")
    assert counts(found) == (3, 0, 2, 1, 3)
    with dovecot.client(mailbox.user) as client:
        left = [client.fetch(str(at), "BODY[]")[1][0][1] for at in (1, 2)]
        assert (left, client.select()[1]) == ([LETTER, NO_MAIL], [b"2"])
    assert counts(mailbox.poll()) == counts(found)


def test_what_was_read_is_moved(
    sender: Client, dovecot: Dovecot, mailbox: Mailbox
) -> None:
    folder = 'Böunces "&" \U0001f4ec/Done'
    encoded = 'B&APY-unces \\"&-\\" &2D3c7A-/Done'
    bounces = mailboxes.bounced(sender, 2)
    dovecot.deliver(mailbox.user, bounces[0], LETTER, bounces[1])
    # The folder is missing at first: bounces count all the same, and stay.
    body = mailbox.body(after="move", move_to=folder)
    sender.done(sender.post(mailboxes.PATH, body))
    found = mailbox.failed()
    assert found["last_error"].endswith(f"has no folder {folder} to move mail to")
    assert counts(found) == (2, 0, 1, 0, 2)
    assert dovecot.count(mailbox.user) == 3
    dovecot.make(mailbox.user, encoded)
    sender.done(mailbox.call("POST", "/poll"))
    waiting.until(lambda: mailbox.shown()["failures"] == 0, "the poll to go well")
    with dovecot.client(mailbox.user, encoded) as client:
        moved = [client.fetch(str(at), "BODY[]")[1][0][1] for at in (1, 2)]
    assert moved == bounces
    assert dovecot.count(mailbox.user) == 1
    assert counts(mailbox.shown()) == (2, 0, 1, 0, 2)


def test_numbers_that_are_new_bring_no_doubles(
    sender: Client, dovecot: Dovecot, mailbox: Mailbox
) -> None:
    bounces = mailboxes.bounced(sender, 2)
    dovecot.make(mailbox.user, "Bounces")
    dovecot.deliver(mailbox.user, *bounces, folder="Bounces")
    assert mailbox.add(folder="Bounces")["events"] == 2
    with dovecot.client(mailbox.user) as client:
        assert client.delete("Bounces")[0] == "OK"
    dovecot.make(mailbox.user, "Bounces")
    bounces += mailboxes.bounced(sender)
    dovecot.deliver(mailbox.user, *bounces, folder="Bounces")
    assert counts(mailbox.poll()) == (5, 0, 0, 0, 3)
    assert mailboxes.events(sender) == 3


def test_the_server_tells_that_mail_has_come(
    sender: Client, dovecot: Dovecot, mailbox: Mailbox
) -> None:
    bounces = mailboxes.bounced(sender, 2)
    body = mailbox.body(idle=True, after="delete")
    sender.done(sender.post(mailboxes.PATH, body))
    waiting.until(lambda: mailbox.shown()["polled_at"], "the mailbox to be read")
    for at, bounce in enumerate(bounces):
        dovecot.deliver(mailbox.user, bounce)
        waiting.until(
            lambda at=at: mailboxes.events(sender) == at + 1, "the bounce to count", 15
        )
    waiting.until(lambda: dovecot.count(mailbox.user) == 0, "them to be deleted")
    # It still is one connection, which ends with the mailbox.
    assert mailbox.shown()["reading"] is True
    waiting.until(lambda: dovecot.sessions(mailbox.user) == (1, 1), "one session")
    sender.done(mailbox.call("DELETE"))
    waiting.until(lambda: dovecot.sessions(mailbox.user) == (1, 0), "it to end")
    assert dovecot.count(mailbox.user) == 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_bounce_before_its_message_is_sent_is_read_again(
    sender: Client, dovecot: Dovecot, mailbox: Mailbox, protocol: str
) -> None:
    sender.done(sender.call("PUT", "/v1/suspensions"))
    message_id = sender.send(corpus.ADDRESS)
    bounce = corpus.letter("postfix", corpus.CAUSES[0], message_id)
    dovecot.deliver(mailbox.user, bounce, LETTER)
    found = mailbox.add(protocol, after="delete")
    assert counts(found) == (0, 0, 1, 0, 0)
    assert dovecot.count(mailbox.user) == 2
    sender.done(sender.call("DELETE", "/v1/suspensions"))
    sender.wait(message_id, "sent")
    assert counts(mailbox.poll()) == (1, 0, 1, 0, 1)
    assert dovecot.count(mailbox.user) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_many_mails_are_read_in_turns(
    sender: Client, dovecot: Dovecot, mailbox: Mailbox, protocol: str
) -> None:
    dovecot.deliver(mailbox.user, LETTER)
    bounces = mailboxes.bounced(sender, 5)
    mails = [LETTER] * 2000
    for at, bounce in enumerate(bounces):
        mails[at * 400 + 7] = bounce
    dovecot.fill(mailbox.user, mails)
    found = mailbox.add(protocol, after="delete")
    assert counts(found) == (5, 0, 1996, 0, 5)
    assert dovecot.count(mailbox.user) == 1996
    assert counts(mailbox.poll()) == counts(found)


def test_a_large_mail_stays(
    sender: Client, dovecot: Dovecot, mailbox: Mailbox, sink: Sink
) -> None:
    small, middle, large = mailboxes.bounced(sender, 3)
    middle = middle.replace(b"Hello.", b"y" * 5_000_000)
    large = large.replace(b"Hello.", b"y" * 11_000_000)
    dovecot.deliver(mailbox.user, large, middle, small)
    assert counts(mailbox.add(after="delete")) == (2, 0, 0, 1, 2)
    assert dovecot.count(mailbox.user) == 1
