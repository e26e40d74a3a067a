# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Scripts of users (RFC 5228), by ManageSieve (RFC 5804), and what they may do."""

import contextlib
import smtplib
import time
import typing as tp

import pytest

from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, BOB, Boxes, deliver, imap
from tests.integration.exim.fixtures import Internet


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


@pytest.fixture
def outgoing(boxes: Boxes, internet: Internet) -> tp.Iterator[boxes_lib.Sieve]:
    """The same client on a machine whose exim receives for bob's domain."""
    domains = {"example.com": {"primary": True, "enabled": True, "receives": True}}
    accounts = {"bob": boxes_lib.account("bob")}
    boxes.apply(accounts, more={"domains": documents.spread(domains)})
    with contextlib.closing(boxes_lib.Sieve()) as found:
        assert found.log_in(BOB) == "OK"
        yield found
        found.command(b'SETACTIVE ""')


def test_redirect_goes_by_exim_as_the_recipient(
    outgoing: boxes_lib.Sieve, internet: Internet
) -> None:
    _use(outgoing, 'redirect "carl@elsewhere.test";')
    assert deliver(BOB)[0][0] == 250
    envelope, _ = internet.next_message()
    assert (envelope["sender"], envelope["recipients"]) == (
        BOB,
        ["carl@elsewhere.test"],
    )


def test_vacation_answers_once_with_the_null_sender(
    outgoing: boxes_lib.Sieve, internet: Internet
) -> None:
    _use(outgoing, 'require "vacation"; vacation "I am away.";')
    # Answers are once in a while for each sender: one that no run before has had.
    ann = f"ann-{time.monotonic_ns()}@elsewhere.test"
    message = f"From: {ann}\r\nTo: {BOB}\r\nSubject: s\r\n\r\nx\r\n"
    for _ in range(2):
        assert deliver(BOB, message=message.encode(), sender=ann)[0][0] == 250
    envelope, content = internet.next_message()
    assert (envelope["sender"], envelope["recipients"]) == ("", [ann])
    assert content.count(b"DKIM-Signature:") == 2
    _use(outgoing, 'redirect "carl@elsewhere.test";')
    assert deliver(BOB)[0][0] == 250
    # What comes next is this one: there was no second answer.
    assert internet.next_message()[0]["recipients"] == ["carl@elsewhere.test"]


def test_nobody_answers_a_null_sender(
    outgoing: boxes_lib.Sieve, internet: Internet
) -> None:
    _use(outgoing, 'require "vacation"; vacation "I am away.";')
    message = f"From: b@elsewhere.test\r\nTo: {BOB}\r\nSubject: s\r\n\r\nx\r\n"
    assert deliver(BOB, message=message.encode(), sender="")[0][0] == 250
    _use(outgoing, 'redirect "carl@elsewhere.test";')
    assert deliver(BOB)[0][0] == 250
    assert internet.next_message()[0]["recipients"] == ["carl@elsewhere.test"]


def test_redirect_waits_for_exim(outgoing: boxes_lib.Sieve, boxes: Boxes) -> None:
    _use(outgoing, 'redirect "carl@elsewhere.test";')
    boxes.machine.supervisor.stop()
    assert deliver(BOB)[0][0] == 451
