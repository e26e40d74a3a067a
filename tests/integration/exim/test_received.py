# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail that exim receives: for whom, and what it says to who has no mailbox."""

import contextlib
import hashlib
import os
import pathlib
import smtplib
import subprocess
import typing as tp

import pytest

from exordos_mail.dataplane import registry
from exordos_mail.dataplane.engine import converge
from exordos_mail.dataplane.services.exim import probe
from exordos_mail.protocol import documents
from tests.integration.exim import fixtures, mailboxes, payloads, waiting

_HASH = payloads.hashed(payloads.PASSWORD)
_UUID = "5b0dbd0a-5b7e-4c54-8a31-8ed8e4b2a2a1"
_STRANGER = "somebody@elsewhere.test"
_BOX = {"password_hash": _HASH, "mailbox": _UUID}


def _app(password: str, scopes: list[str], **more: tp.Any) -> dict[str, tp.Any]:
    """Return an app password of an account's document."""
    digest = hashlib.sha256(password.encode()).hexdigest()
    return {
        "hash": digest,
        "scopes": scopes,
        "expires_at": None,
        "sender": None,
        **more,
    }


_ACCOUNTS: dict[str, tp.Any] = {
    "alice": _BOX,
    "bob": _BOX,
    "full": _BOX,
    "off": {"mailbox": _UUID},
    "reader": {**_BOX, "suspended": "read_only"},
    "later": {**_BOX, "suspended": "defer"},
    "refused": {**_BOX, "suspended": "refuse"},
    "relay": {"password_hash": _HASH},
    "apps": {
        "mailbox": _UUID,
        "app_passwords": [
            _app("for sending", ["smtp"]),
            _app("for one sender", ["smtp"], sender="apps@example.com"),
            _app("for reading", ["imap"]),
            _app("expired", ["smtp"], expires_at=1_000_000_000),
            _app("not yet expired", ["smtp"], expires_at=4_000_000_000),
        ],
    },
    "carol@second.org": _BOX,
    "dave@sends.org": _BOX,
}
_ALIASES: dict[str, tp.Any] = {
    "team": {"targets": ["alice@example.com", "bob@example.com"]},
    "shop": {"targets": ["team@example.com", "carol@second.org"]},
    "partly": {"targets": ["alice@example.com", "gone@example.com"]},
    "gone-all": {"targets": ["gone@example.com"]},
    "with-full": {"targets": ["alice@example.com", "full@example.com"]},
    "ring-a": {"targets": ["ring-b@example.com"]},
    "ring-b": {"targets": ["ring-a@example.com"]},
    "ring-and-alice": {"targets": ["ring-a@example.com", "alice@example.com"]},
    "sales": {"targets": ["alice@example.com"], "send_as": True},
    "pipe": {"targets": ["|x@elsewhere.test", "alice@example.com"]},
    "*@second.org": {"targets": ["bob@example.com"]},
    **{
        f"deep-{number}": {
            "targets": [
                f"deep-{number + 1}@example.com",
                f"deep-{number + 2}@example.com",
            ]
        }
        for number in range(12)
    },
    "many": {"targets": [f"m{number}@example.com" for number in range(1000)]},
}
_DOMAINS = {
    "example.com": {"primary": True, "enabled": True, "receives": True},
    "second.org": {"primary": False, "enabled": True, "receives": True},
    "sends.org": {"primary": False, "enabled": True, "receives": False},
    "off.org": {"primary": False, "enabled": False, "receives": True},
}


def _payload(keeps_mail: bool = True, **accounts: tp.Any) -> dict[str, tp.Any]:
    everybody = {**_ACCOUNTS, **accounts}
    more = {
        "accounts": documents.spread({k: v for k, v in everybody.items() if v}),
        "aliases": documents.spread(_ALIASES),
        "domains": documents.spread(_DOMAINS),
    }
    return payloads.payload(more=more, mailboxes=_SETTINGS if keeps_mail else None)


#: They play no part here.
_OTHERS = ("dovecot", "web")
_SETTINGS = {"quota_bytes": None, "quota_messages": None}


@pytest.fixture
def boxes() -> tp.Iterator[mailboxes.Mailboxes]:
    """What exim hands mail to."""
    found = mailboxes.Mailboxes()
    found.start()
    found.full.add("full@example.com")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def node() -> tp.Iterator[fixtures.Machine]:
    """A machine without a Dovecot."""
    machine = fixtures.new_machine()
    machine.clean()
    services = [one for one in registry.discover() if one.name not in _OTHERS]
    machine.node = converge.MailNode(services, machine.layout, None, machine.units)
    yield machine
    machine.clean()


@pytest.fixture
def receiver(
    node: fixtures.Machine, boxes: mailboxes.Mailboxes
) -> tp.Iterator[fixtures.Machine]:
    """A machine that receives; its Dovecot is `boxes`."""
    node.apply(_payload())
    # It goes on with the file.
    os.truncate(fixtures.MAINLOG, 0)
    yield node
    # What one test leaves waiting is not for the next one.
    node.supervisor.run("-qff")
    waiting.until(lambda: not _queued(node), "the queue is empty")


def _queued(machine: fixtures.Machine) -> list[pathlib.Path]:
    return list(pathlib.Path(machine.layout.spool_dir, "input").rglob("*-H"))


def _rcpt(recipient: str, size: int = 0) -> str:
    with contextlib.closing(probe.connect(25)) as smtp:
        smtp.ehlo("far.test")
        options = [f"SIZE={size}"] if size else []
        assert smtp.mail(_STRANGER, options)[0] == 250
        code, text = smtp.docmd("RCPT", f"TO:<{recipient}>")
        return f"{code} {text.decode()}"


def _send(
    *recipients: str, sender: str = _STRANGER, text: str = "Subject: x\r\n\r\nx\r\n"
) -> str:
    with contextlib.closing(probe.connect(25)) as smtp:
        smtp.ehlo("far.test")
        assert smtp.mail(sender)[0] == 250
        for one in recipients:
            assert smtp.rcpt(one)[0] == 250, one
        code, said = smtp.data(text)
        return f"{code} {said.decode()}"


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
    assert _rcpt(recipient).startswith(reply)
    assert "panic" not in receiver.log()


def test_each_gets_one_copy(receiver, boxes) -> None:
    assert _send("alice@example.com", "shop@example.com").startswith("250")
    wanted = {"alice@example.com": 1, "bob@example.com": 1, "carol@second.org": 1}
    waiting.until(lambda: boxes.counts() == wanted, "each has the message")
    assert {sender for sender, _, _ in boxes.messages} == {_STRANGER}
    waiting.until(lambda: "Completed" in receiver.log(), "the message is done")
    assert boxes.counts() == wanted
    assert "**" not in receiver.log() and "==" not in receiver.log()


def test_tag_is_told_and_catch_all_has_the_rest(receiver, boxes) -> None:
    assert _send("alice+News@example.com", "whoever@second.org").startswith("250")
    wanted = {"alice+news@example.com": 1, "bob@example.com": 1}
    waiting.until(
        lambda: {k.lower(): v for k, v in boxes.counts().items()} == wanted,
        "it is kept",
    )


def test_rings_and_the_missing_stop_nobody(receiver, boxes) -> None:
    assert _send("ring-and-alice@example.com", "partly@example.com").startswith("250")
    waiting.until(lambda: "Completed" in receiver.log(), "the message is done")
    assert boxes.counts() == {"alice@example.com": 1}
    assert "**" not in receiver.log()


def test_size_that_is_told_counts_and_so_does_that_of_the_data(receiver, boxes) -> None:
    assert _rcpt("alice@example.com", 20_000_000).startswith("552 5.2.2")
    large = "Subject: x\r\n\r\n" + ("x" * 900 + "\r\n") * 12_000
    assert _send("alice@example.com", text=large).startswith("552 5.2.2")
    assert boxes.counts() == {}


def test_unknown_name_is_asked_for_like_a_known_one(receiver, boxes) -> None:
    for one in ("alice@example.com", "nobody@example.com"):
        boxes.asked.clear()
        _rcpt(one)
        assert boxes.asked == [(one, "0")]


def test_dovecot_that_is_away_puts_mail_off(receiver, boxes) -> None:
    boxes.stop()
    assert _rcpt("alice@example.com").startswith("451 4.3.0")
    assert _rcpt("nobody@example.com").startswith("550 5.1.1")


def test_mail_waits_where_lmtp_cannot_take_it_and_nobody_is_told(
    receiver, boxes, internet
) -> None:
    boxes.replies["bob@example.com"] = "451 4.3.0 not now"
    assert _send("alice@example.com", "bob@example.com").startswith("250")
    waiting.until(lambda: "== bob@example.com" in receiver.log(), "bob's copy waits")
    assert boxes.counts() == {"alice@example.com": 1}
    boxes.replies.clear()
    receiver.run_queue()
    wanted = {"alice@example.com": 1, "bob@example.com": 1}
    waiting.until(lambda: boxes.counts() == wanted, "bob has it")
    assert internet.count() == 0


def test_stranger_is_sent_no_bounce(receiver, boxes, internet) -> None:
    boxes.replies["alice@example.com"] = "550 5.1.1 gone meanwhile"
    assert _send("alice@example.com").startswith("250")
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
    code, _ = fixtures.submit(message, recipients=["x@elsewhere.test"])
    assert code == 250
    assert internet.next_message()[0]["recipients"] == ["x@elsewhere.test"]
    assert _rcpt("x@sends.org").startswith("550")


def test_target_of_an_alias_elsewhere_is_forwarded(receiver, boxes, internet) -> None:
    receiver.apply(_payload())
    assert _send("pipe@example.com").startswith("250")
    waiting.until(lambda: boxes.counts() == {"alice@example.com": 1}, "alice has it")
    assert internet.next_message()[0]["recipients"] == ["|x@elsewhere.test"]


def test_bounce_of_what_was_forwarded_goes_back(receiver, boxes, internet) -> None:
    assert _send("pipe@example.com").startswith("250")
    envelope, _ = internet.next_message()
    ours = envelope["sender"]
    assert ours.startswith("SRS0=") and ours.endswith("=somebody@example.com")
    waiting.until(lambda: boxes.counts() == {"alice@example.com": 1}, "alice has it")
    assert boxes.messages[0][0] == _STRANGER
    # Forged, and no bounce.
    assert _rcpt(ours.replace("=elsewhere", "=nowhere")).startswith("550 5.1.1")
    assert _rcpt(ours).startswith("550 5.1.1")
    assert _send(ours, sender="").startswith("250")
    envelope, _ = internet.next_message()
    assert (envelope["sender"], envelope["recipients"]) == ("", [_STRANGER])


def test_who_is_at_home_here_keeps_the_sender(receiver, boxes, internet) -> None:
    message = "From: alice@example.com\r\n\r\nhello\r\n"
    assert fixtures.submit(message, recipients=["pipe@example.com"])[0] == 250
    envelope, _ = internet.next_message()
    assert envelope["sender"] == "alice@example.com"


_SAY = """
import smtplib, sys
smtp = smtplib.SMTP("127.0.0.1", 10026, "localhost", timeout=10)
smtp.ehlo()
said = [smtp.mail(sys.argv[1]), smtp.rcpt(sys.argv[2])]
if said[1][0] == 250:
    said.append(smtp.data(sys.argv[3].replace("|", "\\r\\n")))
print(" ".join(str(code) for code, _ in said))
"""


def _by_script(sender: str, recipient: str, text: str, user: str = "vmail") -> str:
    """Send as a script of a mailbox does, or as somebody else; return the codes."""
    as_user = ["/usr/bin/setpriv", f"--reuid={user}", "--clear-groups"]
    command = [*as_user, "/usr/bin/python3", "-c", _SAY, sender, recipient, text]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def test_script_of_a_mailbox_sends_on_and_answers(receiver, boxes, internet) -> None:
    redirected = "From: somebody@elsewhere.test||hello|"
    sent = _by_script("alice@example.com", "x@elsewhere.test", redirected)
    assert sent == "250 250 250"
    envelope, content = internet.next_message()
    assert envelope["sender"] == "alice@example.com"
    assert b"DKIM-Signature" not in content
    assert _by_script("", "x@elsewhere.test", "From: alice@example.com||away|") == (
        "250 250 250"
    )
    envelope, content = internet.next_message()
    assert envelope["sender"] == ""
    assert content.count(b"DKIM-Signature:") == 2
    assert _by_script("alice@example.com", "bob@example.com", redirected) == (
        "250 250 250"
    )
    waiting.until(lambda: boxes.counts() == {"bob@example.com": 1}, "bob has it")


@pytest.mark.parametrize(
    ("sender", "recipient", "codes"),
    [
        ("somebody@elsewhere.test", "x@elsewhere.test", "550 503"),
        ("dave@sends.org", "x@elsewhere.test", "550 503"),
        ("alice@example.com", "nobody@example.com", "250 550"),
        ("alice@example.com", "full@example.com", "250 552"),
        ("alice@example.com", "x@nowhere.invalid", "250 550"),
    ],
)
def test_what_no_script_sends(
    receiver, sender: str, recipient: str, codes: str
) -> None:
    assert _by_script(sender, recipient, "From: a@example.com||x|") == codes


@pytest.mark.parametrize("user", ["root", "nobody", "exordos-mail-send"])
def test_nobody_else_sends_as_a_script(receiver, user: str) -> None:
    sent = _by_script("alice@example.com", "x@elsewhere.test", "x", user)
    assert sent == "550 503"


def _log_in(login: str) -> tuple[int, bytes]:
    smtp = fixtures.client(465)
    with contextlib.closing(smtp):
        try:
            return smtp.login(login, payloads.PASSWORD)
        except smtplib.SMTPAuthenticationError as exc:
            return exc.smtp_code, tp.cast(bytes, exc.smtp_error)


@pytest.mark.parametrize(
    ("login", "code"),
    [("alice", 235), ("reader", 535), ("later", 535), ("refused", 535), ("off", 535)],
)
def test_who_is_suspended_sends_nothing(receiver, login: str, code: int) -> None:
    assert _log_in(f"{login}@example.com")[0] == code


@pytest.mark.parametrize(
    ("login", "password", "code"),
    [
        ("apps@example.com", "for sending", 235),
        ("apps", "for sending", 235),
        ("apps@example.com", "not yet expired", 235),
        ("apps@example.com", "expired", 535),
        ("apps@example.com", "for reading", 535),
        ("apps@example.com", payloads.PASSWORD, 535),
        ("apps@example.com", "", 535),
        ("alice@example.com", "for sending", 535),
    ],
)
def test_who_submits_with_an_app_password(
    receiver, login: str, password: str, code: int
) -> None:
    assert fixtures.login_code(login, password, new_client=True) == code


def test_app_password_for_one_sender(receiver) -> None:
    with contextlib.closing(fixtures.client(465, "apps", "for one sender")) as smtp:
        assert smtp.mail("apps@example.com")[0] == 250
    with contextlib.closing(fixtures.client(465, "apps", "for one sender")) as smtp:
        assert smtp.mail("sales@example.com")[0] == 550


def test_revoked_app_password_ends_sessions_and_a_new_one_does_not(receiver) -> None:
    apps = _ACCOUNTS["apps"]["app_passwords"]
    with contextlib.closing(fixtures.client(465, "apps", "for sending")) as smtp:
        more = [*apps, _app("new", ["smtp"])]
        receiver.apply(_payload(apps={"mailbox": _UUID, "app_passwords": more}))
        assert smtp.noop()[0] == 250
        receiver.apply(_payload(apps={"mailbox": _UUID, "app_passwords": apps[1:]}))
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.noop()
    assert fixtures.login_code("apps", "for sending", new_client=True) == 535


@pytest.mark.parametrize(
    ("login", "sender", "code"),
    [
        ("alice@example.com", "sales@example.com", 250),
        ("alice@example.com", "Sales@Example.com", 250),
        ("bob@example.com", "sales@example.com", 550),
        ("alice@example.com", "team@example.com", 550),
        ("alice@example.com", "*@second.org", 550),
    ],
)
def test_who_sends_as_an_alias(receiver, login: str, sender: str, code: int) -> None:
    smtp = fixtures.client(465, login, payloads.PASSWORD)
    with contextlib.closing(smtp):
        assert smtp.mail(sender)[0] == code


def test_changes_apply_without_a_reload(receiver, boxes) -> None:
    daemon = receiver.daemon()
    receiver.apply(_payload(new=_BOX, bob=None))
    assert _rcpt("new@example.com").startswith("250")
    assert _rcpt("bob@example.com").startswith("550 5.1.1")
    receiver.apply(_payload(keeps_mail=False))
    assert _rcpt("alice@example.com").startswith("550 5.1.1")
    receiver.apply(_payload())
    assert _rcpt("alice@example.com").startswith("250")
    assert receiver.daemon() == daemon


def test_guesses_end_the_connection(receiver) -> None:
    with contextlib.closing(probe.connect(25)) as smtp:
        smtp.ehlo("far.test")
        smtp.mail(_STRANGER)
        replies = [smtp.docmd("RCPT", f"TO:<n{one}@example.com>") for one in range(22)]
        assert [code for code, _ in replies[:21]] == [550] * 21
        assert replies[-1][1].startswith(b"5.7.1 Too many")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.rcpt("alice@example.com")
