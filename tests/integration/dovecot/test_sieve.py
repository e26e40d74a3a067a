# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Scripts of users (RFC 5228), by ManageSieve (RFC 5804), and what they may do."""

import contextlib
import smtplib
import socket
import threading
import typing as tp

import pytest

from exordos_mail import constants as c
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, BOB, Boxes, deliver, imap


@pytest.fixture
def sieve(boxes: Boxes) -> tp.Iterator[boxes_lib.Sieve]:
    """A client that has logged in as bob, who has no script."""
    boxes.apply({"alice": boxes_lib.account(), "bob": boxes_lib.account("bob")})
    found = boxes_lib.Sieve()
    with contextlib.closing(found):
        assert found.log_in(BOB) == "OK"
        found.command(b'SETACTIVE ""')
        yield found


def _use(sieve: boxes_lib.Sieve, script: str) -> None:
    assert sieve.put("main", script.encode())[0] == "OK"
    assert sieve.command(b'SETACTIVE "main"')[0] == "OK"


def _count(folder: str) -> int:
    with imap(BOB) as found:
        word, told = found.select(folder)
        return int(told[0]) if word == "OK" else 0


def test_script_files_mail(sieve: boxes_lib.Sieve) -> None:
    before = _count("Lists/exim")
    _use(
        sieve,
        'require ["fileinto", "mailbox"];'
        'if header :contains "subject" "s" {fileinto :create "Lists/exim";}',
    )
    assert deliver(BOB)[0][0] == 250
    assert _count("Lists/exim") == before + 1


def test_script_is_told_the_tag(sieve: boxes_lib.Sieve) -> None:
    before = _count("Tagged")
    _use(
        sieve,
        'require ["envelope", "subaddress", "fileinto", "mailbox"];'
        'if envelope :detail "to" "lists" {fileinto :create "Tagged";}',
    )
    name, _, domain = BOB.partition("@")
    assert deliver(BOB, f"{name}+lists@{domain}")[1][0] == 250
    assert _count("Tagged") == before + 1


def test_create_leaves_a_folder_that_is_there(sieve: boxes_lib.Sieve) -> None:
    test_script_files_mail(sieve)
    test_script_files_mail(sieve)
    assert _count("Lists/exim") >= 2


def test_bad_script_is_refused_with_its_line(sieve: boxes_lib.Sieve) -> None:
    word, told = sieve.put("bad", b"keep;\r\nnonsense;\r\n")
    assert word == "NO" and "line 2" in told


def test_sizes_are_limited(sieve: boxes_lib.Sieve) -> None:
    assert sieve.command(b'HAVESPACE "large" 262144')[0] == "OK"
    assert sieve.command(b'HAVESPACE "large" 262145')[0] == "NO"


def test_too_many_redirects_are_refused(sieve: boxes_lib.Sieve) -> None:
    script = "".join(f'redirect "a{one}@elsewhere.test";\r\n' for one in range(5))
    before = _count("INBOX")
    _use(sieve, script)
    assert deliver(BOB)[0][0] == 250
    assert _count("INBOX") == before + 1  # the implicit keep (RFC 5228 section 2.10.6)


def test_script_that_takes_too_long_is_stopped(
    boxes: Boxes, sieve: boxes_lib.Sieve
) -> None:
    tests = "".join(f'if body :raw :contains "q{one}" {{keep;}}' for one in range(5000))
    _use(sieve, f'require "body";{tests}')
    large = boxes_lib.MESSAGE + b"the quick brown fox and the lazy dog\r\n" * 80_000
    # Pigeonhole 0.5.19 ends in a panic after that: the message stays with exim.
    with pytest.raises(smtplib.SMTPServerDisconnected):
        deliver(BOB, message=large)
    log = boxes.home("bob") / ".dovecot.sieve.log"
    assert "exceeded CPU time limit" in log.read_text()
    assert deliver(ALICE)[0][0] == 250


def test_expressions_that_no_limit_ends_are_refused(sieve: boxes_lib.Sieve) -> None:
    script = b'require "regex"; if header :regex "subject" "(a*)*b" {discard;}'
    assert sieve.put("regex", script)[0] == "NO"


class Sink:
    """Takes mail by SMTP where exim takes what scripts send."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", c.SIEVE_SMTP_PORT))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                with connection, connection.makefile("rwb") as stream:
                    self._talk(stream)

    def _talk(self, stream: tp.Any) -> None:
        def answer(text: bytes) -> None:
            stream.write(text + b"\r\n")
            stream.flush()

        answer(b"220 sink ESMTP")
        for line in stream:
            self.said.append(line.strip())
            if line.upper().startswith(b"DATA"):
                answer(b"354 go on")
                while (part := stream.readline()) != b".\r\n":
                    self.said.append(part.strip())
            answer(b"221 bye" if line.upper().startswith(b"QUIT") else b"250 ok")

    def close(self) -> None:
        """Stop."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()


@pytest.fixture
def sink() -> tp.Iterator[Sink]:
    """Who takes the mail of scripts."""
    with contextlib.closing(Sink()) as found:
        yield found


def test_redirect_goes_by_exim_as_the_recipient(
    sieve: boxes_lib.Sieve, sink: Sink
) -> None:
    _use(sieve, 'redirect "carl@elsewhere.test";')
    assert deliver(BOB)[0][0] == 250
    assert b"RCPT TO:<carl@elsewhere.test>" in sink.said
    (sender,) = (one for one in sink.said if one.startswith(b"MAIL FROM:"))
    assert sender.startswith(f"MAIL FROM:<{BOB}>".encode())


def test_vacation_answers_once_with_the_null_sender(
    sieve: boxes_lib.Sieve, sink: Sink
) -> None:
    _use(sieve, 'require "vacation"; vacation "I am away.";')
    message = f"From: ann@elsewhere.test\r\nTo: {BOB}\r\nSubject: s\r\n\r\nx\r\n"
    for _ in range(2):
        assert deliver(BOB, message=message.encode())[0][0] == 250
    assert sink.said.count(b"RCPT TO:<ann@elsewhere.test>") == 1
    assert any(one.startswith(b"MAIL FROM:<>") for one in sink.said)


def test_nobody_answers_a_null_sender(sieve: boxes_lib.Sieve, sink: Sink) -> None:
    _use(sieve, 'require "vacation"; vacation "I am away.";')
    message = f"From: b@elsewhere.test\r\nTo: {BOB}\r\nSubject: s\r\n\r\nx\r\n"
    assert deliver(BOB, message=message.encode(), sender="")[0][0] == 250
    assert not sink.said


def test_redirect_waits_for_exim(sieve: boxes_lib.Sieve) -> None:
    _use(sieve, 'redirect "carl@elsewhere.test";')
    assert deliver(BOB)[0][0] == 451
