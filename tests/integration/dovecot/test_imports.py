# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mailboxes are moved in from Cyrus, and what cannot be says why."""

import contextlib
import itertools
import pathlib
import re
import subprocess
import sys
import typing as tp

import pytest

from exordos_mail.dataplane.services.imports import keeper
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot import cyrus as cyrus_lib
from tests.integration.dovecot import importing
from tests.integration.dovecot.boxes import ALICE, imap
from tests.integration.dovecot.importing import Mover
from tests.integration.exim import far_gateway, fixtures, waiting

far = far_gateway.far
cyrus, mover, hasty = importing.cyrus, importing.mover, importing.hasty


_WRONG: tuple[tuple[dict[str, tp.Any], str], ...] = (
    ({"password": "wrong"}, "the source refuses the user name or the password"),
    ({"host": cyrus_lib.OTHER_NAME}, "the certificate of .* is not good: "),
    ({"ca": None}, "the certificate of .* is not good: "),
    ({"port": 143}, "no TLS with .*: is tls as the source has it"),
    ({"port": 994}, "does not answer on port 994"),
    ({"host": "nowhere.test"}, "nowhere.test has no address"),
    ({"host": "private.test"}, "private.test has no public address"),
    ({"host": "mapped6.test"}, "mapped6.test has no public address"),
)


def test_what_cannot_be_says_why(mover: Mover, hasty: None) -> None:
    runs = itertools.count(1)
    for changes, why in _WRONG:
        run = next(runs)
        mover.start(run=run, **changes)
        told = mover.end(run)
        assert told["state"] == "failed" and re.search(why, told["error"]), told
        assert cyrus_lib.PASSWORD not in str(told)
    # A run that only looks, after STARTTLS.
    mover.start(run=50, dry_run=True, port=143, tls="starttls")
    told = mover.end(50)
    assert (told["state"], told["messages_copied"]) == ("done", 0)
    assert {row["folder"]: (row["to"], row["here"]) for row in told["report"]} == {
        "INBOX": ("INBOX", 0),
        "INBOX/Sent Items": ("Sent", 0),
        "INBOX/Work": ("Work", 0),
        "INBOX/Work/Sub": ("Work/Sub", 0),
        "INBOX/äö": ("äö", 0),
    }
    with imap(ALICE) as here:
        assert here.select("INBOX")[1] == [b"0"]
    # Some folders, and a mailbox that is too small.
    only = {"folders": ["INBOX/Work"], "exclude": ["INBOX/Work/Sub"]}
    mover.start(run=60, limits={"quota_messages": 5}, **only)
    told = mover.end(60)
    assert told["state"] == "failed" and "the mailbox is full" in told["error"]
    assert told["messages_copied"] == 5
    mover.start(run=61, **only)
    told = mover.end(61)
    rest = told["messages_total"] - 5
    assert (told["state"], told["messages_copied"]) == ("done", rest), told
    assert importing.differences(mover.cyrus, {"INBOX.Work": "Work"}) == {}


def test_one_that_is_stopped_or_removed_leaves_nothing(mover: Mover) -> None:
    mover.start()
    waiting.until(
        lambda: mover.look() and importing.mirrored(mover.boxes), "it copies", 60
    )
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            assert cyrus_lib.PASSWORD.encode() not in path.read_bytes()
    mover.start(stopped=True)
    assert mover.end(1)["state"] == "stopped"
    assert not importing.children() and not boxes_lib.processes("doveadm")
    for path in mover.boxes.home().rglob("*"):
        if path.is_file():
            assert cyrus_lib.PASSWORD.encode() not in path.read_bytes(), path
    mirrors = list(mover.boxes.home().glob("imports/*/mirror"))
    assert mirrors
    mover.want({})
    waiting.until(lambda: mover.look() or not mirrors[0].exists(), "it is gone", 30)


@pytest.fixture
def hostile(cyrus: cyrus_lib.Cyrus) -> tp.Iterator[None]:
    """A server that means no good, on port 1993 of Cyrus' machine."""
    program = str(pathlib.Path(__file__).with_name("hostile_imap.py"))
    files = (str(cyrus_lib.ROOT / "etc" / one) for one in ("cyrus.pem", "cyrus.key"))
    command = [*fixtures.far_side_command(), sys.executable, program]
    with subprocess.Popen(
        [*command, cyrus_lib.ADDRESS, "1993", *files], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield
        process.kill()


_HOSTILE: tuple[tuple[str, str], ...] = (
    ("silent", "the source says nothing"),
    # In time, or in room for a file, whichever ends first.
    ("endless", "no message has come for a long time|closes the connection"),
    ("many", "more than 5000 folders"),
)


def test_hostile_source_comes_to_an_end(
    mover: Mover, hostile: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = mover.boxes.home().parent
    before = {one.name for one in store.iterdir()} | {boxes_lib.store("alice")}
    patience = {"pauses": (), "silence": 2.0, "stall": 4.0}
    monkeypatch.setattr(keeper, "PATIENCE", patience)
    for run, (how, why) in enumerate(_HOSTILE, 1):
        mover.start(run=run, port=1993, username=how)
        told = mover.end(run)
        text = f"{told['error']} {told['report'][:1]}"
        assert told["state"] == "failed" and re.search(why, text), told
    mover.start(run=9, port=1993, username="strange")
    told = mover.end(9)

    rows = {row["folder"]: row for row in told["report"]}
    assert [name for name, row in rows.items() if row["here"]] == ["INBOX", "cur"]
    assert all(row["problem"] for row in rows.values() if not row["here"]), rows
    assert rows["../../../../etc/cron.d"]["problem"] == "a part of its name is empty"
    assert {one.name for one in store.iterdir()} == before
