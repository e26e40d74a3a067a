# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What clients do that no standard has foreseen ends no session."""

import base64
import pathlib

import pytest

from tests.integration.exim import fixtures, payloads, raw

_NAMES = [
    "Johns MacBook",
    "büro-pc",
    "(none)",
    "host:8080",
    "a)b(c",
    "${run{/bin/true}}",
    "[192.0.2.7]",
    "[IPv4:192.0.2.7]",
    "[IPv6:2001:db8::1]",
    "[IPv6:::ffff:192.0.2.7]",
    "[IPv6:1:2:3:4:5:6:7:8]",
    "[x-tag:anything]",
    "[]",
    "_dmarc",
    "-",
    "x" * 255,
]


def _panics(mail: fixtures.Machine) -> str:
    path = pathlib.Path(mail.layout.log_dir, "paniclog")
    return path.read_text(errors="replace") if path.exists() else ""


@pytest.mark.parametrize("port", [25, 465])
@pytest.mark.parametrize("verb", ["EHLO", "HELO"])
def test_any_name_is_taken_in_a_greeting(mail, port, verb):
    before = _panics(mail)
    for name in _NAMES:
        with raw.Dialogue(port) as client:
            assert client.say(f"{verb} {name}").startswith("250"), name
    assert _panics(mail) == before


def test_name_that_is_too_long_is_refused(mail):
    with raw.Dialogue(25) as client:
        assert client.say("EHLO " + "x" * 16000).startswith("501 5.5.4")
        assert client.say("EHLO client.test").startswith("250")


def test_name_does_no_harm_to_the_message(mail, internet):
    for name in ("a)b(c", "büro pc", '"<x@y>'):
        with raw.Dialogue(465) as client:
            client.say(f"EHLO {name}")
            client.login()
            client.say("MAIL FROM:<alice@example.com>")
            client.say("RCPT TO:<bob@elsewhere.test>")
            client.say("DATA")
            assert client.say("Subject: x\r\n\r\nx\r\n.").startswith("250")
        content = internet.next_message()[1]
        received = content[content.index(b"Received:") :].partition(b"\n")[0]
        assert received.isascii()
        assert received.count(b"(") == received.count(b")") == 1
        assert not {ord(one) for one in '"<>@\\'} & set(received)


@pytest.mark.parametrize("logged_in", [False, True])
def test_long_arguments_leave_nothing_in_the_panic_log(mail, logged_in):
    before = _panics(mail)
    commands = ["MAIL FROM:<", "MAIL FROM:<a@b.test> ", "RCPT TO:<", "AUTH "]
    commands += ["VRFY ", "EXPN ", "ETRN ", "HELP ", "NOOP ", "DATA ", "FOO "]
    for command in commands:
        for fill in ("x", "\x01", "<", "ü"):
            with raw.Dialogue(465) as client:
                client.say("EHLO client.test")
                if logged_in:
                    client.login()
                if command.startswith("RCPT"):
                    client.say("MAIL FROM:<alice@example.com>")
                answer = client.say(command + fill * 8000)
            assert not answer.startswith("421"), (command, fill)
    assert _panics(mail) == before


def test_mechanisms_that_are_not_offered_can_be_tried_first(mail):
    with raw.Dialogue(465) as client:
        client.say("EHLO client.test")
        for mechanism in ("CRAM-MD5", "NTLM", "XOAUTH2 eA==", "GSSAPI", "SCRAM-SHA-1"):
            assert client.say(f"AUTH {mechanism}").startswith("504 5.5.4")
        assert client.login().startswith("235")
        # They do not count against the session that follows either.
        for _ in range(60):
            assert client.say("NOOP").startswith("250")


def test_stranger_does_not_try_mechanisms_for_ever(mail):
    with raw.Dialogue(465) as client:
        client.say("EHLO client.test")
        for _ in range(40):
            client.say("AUTH CRAM-MD5")
        assert client.closed


@pytest.mark.parametrize("port", [25, 465])
def test_stranger_does_not_stay_with_commands_that_do_nothing(mail, port):
    with raw.Dialogue(port) as client:
        client.say("EHLO client.test")
        for _ in range(40):
            client.say("NOOP")
        assert client.closed


def test_harmless_commands_end_no_session_of_an_account(mail, internet):
    with raw.as_alice() as client:
        for _ in range(3):
            for command in ("RSET", "NOOP", "EHLO x", "VRFY b@a.test", "HELP"):
                for _ in range(10):
                    assert client.say(command)[:3] in ("250", "252", "214"), command
            client.say("MAIL FROM:<alice@example.com>")
            client.say("RCPT TO:<bob@elsewhere.test>")
            client.say("DATA")
            assert client.say("Subject: x\r\n\r\nx\r\n.").startswith("250")
            internet.next_message()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (["", "alice@example.com"], "235"),
        (["alice@example.com", "alice@example.com"], "235"),
        (["Alice@Example.com", "alice"], "235"),
        (["alice", "alice"], "235"),
        (["bob@example.com", "alice@example.com"], "535"),
        (["bob", "alice@example.com"], "535"),
        (["@", "alice@example.com"], "535"),
        (["alice@example.com:x", "alice@example.com"], "535"),
    ],
)
@pytest.mark.parametrize("rest", [[], ["x"], ["", "x"]])
def test_nobody_acts_as_somebody_else(mail, fields, code, rest):
    """RFC 4616 section 2: authorization identity, login, password, no more."""
    plain = "\0".join([*fields, payloads.PASSWORD, *rest]).encode()
    with raw.Dialogue(465) as client:
        client.say("EHLO client.test")
        answer = client.say("AUTH PLAIN " + base64.b64encode(plain).decode())
    assert answer[:3] == ("535" if rest else code)


def test_account_sends_with_the_empty_sender_as_itself_only(mail, internet):
    """Receipts and automatic answers (RFC 8098, RFC 3834)."""
    for author, code in (("bob@example.com", "550"), ("alice@example.com", "250")):
        with raw.as_alice() as client:
            assert client.say("MAIL FROM:<>").startswith("250")
            assert client.say("RCPT TO:<bob@elsewhere.test>").startswith("250")
            client.say("DATA")
            answer = client.say(f"From: {author}\r\nSubject: Read\r\n\r\nx\r\n.")
            assert answer.startswith(code)
    envelope, content = internet.next_message()
    assert envelope["sender"] == ""
    assert content.count(b"DKIM-Signature:") == 2
