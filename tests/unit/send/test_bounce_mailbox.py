# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bounce mailboxes: what servers say, names of folders, how far a poll has come."""

import pytest

from exordos_mail.dataplane.services.imports import folders
from exordos_mail.send.bounce_mailboxes import imap_reply
from exordos_mail.send.bounce_mailboxes.effect import Counts, Read, unread
from exordos_mail.send.bounce_mailboxes.imap_reply import ImapReply, ImapStatus
from exordos_mail.send.bounce_mailboxes.polls import AGAIN, DONE, REMOVING, Mark
from exordos_mail.send.bounce_mailboxes.progress import EARLY_MAX, Progress
from exordos_mail.send.bounce_mailboxes.source import Listed
from exordos_mail.standards import bounce_mailbox as rules
from exordos_mail.standards import rule

BOUNCE = Read(Counts(bounces=1, events=1), is_automatic=True)
LETTER = Read(Counts(others=1))
EARLY = BOUNCE._replace(is_early=True)


def test_what_a_fetch_says() -> None:
    reply = ImapReply(b"* 12 FETCH (UID 345 RFC822.SIZE 2048)")
    assert (reply.uid, reply.size, reply.body) == (345, 2048, None)
    other = ImapReply(b"* 1 FETCH (X \x00 BODY[] \x00 UID 7)", (b"x", b"mail"))
    assert (other.uid, other.body) == (7, b"mail")
    assert ImapReply(b'* 1 FETCH (UID 7 BODY[]<0> "a\\"b")').body == b'a"b'
    assert ImapReply(b"* 1 FETCH (UID 7 BODY[] NIL)").body == b""
    assert ImapReply(b"* 1 FETCH (UID 7 BODY[] \x00)").body is None
    for text in (b"* LIST (UID 7)", b"* 1 FETCH (FLAGS ())", b"UID 7", b""):
        assert ImapReply(text).uid is None


def test_what_else_is_told() -> None:
    assert ImapReply(b"* 23 EXISTS").exists == 23
    assert ImapReply(b"* 23 RECENT").exists is None
    assert ImapReply(b"* OK [UIDVALIDITY 7] x").code == ("UIDVALIDITY", 7)
    assert ImapReply(b"* OK [ALERT] x").code is None
    told = ImapReply(b"* CAPABILITY imap4rev1 Move").capabilities
    assert told == {"IMAP4REV1", "MOVE"}
    assert ImapStatus("NO", b"[inuse] later").passes
    assert not ImapStatus("NO", b"[AUTHENTICATIONFAILED] no").passes
    assert ImapStatus("OK", b"[read-only] x").has(b"READ-ONLY")


def test_sets_and_quotes() -> None:
    assert imap_reply.uid_set([5, 1, 2, 3, 9, 10]) == b"1:3,5,9:10"
    assert imap_reply.uid_set([7]) == b"7"
    assert imap_reply.quoted(b'a "b" \\c') == b'"a \\"b\\" \\\\c"'


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("INBOX", b"INBOX"),
        ("A & B", b"A &- B"),
        ("Entw\u00fcrfe", b"Entw&APw-rfe"),
        # RFC 3501 section 5.1.3.
        (
            "~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e",
            b"~peter/mail/&U,BTFw-/&ZeVnLIqe-",
        ),
        ("\U0001f4ec", b"&2D3c7A-"),
    ],
)
def test_names_of_folders(name: str, raw: bytes) -> None:
    assert rules.encode(name) == raw
    assert folders.decode(raw) == name


def test_what_goes_together() -> None:
    rules.check_pair("imap", "INBOX", "move", "Done")
    rules.check_pair("pop3", "INBOX", "delete", None)
    for wrong in (
        ("pop3", "INBOX", "move", "Done"),
        ("pop3", "Bounces", "keep", None),
        ("imap", "INBOX", "move", None),
        ("imap", "INBOX", "move", "INBOX"),
    ):
        with pytest.raises(rule.RuleError):
            rules.check_pair(*wrong)
    assert [rules.tls_of(one) for one in (993, 143, 995, 110, 4143)] == [
        *("implicit", "starttls", "implicit", "starttls", "implicit")
    ]
    assert not rules.fits(995, "starttls") and rules.fits(110, "starttls")


def _listed(*uids: int) -> list[Listed]:
    return [Listed(str(uid), uid, 10) for uid in uids]


def _imap(removes: bool = False) -> Progress:
    return Progress(is_imap=True, removes=removes, last_uid=3)


def test_no_mail_is_passed_over_whatever_the_order() -> None:
    progress, mails = _imap(), _listed(4, 7, 8, 20)
    progress.begin(mails)
    for at, last in ((1, 3), (3, 3), (0, 7), (2, 20)):
        progress.note(mails[at], LETTER, 0)
        assert progress.last_uid == last
    assert progress.states == {} and progress.counts == Counts(others=4)


def test_bounces_are_removed_and_letters_stay() -> None:
    progress, mails = _imap(removes=True), _listed(4, 5, 6)
    progress.begin(mails)
    for one, found in zip(mails, (BOUNCE, LETTER, unread()), strict=True):
        progress.note(one, found, 0)
    assert progress.states == {"4": REMOVING}
    assert progress.counts == Counts(bounces=1, others=1, unread=1, events=1)
    progress.written(5)
    assert progress.of_state(REMOVING) == ["4"]
    assert progress.counts == Counts() and progress.states == {}


def test_with_pop3_each_is_remembered() -> None:
    progress = Progress(is_imap=False, removes=False, last_uid=0)
    for one in _listed(1, 2):
        progress.note(one, BOUNCE, 0)
    assert progress.states == {"1": DONE, "2": DONE} and progress.last_uid == 0


def test_an_early_one_is_read_again_for_a_day() -> None:
    progress, (one,) = _imap(removes=True), _listed(4)
    progress.begin([one])
    progress.note(one, EARLY, 100)
    assert (progress.states, progress.last_uid) == ({"4": AGAIN}, 4)
    assert progress.counts == Counts()
    progress.written(100)
    progress.note(one, EARLY, 100 + EARLY_MAX - 1)
    progress.written(200)
    assert progress.marks == {"4": Mark(AGAIN, 100)}
    progress.note(one, EARLY, 100 + EARLY_MAX)
    assert progress.states == {"4": REMOVING} and progress.counts.bounces == 1


def test_what_is_gone_is_forgotten() -> None:
    progress, (one, other) = _imap(), _listed(4, 5)
    progress.marks = {"2": Mark(AGAIN, 0), "1": Mark(AGAIN, 0)}
    progress.begin([one, other])
    progress.miss(one)
    progress.miss(_listed(2)[0])
    progress.note(_listed(1)[0], BOUNCE, 0)
    assert (progress.gone, progress.last_uid) == (["2", "1"], 4)
    progress.written(0)
    assert progress.marks == {}


def test_a_copy_is_apart() -> None:
    progress, (one,) = _imap(removes=True), _listed(4)
    progress.begin([one])
    copy = progress.copy()
    copy.note(one, BOUNCE, 0)
    assert (progress.last_uid, progress.states, progress.at) == (3, {}, 0)
    assert progress.counts == Counts() and copy.counts.events == 1
