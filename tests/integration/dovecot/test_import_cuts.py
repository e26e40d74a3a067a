# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mailboxes are moved in from a source that is cut: nothing is missing, or twice."""

import contextlib
import os
import shutil
import signal
import typing as tp

from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot import importing
from tests.integration.dovecot.boxes import ALICE, deliver, imap
from tests.integration.dovecot.importing import Mover
from tests.integration.exim import far_gateway, waiting

far = far_gateway.far
cyrus, mover, hasty = importing.cyrus, importing.mover, importing.hasty


def _kill(program: str) -> None:
    for pid in boxes_lib.processes(program):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _kill_child(mover: Mover) -> None:
    for pid in importing.children():
        os.kill(pid, signal.SIGKILL)


def _new_agent(mover: Mover) -> None:
    mover.new_agent()
    mover.again()


def _kill_dovecot(mover: Mover) -> None:
    mover.boxes.machine.dovecot.kill()
    mover.again()


def _wait_for_more(mover: Mover) -> None:
    """Wait until the source is being copied, and some more has come."""
    before = importing.mirrored(mover.boxes)

    def has_come() -> bool:
        if not boxes_lib.processes("doveadm"):
            mover.look()
            return False
        return importing.mirrored(mover.boxes) > before

    waiting.until(has_come, "more comes", seconds=60)


_CUTS: tuple[tp.Callable[[Mover], None], ...] = (
    lambda mover: mover.cyrus.cut(),
    lambda mover: _kill("doveadm"),
    _kill_child,
    _new_agent,
    _kill_dovecot,
)


def test_three_runs_cut_five_times(mover: Mover, hasty: None) -> None:
    mover.want({})
    deliver(ALICE, message=boxes_lib.MESSAGE)
    mover.start()
    for cut in _CUTS:
        _wait_for_more(mover)
        cut(mover)
    told = mover.end(1)
    problems = [one for one in told["report"] if one["problem"]]
    assert (told["state"], told["error"], problems) == ("done", "", [])
    assert told["messages_total"] == told["messages_done"] == importing.MANY + 60
    # What was here stays, and nothing is missing or doubled.
    extra = importing.differences(mover.cyrus, importing.FOLDERS)
    mail = ("s", frozenset())
    assert [(one[:2], n) for one, n in extra.items()] == [(mail, -1)], extra
    with imap(ALICE) as here, mover.cyrus.client() as source:
        here.select("INBOX")
        here.store("1:10", "+FLAGS", "\\Deleted")
        here.expunge()
        importing.append(source, "INBOX.Work", 7)
    for run, copied in ((2, 1), (3, 0)):
        mover.start(run=run)
        told = mover.end(run)
        assert (told["state"], told["messages_copied"]) == ("done", copied)
    with imap(ALICE) as here:
        assert here.select("INBOX")[1] == [str(importing.MANY + 1 - 10).encode()]
        assert here.select("Work")[1] == [b"21"]


def test_what_has_no_number_yet_is_fetched_anew(mover: Mover) -> None:
    # dsync is killed when the files of some messages are in place, of a hundred that
    # have no numbers yet. All look the same to it: they have neither Date nor
    # Message-ID.
    mover.start(folders=["INBOX"])
    assert mover.end(1)["state"] == "done"
    home = mover.boxes.home()
    uidlists = home.glob("imports/*/mirror/mail/*/dovecot-uidlist")
    uidlist = max(uidlists, key=lambda path: path.stat().st_size)
    head, *lines = uidlist.read_text().splitlines(keepends=True)
    uidlist.write_text("".join([head, *lines[:-100]]))
    unseen = (uidlist.parent / "new").iterdir()
    last = {line.rpartition(" :")[2].partition(",")[0] for line in lines[-100:]}
    lost = [path for path in unseen if path.name.partition(",")[0] in last]
    assert 30 < len(lost) < 40
    for path in (*lost, *uidlist.parent.glob("dovecot.index*")):
        path.unlink()
    # And nothing has been handed over yet.
    for path in home.glob("imports/*/ledger*"):
        path.unlink()
    shutil.rmtree(home / "Maildir")
    mover.start(run=2, folders=["INBOX"])
    assert mover.end(2)["state"] == "done"
    assert importing.differences(mover.cyrus, {"INBOX": "INBOX"}) == {}
