# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a mailbox may hold, who is told, and who is not refused."""

import pytest

from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import BOB, MESSAGE, Boxes, deliver, imap, quota

_FULL = "552 5.2.2 Mailbox is full"
_BODY = MESSAGE + b"x" * 50 + b"\r\n"


def _apply(boxes: Boxes, limits: object = boxes_lib.NO_LIMITS, **bob: object) -> None:
    boxes.apply({"bob": boxes_lib.account("bob", **bob)}, limits)


@pytest.fixture
def empty(boxes: Boxes) -> Boxes:
    """The machine, and nothing in bob's mailbox."""
    _apply(boxes)
    with imap(BOB) as found:
        if found.select("INBOX")[1] != [b"0"]:
            found.store("1:*", "+FLAGS", "\\Deleted")
            found.expunge()
    return boxes


def test_exim_is_told_before_the_message_comes(empty: Boxes) -> None:
    _apply(empty, quota_bytes=5000)
    assert quota(BOB, 4000) == "DUNNO"
    assert quota(BOB, 6000) == _FULL
    assert quota("nobody@example.com", 6000) == "DUNNO"


def test_mail_that_was_taken_is_never_refused(empty: Boxes) -> None:
    _apply(empty, quota_messages=1)
    assert [deliver(BOB)[0][0] for _ in range(3)] == [250] * 3
    assert quota(BOB) == _FULL


def test_imap_refuses_what_has_no_room(empty: Boxes) -> None:
    _apply(empty, quota_messages=1)
    with imap(BOB) as found:
        assert found.append("INBOX", "", "", _BODY)[0] == "OK"
        word, told = found.append("INBOX", "", "", _BODY)
        assert word == "NO" and b"[OVERQUOTA]" in told[0]
        found.select("INBOX")
        word, told = found.copy("1", "Junk")
        assert word == "NO" and b"[OVERQUOTA]" in told[0]
        assert b"MESSAGE 1 1" in found.getquotaroot("INBOX")[1][1][0]


def test_limit_of_the_instance_and_of_the_account(empty: Boxes) -> None:
    limits = {"quota_bytes": None, "quota_messages": 1}
    deliver(BOB)
    _apply(empty, limits)
    assert quota(BOB) == _FULL
    _apply(empty, limits, quota_messages=5)
    assert quota(BOB) == "DUNNO"


def test_largest_limits(empty: Boxes) -> None:
    most = (1 << 63) - 1
    _apply(empty, quota_bytes=most, quota_messages=most)
    assert quota(BOB) == "DUNNO"
    with imap(BOB) as found:
        assert found.append("INBOX", "", "", _BODY)[0] == "OK"
