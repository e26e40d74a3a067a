# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Changed accounts: they count at once, and their old sessions end."""

import contextlib
import hashlib
import imaplib
import json
import pathlib
import poplib
import typing as tp

import pytest

from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, BOB, Boxes, imap, logs_in
from tests.integration.exim import waiting

_NOTE = pathlib.Path("/var/lib/exordos/exordos_metapaas/mail/mailbox-lockout.json")
_NEW = "a new password"


def _accounts(**bob: tp.Any) -> dict[str, tp.Any]:
    return {"alice": boxes_lib.account(), "bob": boxes_lib.account("bob", **bob)}


def _is_open(found: imaplib.IMAP4) -> bool:
    try:
        return found.noop()[0] == "OK"
    except (OSError, imaplib.IMAP4.error):
        return False


def _pass(boxes: Boxes) -> None:
    boxes.machine.node.pull()
    boxes.machine.node.observe()


@pytest.mark.parametrize(
    "change",
    [
        {"password": _NEW},
        {"password": ""},
        {"suspended": "defer"},
        {"suspended": "refuse"},
        {"mailbox": None},
        {"mailbox": boxes_lib.store("another")},
    ],
)
def test_changed_account_loses_its_sessions(boxes: Boxes, change: tp.Any) -> None:
    boxes.apply(_accounts())
    with imap(BOB) as of_bob, imap(ALICE) as of_alice:
        boxes.apply(_accounts(**change))
        assert not _is_open(of_bob)
        assert _is_open(of_alice)


def test_removed_account_loses_sessions_of_all_protocols(boxes: Boxes) -> None:
    boxes.apply(_accounts())
    sieve = boxes_lib.Sieve()
    with (
        contextlib.closing(sieve),
        imap(BOB, port=143) as of_imap,
        boxes_lib.pop3(BOB) as of_pop3,
    ):
        assert sieve.log_in(BOB) == "OK"
        boxes.apply()
        assert not _is_open(of_imap)
        with pytest.raises((OSError, poplib.error_proto, EOFError)):
            of_pop3.stat()
        assert sieve.command(b"LISTSCRIPTS")[0] in ("", "BYE")
    assert not logs_in(BOB, address="127.0.2.1")


def test_no_reload_and_the_new_session_stays(boxes: Boxes) -> None:
    boxes.apply(_accounts())
    orders = list(boxes.machine.dovecot.orders)
    boxes.apply(_accounts(password=_NEW))
    with imap(BOB, _NEW) as found:
        waiting.until(lambda: _pass(boxes) or not _NOTE.exists(), "all is done")
        assert _is_open(found)
    assert boxes.machine.dovecot.orders == orders


def test_revoked_app_password_ends_sessions_and_a_new_one_does_not(
    boxes: Boxes,
) -> None:
    apps = [
        {
            "hash": hashlib.sha256(f"app {number}".encode()).hexdigest(),
            "scopes": ["imap"],
            "expires_at": None,
            "sender": None,
        }
        for number in range(3)
    ]
    boxes.apply(_accounts(app_passwords=apps[:2]))
    with imap(BOB, "app 0") as found:
        boxes.apply(_accounts(app_passwords=apps))
        assert _is_open(found)
        boxes.apply(_accounts(app_passwords=apps[1:]))
        waiting.until(lambda: not _is_open(found), "the session ends")
    assert not logs_in(BOB, "app 0", "127.0.7.1") and logs_in(BOB, "app 2")


def test_session_after_a_change_outlives_the_change_of_another(boxes: Boxes) -> None:
    boxes.apply(_accounts())
    boxes.apply({"bob": boxes_lib.account("bob")})
    boxes.apply(_accounts())
    with imap(ALICE) as of_alice:
        boxes.apply(_accounts(password=_NEW))
        assert _is_open(of_alice)


def test_quota_and_reading_leave_sessions_alone(boxes: Boxes) -> None:
    boxes.apply(_accounts())
    with imap(BOB) as found:
        boxes.apply(_accounts(quota_bytes=10_000_000))
        boxes.apply(_accounts(quota_bytes=10_000_000, suspended="read_only"))
        assert _is_open(found)


def test_agent_that_was_killed_ends_them_later(boxes: Boxes) -> None:
    boxes.apply(_accounts())
    with imap(BOB) as found:
        # It was killed when it had noted them.
        _NOTE.write_text(json.dumps([BOB]))
        node = boxes.machine.fresh_node()
        assert "still to be ended" in node.observe().reason
        node.converge(boxes_lib.payload(_accounts()))
        assert not _is_open(found)
    waiting.until(lambda: _pass(boxes) or not _NOTE.exists(), "the note goes")


def test_session_that_hangs_is_ended(boxes: Boxes) -> None:
    boxes.apply(_accounts())
    with imap(BOB) as found:
        (pid,) = boxes_lib.servers(BOB)
        boxes_lib.freeze(pid)
        boxes.apply(_accounts(password=_NEW))
        waiting.until(lambda: _pass(boxes) or not _NOTE.exists(), "all is done")
        assert not boxes_lib.servers(BOB)
        assert not _is_open(found)
