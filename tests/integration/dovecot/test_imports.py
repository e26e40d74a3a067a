# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mailboxes are moved in from Cyrus: nothing is missing, and nothing is twice."""

import collections
import contextlib
import dataclasses
import gc
import imaplib
import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.services.imports import keeper
from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot import cyrus as cyrus_lib
from tests.integration.dovecot.boxes import ALICE, Boxes, deliver, imap
from tests.integration.exim import far_gateway, fixtures, waiting

far = far_gateway.far
UUID = str(sys_uuid.UUID(int=50))
_NETWORK = ["192.0.2.0/24"]
_MANY = 400
_SUBJECT = re.compile(rb"(?im)^Subject: ([^\r\n]*)")
_ITEM = re.compile(rb'FLAGS \(([^)]*)\).*INTERNALDATE "([^"]*)"')
#: Messages of a folder: subject, flags, date, and how many there are.
Content = collections.Counter[tuple[str, frozenset[str], str]]


@dataclasses.dataclass
class Mover:
    """A node that is told of an import, and what it tells."""

    boxes: Boxes
    far: far_gateway.Gateway
    cyrus: cyrus_lib.Cyrus
    generation: int = 1
    _client: gateway.Client | None = None

    def want(self, jobs: tp.Mapping[str, tp.Any], **limits: tp.Any) -> None:
        """Bring the node to these imports."""
        self.generation += 1
        self._value = boxes_lib.payload(
            {"alice": boxes_lib.account(**limits)},
            more={"imports": documents.spread(jobs)},
            send_networks=_NETWORK,
            generation=self.generation,
        )
        self.again()

    def again(self) -> None:
        """Bring the node to what it was told."""
        head = self.far.want(self._value)

        def is_taken() -> bool:
            return self.boxes.machine.node.converge(head).status == "ACTIVE"

        waiting.until(is_taken, "the node is as it should be", seconds=60)

    def new_agent(self) -> None:
        """Have another agent, as if the one before were killed."""
        self.close()
        self.boxes.machine.fresh_node()
        gc.collect()  # runs end with their agent
        self._client = self.far.client()
        self._client.start()
        waiting.until(lambda: self._client.is_up, "connected")
        self.boxes.machine.fresh_node(self._client)

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.stop()

    def start(self, **changes: tp.Any) -> None:
        """Have alice's mailbox filled."""
        limits = changes.pop("limits", {})
        self.want({UUID: self.job(**changes)}, **limits)

    def job(self, **changes: tp.Any) -> dict[str, tp.Any]:
        """Return the document of an import."""
        return {
            "login": ALICE,
            "mailbox": boxes_lib.store("alice"),
            "host": cyrus_lib.HOST,
            "port": 993,
            "tls": "implicit",
            "ca": self.cyrus.ca,
            "username": cyrus_lib.USER,
            "password": cyrus_lib.PASSWORD,
            "folders": None,
            "exclude": [],
            "dry_run": False,
            "run": 1,
            "stopped": False,
            **changes,
        }

    def look(self) -> dict[str, tp.Any]:
        """Have the agent do a pass; return what it has told of the import."""
        self.boxes.machine.node.pull()
        self.boxes.machine.node.observe()
        return tp.cast(
            dict[str, tp.Any], self.far.seen.get("imports", {}).get(UUID, {})
        )

    def end(self, run: int) -> dict[str, tp.Any]:
        """Return what is told of a run at its end."""

        def has_ended() -> dict[str, tp.Any] | None:
            told = self.look()
            is_over = told.get("run") == run and told["state"] != "running"
            return told if is_over else None

        return tp.cast(
            dict[str, tp.Any], waiting.until(has_ended, "the run ends", seconds=120)
        )


def _append(client: imaplib.IMAP4, folder: str, number: int, **more: tp.Any) -> None:
    text = f"From: ann@elsewhere.test\r\nSubject: m{number}\r\n\r\nbody {number}\r\n"
    octets = text.encode() + b"x" * more.get("size", 10) + b"\r\n"
    date = imaplib.Time2Internaldate(1_500_000_000 + 60 * number)
    assert client.append(folder, more.get("flags", ""), date, octets)[0] == "OK"


def _content(client: imaplib.IMAP4, folder: str) -> Content:
    """Return what a folder holds."""
    assert client.select(f'"{folder}"', readonly=True)[0] == "OK", folder
    if client.untagged_responses.get("EXISTS") == [b"0"]:
        return collections.Counter()
    wanted = "(FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
    found: Content = collections.Counter()
    for part in client.fetch("1:*", wanted)[1]:
        if isinstance(part, tuple):
            item, subject = _ITEM.search(part[0]), _SUBJECT.search(part[1])
            assert item and subject
            flags = frozenset(item[1].decode().split()) - {"\\Recent"}
            date = imaplib.Internaldate2tuple(b'INTERNALDATE "' + item[2] + b'"')
            found[subject[1].decode(), flags, str(date)] += 1
    return found


def _differences(cyrus: cyrus_lib.Cyrus, folders: tp.Mapping[str, str]) -> Content:
    """Return what is missing here (or, counted below zero, too much)."""
    found: Content = collections.Counter()
    with cyrus.client() as source, imap(ALICE) as here:
        for name, ours in folders.items():
            found.update(_content(source, name))
            found.subtract(_content(here, ours))
    return collections.Counter({one: n for one, n in found.items() if n})


@pytest.fixture(scope="module")
def cyrus(far_programs: None) -> tp.Iterator[cyrus_lib.Cyrus]:
    """The old server with joe's mail."""
    found = cyrus_lib.Cyrus()
    with found.client() as client:
        for name in ("Sent Items", "Work", "Work.Sub", "&AOQA9g-"):
            assert client.create(f'"INBOX.{name}"')[0] == "OK"
        for number in range(_MANY):
            flags = ("", r"(\Seen)", r"(\Answered \Flagged $Later)")[number % 3]
            _append(client, "INBOX", number, flags=flags, size=2000)
        for number in range(20):
            _append(client, "INBOX.Work", number % 10)
            # A keyword that looks like an option of doveadm.
            _append(client, "INBOX.Work.Sub", number, flags=r"(\Draft -A)")
            _append(client, '"INBOX.Sent Items"', number, flags=r"(\Seen)")
    yield found
    found.close()


_FOLDERS = {
    "INBOX": "INBOX",
    "INBOX.Sent Items": "Sent",
    "INBOX.Work": "Work",
    "INBOX.Work.Sub": "Work/Sub",
    "INBOX.&AOQA9g-": "&AOQA9g-",
}


@pytest.fixture
def mover(
    fresh: Boxes, cyrus: cyrus_lib.Cyrus, far: far_gateway.Gateway
) -> tp.Iterator[Mover]:
    """A node without any mail."""
    shutil.rmtree(fresh.home(), ignore_errors=True)
    found = Mover(fresh, far, cyrus)
    found.new_agent()
    yield found
    found.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have runs lose their patience soon."""
    patience = {"pauses": (0.1, 0.3, 1.0, 3.0, 5.0), "silence": 3.0, "stall": 20.0}
    monkeypatch.setattr(keeper, "PATIENCE", patience)


def _kill(program: str) -> None:
    for pid in boxes_lib.processes(program):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children() -> list[int]:
    """Return the processes of runs."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if b"services.imports.child" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def _kill_child(mover: Mover) -> None:
    for pid in _children():
        os.kill(pid, signal.SIGKILL)


def _new_agent(mover: Mover) -> None:
    mover.new_agent()
    mover.again()


def _kill_dovecot(mover: Mover) -> None:
    mover.boxes.machine.dovecot.kill()
    mover.again()


def _mirrored(boxes: Boxes) -> int:
    """Return how many messages have come, be they complete or not."""
    found = boxes.home().glob("imports/*/mirror/mail/*/*/*,*")
    return sum(1 for _ in found) + sum(
        1 for _ in boxes.home().glob("imports/*/mirror/mail/*/tmp/*")
    )


def _wait_for_more(mover: Mover) -> None:
    """Wait until the source is being copied, and some more has come."""
    before = _mirrored(mover.boxes)

    def has_come() -> bool:
        if not boxes_lib.processes("doveadm"):
            mover.look()
            return False
        return _mirrored(mover.boxes) > before

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
    assert told["messages_total"] == told["messages_done"] == _MANY + 60
    # What was here stays, and nothing is missing or doubled.
    extra = _differences(mover.cyrus, _FOLDERS)
    counts: collections.Counter[str] = collections.Counter()
    for (subject, _, _), count in extra.items():
        counts[subject] += count
    assert {one: n for one, n in counts.items() if n} == {"s": -1}
    # Known (docs/adr/0050): where dsync was killed, flags or dates may be others;
    # it commits a hundred at a time.
    assert sum(n for n in extra.values() if n > 0) <= 100, extra
    with imap(ALICE) as here, mover.cyrus.client() as source:
        here.select("INBOX")
        here.store("1:10", "+FLAGS", "\\Deleted")
        here.expunge()
        _append(source, "INBOX.Work", 7)
    for run, copied in ((2, 1), (3, 0)):
        mover.start(run=run)
        told = mover.end(run)
        assert (told["state"], told["messages_copied"]) == ("done", copied)
    with imap(ALICE) as here:
        assert here.select("INBOX")[1] == [str(_MANY + 1 - 10).encode()]
        assert here.select("Work")[1] == [b"21"]


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
    assert _differences(mover.cyrus, {"INBOX.Work": "Work"}) == {}


def test_one_that_is_stopped_or_removed_leaves_nothing(mover: Mover) -> None:
    mover.start()
    waiting.until(lambda: mover.look() and _mirrored(mover.boxes), "it copies", 60)
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            assert cyrus_lib.PASSWORD.encode() not in path.read_bytes()
    mover.start(stopped=True)
    assert mover.end(1)["state"] == "stopped"
    assert not _children() and not boxes_lib.processes("doveadm")
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
