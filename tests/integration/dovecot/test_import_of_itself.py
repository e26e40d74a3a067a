# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An import whose source is on the machine: the same mailbox, and another one."""

import pathlib
import shutil
import subprocess
import typing as tp

import pytest

from exordos_mail.dataplane.services.imports import itself
from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot import test_imports
from tests.integration.dovecot.boxes import ALICE, BOB, Boxes, deliver, imap
from tests.integration.exim import far_gateway

far = far_gateway.far
hasty = test_imports.hasty
# Of this machine, as the name server of the far side has it.
_HOST = "mx.example.com"
_LEFT = f"exordos-import-check-{'0' * 32}"


class Neighbours(test_imports.Mover):
    """A node with the mailboxes of alice and bob, each of which may be a source."""

    login = ALICE

    def want(self, jobs: tp.Mapping[str, tp.Any], **limits: tp.Any) -> None:
        """Bring the node to these imports into alice's mailbox."""
        self.generation += 1
        key = self.login.partition("@")[0]
        accounts = {key: boxes_lib.account(), "bob": boxes_lib.account("bob")}
        self._value = boxes_lib.payload(
            accounts,
            more={"imports": documents.spread(jobs)},
            send_networks=["192.0.2.0/24"],
            hostname=_HOST,
            generation=self.generation,
        )
        self.again()

    def job(self, **changes: tp.Any) -> dict[str, tp.Any]:
        """Return the document of an import."""
        path = self.boxes.machine.layout.certificate
        self.cyrus = tp.cast(tp.Any, self)
        self.ca = pathlib.Path(path).read_text()
        found = super().job(password=boxes_lib.PASSWORD, host=_HOST)
        return {**found, "login": self.login, **changes}


@pytest.fixture
def neighbours(
    fresh: Boxes, far: far_gateway.Gateway, far_programs: None
) -> tp.Iterator[Neighbours]:
    for name in ("alice", "bob"):
        shutil.rmtree(fresh.home(name), ignore_errors=True)
    found = Neighbours(fresh, far, tp.cast(tp.Any, None))
    found.new_agent()
    found.want({})
    yield found
    found.close()


def _folders(login: str) -> list[str]:
    with imap(login) as client:
        return [line.decode().rpartition(" ")[2] for line in client.list()[1]]


def _count(login: str) -> int:
    with imap(login) as client:
        return int(client.select("INBOX")[1][0])


def test_the_own_mailbox_is_no_source(neighbours: Neighbours, hasty: None) -> None:
    assert deliver(ALICE, ALICE)[0][0] == 250
    before, folders = _count(ALICE), _folders(ALICE)
    # What a run has left that was killed.
    with imap(ALICE) as client:
        assert client.create(_LEFT)[0] == "OK"
    for run, username in enumerate((ALICE, "alice", ALICE), 1):
        neighbours.start(run=run, username=username, dry_run=run == 1)
        told = neighbours.end(run)
        assert (told["state"], told["error"]) == ("failed", itself.REFUSED)
        assert (_count(ALICE), _folders(ALICE)) == (before, folders)


def test_another_mailbox_of_the_machine_is_one(
    neighbours: Neighbours, hasty: None
) -> None:
    """Also if both were made in the same second, by which Dovecot numbers folders."""
    assert deliver(BOB, BOB)[0][0] == 250
    there = _count(BOB)
    assert _count(ALICE) == 0
    words = ("doveadm", "-c", boxes_lib.PATHS.conf, "mailbox", "update")
    for login in (ALICE, BOB):
        validity = ("-u", login, "--uid-validity", "4000000000", "INBOX")
        subprocess.run([*words, *validity], check=True)
    neighbours.start(username=BOB)
    told = neighbours.end(1)
    assert (told["state"], told["messages_copied"]) == ("done", there), told
    assert _count(ALICE) == there
    assert not any("exordos" in one for one in _folders(ALICE) + _folders(BOB))


def test_a_run_goes_on_under_another_address(
    neighbours: Neighbours, hasty: None
) -> None:
    assert deliver(BOB, BOB)[0][0] == 250
    there = _count(BOB)
    neighbours.start(username=BOB)
    neighbours.login = "anna@example.com"
    neighbours.start(username=BOB)
    told = neighbours.end(1)
    assert told["state"] == "done", told
    assert _count(neighbours.login) == there
