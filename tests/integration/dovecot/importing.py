# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mailboxes that are moved in from Cyrus: the old server, and what is compared."""

import collections
import contextlib
import dataclasses
import gc
import imaplib
import pathlib
import re
import shutil
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.services.imports import keeper
from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot import cyrus as cyrus_lib
from tests.integration.dovecot.boxes import ALICE, Boxes, imap
from tests.integration.exim import far_gateway, waiting

far = far_gateway.far
UUID = str(sys_uuid.UUID(int=50))
_NETWORK = ["192.0.2.0/24"]
MANY = 400
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


def append(client: imaplib.IMAP4, folder: str, number: int, **more: tp.Any) -> None:
    text = f"From: ann@elsewhere.test\r\nSubject: m{number}\r\n\r\nbody {number}\r\n"
    octets = text.encode() + b"x" * more.get("size", 10) + b"\r\n"
    date = imaplib.Time2Internaldate(1_500_000_000 + 60 * number)
    assert client.append(folder, more.get("flags", ""), date, octets)[0] == "OK"


def content(client: imaplib.IMAP4, folder: str) -> Content:
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


def differences(cyrus: cyrus_lib.Cyrus, folders: tp.Mapping[str, str]) -> Content:
    """Return what is missing here (or, counted below zero, too much)."""
    found: Content = collections.Counter()
    with cyrus.client() as source, imap(ALICE) as here:
        for name, ours in folders.items():
            found.update(content(source, name))
            found.subtract(content(here, ours))
    return collections.Counter({one: n for one, n in found.items() if n})


@pytest.fixture(scope="module")
def cyrus(far_programs: None) -> tp.Iterator[cyrus_lib.Cyrus]:
    """The old server with joe's mail."""
    found = cyrus_lib.Cyrus()
    with found.client() as client:
        for name in ("Sent Items", "Work", "Work.Sub", "&AOQA9g-"):
            assert client.create(f'"INBOX.{name}"')[0] == "OK"
        for number in range(MANY):
            flags = ("", r"(\Seen)", r"(\Answered \Flagged $Later)")[number % 3]
            append(client, "INBOX", number, flags=flags, size=2000)
            if number % 50 == 7:  # numbers need not follow one another
                append(client, "INBOX", number, flags=r"(\Deleted)")
        client.select("INBOX")
        client.expunge()
        client.unselect()
        for number in range(20):
            append(client, "INBOX.Work", number % 10)
            # A keyword that looks like an option of doveadm.
            append(client, "INBOX.Work.Sub", number, flags=r"(\Draft -A)")
            append(client, '"INBOX.Sent Items"', number, flags=r"(\Seen)")
    yield found
    found.close()


FOLDERS = {
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


def children() -> list[int]:
    """Return the processes of runs."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if b"services.imports.child" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def mirrored(boxes: Boxes) -> int:
    """Return how many messages have come, be they complete or not."""
    found = boxes.home().glob("imports/*/mirror/mail/*/*/*,*")
    return sum(1 for _ in found) + sum(
        1 for _ in boxes.home().glob("imports/*/mirror/mail/*/tmp/*")
    )
