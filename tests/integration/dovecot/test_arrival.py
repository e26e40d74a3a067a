# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From port 25 to IMAP: the real exim hands mail to the real Dovecot."""

import contextlib
import smtplib

from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, BOB, MESSAGE, Boxes, imap
from tests.integration.exim import waiting

_MORE = {
    "domains": documents.spread(
        {"example.com": {"primary": True, "enabled": True, "receives": True}}
    ),
    "aliases": documents.spread({"sales": {"targets": [ALICE, BOB]}}),
}


def _apply(boxes: Boxes, **bob: object) -> None:
    accounts = {"alice": boxes_lib.account(), "bob": boxes_lib.account("bob", **bob)}
    boxes.apply(accounts, more=_MORE)


def _count(login: str) -> int:
    with imap(login) as found:
        return int(found.select("INBOX")[1][0])


def _replies(*recipients: str) -> list[int]:
    """Send a message from a stranger; return the codes of RCPT."""
    with contextlib.closing(smtplib.SMTP("127.0.0.1", 25, "client.test", 30)) as smtp:
        smtp.ehlo()
        smtp.mail("ann@elsewhere.test")
        codes = [smtp.rcpt(one)[0] for one in recipients]
        if 250 in codes:
            assert smtp.data(MESSAGE)[0] == 250
        return codes


def test_message_of_a_stranger_is_read(fresh: Boxes) -> None:
    _apply(fresh)
    assert _replies(ALICE, "sales@example.com", "alice+tag@example.com") == [250] * 3
    waiting.until(lambda: (_count(ALICE), _count(BOB)) == (2, 1), "all have it")
    assert _replies("nobody@example.com") == [550]
    _apply(fresh, quota_messages=1)
    assert _replies(BOB, ALICE) == [552, 250]
    waiting.until(lambda: _count(ALICE) == 3, "alice has the next one")
    assert _count(BOB) == 1
    fresh.machine.dovecot.stop()
    assert _replies(ALICE)[0] // 100 == 4
