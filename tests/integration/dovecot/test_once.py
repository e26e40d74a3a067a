# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What exim hands over again, since it was not told what became of it, is kept once."""

import contextlib
import shutil
import smtplib
import time
import typing as tp

import pytest

from exordos_mail import constants as c
from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, BOB, MESSAGE, Boxes, deliver, imap
from tests.integration.exim import waiting


def _handed(name: str, attempt: str) -> bytes:
    """Return a message as exim hands it over; `name` ends its id."""
    told = f"1xXvfA-00004w-{name} {attempt} {int(time.time())}"
    return f"{c.DELIVERY_HEADER}: {told}\r\n".encode() + MESSAGE


def _count(folder: str = "INBOX") -> int:
    with imap(BOB) as found:
        return int(found.select(folder)[1][0])


@pytest.fixture
def bob(fresh: Boxes) -> tp.Iterator[Boxes]:
    """A machine on which bob has a mailbox that nothing came to."""
    shutil.rmtree(fresh.home("bob"), ignore_errors=True)
    fresh.apply({"bob": boxes_lib.account("bob")})
    yield fresh
    fresh.machine.stop()
    shutil.rmtree(fresh.home("bob"))


def _deliver(name: str, attempt: str) -> None:
    assert deliver(BOB, message=_handed(name, attempt))[0][0] == 250


def test_message_that_comes_again_is_kept_once(bob: Boxes) -> None:
    _deliver("a1", "first")
    _deliver("a1", "again")
    assert _count() == 1
    # Another one with the same content was really sent twice.
    _deliver("a2", "first")
    _deliver("a3", "again")
    assert _count() == 3


def test_message_is_looked_for_where_nothing_was_noted(bob: Boxes) -> None:
    """As if Dovecot had been killed between keeping it and noting that."""
    script = 'require "fileinto"; fileinto "Archive";'
    with contextlib.closing(boxes_lib.Sieve()) as sieve:
        assert sieve.log_in(BOB) == "OK"
        assert sieve.put("main", script.encode())[0] == "OK"
        assert sieve.command(b'SETACTIVE "main"')[0] == "OK"
    _deliver("a1", "first")
    (bob.home("bob") / ".dovecot.lda-dupes").unlink()
    _deliver("a1", "again")
    _deliver("a1", "again")
    assert _count("Archive") == 1
    _deliver("a2", "again")
    assert _count("Archive") == 2
    assert _count() == 0


def test_users_scripts_start_no_programs(bob: Boxes) -> None:
    script = b'require "vnd.dovecot.execute"; execute "is_there";'
    with contextlib.closing(boxes_lib.Sieve()) as sieve:
        assert sieve.log_in(BOB) == "OK"
        assert sieve.put("main", script)[0] == "NO"


def test_strangers_do_not_choose_the_id(bob: Boxes) -> None:
    domain = {"primary": True, "enabled": True, "receives": True}
    more = {"domains": documents.spread({"example.com": domain})}
    accounts = {"bob": boxes_lib.account("bob"), "alice": boxes_lib.account()}
    bob.apply(accounts, more=more)
    for _ in range(2):
        with contextlib.closing(smtplib.SMTP("127.0.0.1", 25, "far.test", 30)) as smtp:
            smtp.ehlo()
            smtp.mail("ann@elsewhere.test")
            for one in (ALICE, BOB, "bob+tag@example.com"):
                assert smtp.rcpt(one)[0] == 250
            assert smtp.data(_handed("a1", "again"))[0] == 250
    waiting.until(lambda: not bob.queued(), "all is delivered")
    # One for each address.
    assert _count() == 4
    with imap(BOB) as found:
        found.select("INBOX")
        told = found.fetch("1:*", f"(BODY[HEADER.FIELDS ({c.DELIVERY_HEADER})])")[1]
    lines = [one[1] for one in told if isinstance(one, tuple)]
    assert {line.split()[2] for line in lines} == {b"first"}
    assert len({line.split()[1] for line in lines}) == 2
    assert "a1" not in str(lines)
