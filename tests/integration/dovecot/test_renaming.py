# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Accounts that get another address: the mail that they have, and that on its way."""

import contextlib
import shutil
import smtplib
import time
import typing as tp

import pytest

from exordos_mail.dataplane.services.exim import former
from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, BOB, Boxes, imap, logs_in
from tests.integration.exim import waiting

CARL, ANNA = "carl@example.com", "anna@example.com"
_DOMAIN = {"enabled": True, "receives": True}
BOTH = {
    "example.com": {"primary": True, **_DOMAIN},
    "example.org": {"primary": False, **_DOMAIN},
}

Names = tp.Mapping[str, str]


def _apply(
    boxes: Boxes, names: Names, domains: tp.Any = BOTH, **aliases: tp.Any
) -> None:
    """Give mailboxes (by the names that they had at first) their addresses."""
    more = {
        "domains": documents.spread(domains),
        "aliases": documents.spread(aliases),
    }
    found = {key: boxes_lib.account(first) for key, first in names.items()}
    boxes.apply(found, more=more)


@pytest.fixture
def three(fresh: Boxes) -> tp.Iterator[Boxes]:
    """A machine on which alice, bob and carl have empty mailboxes."""
    names = {one: one for one in ("alice", "bob", "carl")}
    for one in names:
        shutil.rmtree(fresh.home(one), ignore_errors=True)
    _apply(fresh, names)
    yield fresh
    fresh.machine.stop()
    for one in names:
        shutil.rmtree(fresh.home(one), ignore_errors=True)


def _message(subject: str) -> bytes:
    return f"From: a@elsewhere.test\r\nSubject: {subject}\r\n\r\nx\r\n".encode()


def _replies(subject: str, *recipients: str, after: tp.Any = None) -> list[int]:
    """Send a message; return the codes of RCPT. `after`: done before it is taken."""
    with contextlib.closing(smtplib.SMTP("127.0.0.1", 25, "client.test", 30)) as smtp:
        smtp.ehlo()
        smtp.mail("ann@elsewhere.test")
        codes = [smtp.rcpt(one)[0] for one in recipients]
        if after:
            after()
        if 250 in codes:
            assert smtp.data(_message(subject))[0] == 250
        return codes


def _queue(boxes: Boxes, **wanted: tuple[str, ...]) -> None:
    """Have exim take messages that it cannot deliver yet, by their subjects."""
    with contextlib.ExitStack() as stack:
        for subject, recipients in wanted.items():
            smtp = smtplib.SMTP("127.0.0.1", 25, "client.test", 30)
            stack.enter_context(contextlib.closing(smtp))
            smtp.ehlo()
            smtp.mail("ann@elsewhere.test")
            for one in recipients:
                assert smtp.rcpt(one)[0] == 250
            # exim asks the mailbox once more at DATA, of an only recipient.
            assert len(recipients) > 1
            stack.callback(lambda s=smtp, x=subject: s.data(_message(x)))
        boxes.machine.dovecot.stop()
    waiting.until(lambda: len(boxes.queued()) == len(wanted), "all wait")


def _deliver(boxes: Boxes) -> None:
    waiting.until(boxes_lib.is_up, "Dovecot is there")
    boxes.machine.run_queue()
    waiting.until(lambda: not boxes.queued(), "nothing waits")


def _subjects(login: str) -> list[str]:
    with imap(login) as found:
        if found.select("INBOX") == ("OK", [b"0"]):
            return []
        _, parts = found.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        texts = [part[1].decode() for part in parts if isinstance(part, tuple)]
    return sorted(text.split()[1] for text in texts)


def _next_second() -> None:
    """Wait until what exim takes is later than the last change: it knows seconds."""
    now = int(time.time())
    waiting.until(lambda: int(time.time()) > now, "the next second")


def test_mailbox_script_and_sessions_of_a_renamed_account(three: Boxes) -> None:
    assert _replies("first", ALICE) == [250]
    waiting.until(lambda: _subjects(ALICE) == ["first"], "it has come")
    with contextlib.closing(boxes_lib.Sieve()) as sieve:
        assert sieve.log_in(ALICE) == "OK"
        script = b'require ["fileinto", "mailbox"]; fileinto :create "Filed";'
        assert sieve.put("s", script)[0] == "OK"
        assert sieve.command(b'SETACTIVE "s"')[0] == "OK"
    with imap(ALICE) as old, imap(BOB) as of_bob:
        _apply(three, {"anna": "alice", "bob": "bob", "carl": "carl"})
        with pytest.raises((OSError, old.error)):
            old.noop()
        assert of_bob.noop()[0] == "OK"
    assert not logs_in(ALICE, address="127.0.3.1")
    assert _subjects(ANNA) == ["first"]
    assert _replies("old", ALICE) == [550]
    assert _replies("new", ANNA, "anna+tag@example.com") == [250, 250]

    def filed() -> bool:
        with imap(ANNA) as found:
            return found.select("Filed") == ("OK", [b"2"])

    waiting.until(filed, "the script has filed them")


def test_mail_that_waits_comes_to_who_had_the_address(three: Boxes) -> None:
    """Two swap, and one more has left: also of a message to all of them."""
    _queue(
        three,
        alices=(ALICE, CARL),
        bobs=(BOB, CARL),
        both=(ALICE, BOB),
        tagged=("alice+x@example.com", CARL),
    )
    _apply(three, {"bob": "alice", "alice": "bob", "carl@example.org": "carl"})
    _deliver(three)
    assert _subjects(BOB) == ["alices", "both", "tagged"]
    assert _subjects(ALICE) == ["bobs", "both"]
    assert _subjects("carl@example.org") == ["alices", "bobs", "tagged"]
    assert _replies("none", CARL) == [550]
    _next_second()
    assert _replies("new", ALICE, BOB, "carl@example.org") == [250] * 3
    waiting.until(lambda: "new" in _subjects(BOB), "it has come")
    waiting.until(lambda: "new" in _subjects(ALICE), "it has come")


def test_what_one_has_the_other_still_gets(three: Boxes) -> None:
    """Two have swapped, and the mailbox of one cannot be written to for a while."""
    _queue(three, both=(ALICE, BOB))
    home = three.home("bob")
    home.touch()
    _apply(three, {"bob": "alice", "alice": "bob", "carl": "carl"})
    waiting.until(boxes_lib.is_up, "Dovecot is there")
    three.machine.run_queue()
    waiting.until(lambda: _subjects(BOB) == ["both"], "the one has it")
    home.unlink()
    _deliver(three)
    assert (_subjects(BOB), _subjects(ALICE)) == (["both"], ["both"])


def test_mail_that_waits_comes_to_the_last_of_several_addresses(three: Boxes) -> None:
    _queue(three, one=(ALICE, BOB))
    rest = {"bob": "bob", "carl": "carl"}
    _apply(three, {"ann@example.org": "alice", **rest})
    # An agent that begins anew has it from the disk.
    three.machine.fresh_node()
    one_left = {"example.com": BOTH["example.com"]}
    _apply(three, {"anna": "alice", "alice": "bob"}, one_left)
    _deliver(three)
    assert _subjects(ANNA) == ["one"]
    assert _subjects(ALICE) == ["one"]


def test_catch_all_takes_what_comes_later_and_not_what_waits(three: Boxes) -> None:
    everything = {"*": {"targets": [BOB]}}
    rest = {"bob": "bob", "carl": "carl"}
    _apply(three, {"alice": "alice", **rest}, **everything)
    _queue(three, early=(ALICE, CARL), quoted=('"alice+a b"@example.com', CARL))
    _apply(three, {"anna": "alice", **rest}, **everything)
    _deliver(three)
    assert _subjects(ANNA) == ["early", "quoted"]
    assert _subjects(BOB) == []
    _next_second()
    assert _replies("late", ALICE) == [250]
    waiting.until(lambda: _subjects(BOB) == ["late"], "the catch-all has it")
    assert _subjects(ANNA) == ["early", "quoted"]


def test_mail_that_is_taken_meanwhile_is_delivered(three: Boxes) -> None:
    """RCPT was answered for the old address, DATA comes after the change."""

    def change() -> None:
        _apply(three, {"anna": "alice", "bob": "bob", "carl": "carl"})
        _next_second()

    assert _replies("one", ALICE, CARL, after=change) == [250, 250]
    waiting.until(lambda: _subjects(ANNA) == ["one"], "it has come")


def test_mail_for_an_account_that_is_gone_is_nobody_elses(three: Boxes) -> None:
    _queue(three, one=(ALICE, CARL))
    rest = {"carl": "carl"}
    _apply(three, {"anna": "alice", "bob": "bob", **rest})
    _apply(three, {"bob": "bob", **rest})
    _apply(three, {"anna": "bob", **rest})
    _deliver(three)
    assert _subjects(ANNA) == []
    assert "550 5.1.1 No such user here" in three.machine.log()


def test_lost_note_keeps_nobody_from_mail(three: Boxes) -> None:
    path = three.machine.layout.disk(three.machine.layout.former)
    path.write_text("{")
    _apply(three, {"anna": "alice", "bob": "bob", "carl": "carl"})
    assert former.load(three.machine.layout).has == {boxes_lib.store("alice"): ANNA}
    assert _replies("one", ANNA) == [250]
    waiting.until(lambda: _subjects(ANNA) == ["one"], "it has come")
