# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the control plane hears of mailboxes and logins."""

import hashlib
import os
import pathlib
import re
import time
import typing as tp

import pytest

from exordos_mail.dataplane.engine import observer, source
from exordos_mail.dataplane.services.dovecot import meter
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, BOB, PASSWORD, PATHS, Boxes
from tests.integration.exim import waiting
from tests.integration.support import seen as seen_lib

_APP, _APP_UUID = (
    "x7mqp-2x9ab-w4hnc-tr8vz-5yde3",
    "3f0c2a4e-5b7d-4d1e-9c38-1a2b3c4d5e6f",
)
_NOTES = pathlib.Path(PATHS.notes)


class Seen(seen_lib.Seen):
    """Keeps the latest that is shown of mailboxes and logins."""

    def usage(self, name: str) -> tuple[int, int] | None:
        """Return the messages and octets of a mailbox."""
        found = self.facts.get("usage", {}).get(boxes_lib.store(name))
        return found and (found["messages"], found["octets"])

    @property
    def logins(self) -> dict[tuple[str, str], int]:
        """When who has logged in to what."""
        found = self.facts.get("logins", {}).values()
        return {(one["login"], one["service"]): one["at"] for one in found}


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def at_work(boxes: Boxes, seen: Seen) -> meter.Meter:
    """A meter of alice and bob, who has an app password; there are no notes."""
    app = {
        "hash": hashlib.sha256(_APP.encode()).hexdigest(),
        "scopes": ["imap", "pop3", "sieve"],
        "expires_at": None,
        "sender": None,
        "uuid": _APP_UUID,
    }
    bob = boxes_lib.account("bob", app_passwords=[app])
    alice = boxes_lib.account(quota_bytes=10**6, quota_messages=1000)
    boxes.apply({"alice": alice, "bob": bob})
    for path in (_NOTES, _NOTES.with_name("notes.read")):
        path.unlink(missing_ok=True)
    return meter.Meter(boxes.machine.layout, PATHS, seen)


def _of_one(found: meter.Meter) -> None:
    """Have notes told: those of a round are read in the next one."""
    found.turns = 0
    found.round()
    found.turns = 0
    found.round()


def test_logins_are_told_by_service(at_work: meter.Meter, seen: Seen) -> None:
    begun = int(time.time())
    assert boxes_lib.logs_in(ALICE)
    assert boxes_lib.logs_in("alice", address="127.0.0.2")
    assert not boxes_lib.logs_in("Bob@Example.com", "wrong", address="127.0.0.3")
    with boxes_lib.pop3(BOB, _APP):
        pass
    sieve = boxes_lib.Sieve()
    assert sieve.log_in("Bob@Example.com") == "OK"
    sieve.close()
    _of_one(at_work)
    assert seen.logins.keys() == {(ALICE, "imap"), (BOB, "pop3"), (BOB, "sieve")}
    assert all(begun <= at <= time.time() for at in seen.logins.values())
    assert seen.facts["app-passwords"] == {_APP_UUID: {"at": seen.logins[BOB, "pop3"]}}


def test_a_login_is_told_once_in_an_hour(at_work: meter.Meter, seen: Seen) -> None:
    assert boxes_lib.logs_in(ALICE)
    _of_one(at_work)
    assert len(seen.logins) == 1
    seen.facts.clear()
    assert boxes_lib.logs_in(ALICE)
    _of_one(at_work)
    assert seen.logins == {}


def test_usage_is_that_of_the_quota(
    boxes: Boxes, at_work: meter.Meter, seen: Seen
) -> None:
    with boxes_lib.imap(ALICE) as found:
        found.append("Junk", "", "", boxes_lib.MESSAGE * 100)
    boxes_lib.deliver("alice+tag@example.com")
    _of_one(at_work)
    with boxes_lib.imap(ALICE) as found:
        # (STORAGE 5 976 MESSAGE 2 1000), in KiB
        quota = re.findall(
            rb"(?:STORAGE|MESSAGE) ([0-9]+)", found.getquotaroot("INBOX")[1][1][0]
        )
        count, octets = seen.usage("alice") or (0, 0)
        assert quota == [b"%d" % -(-octets // 1024), b"%d" % count]
        assert octets > 4600
        # The session has been open since: what it does is seen without a note.
        found.select("Junk")
        found.store("1:*", "+FLAGS", "\\Deleted")
        found.expunge()
        _of_one(at_work)
        assert seen.usage("alice") != (count, octets)
        assert (seen.usage("alice") or (0, octets))[1] <= octets - 4600


def test_a_mailbox_takes_its_turn_whatever_was_missed(
    boxes: Boxes, at_work: meter.Meter, seen: Seen
) -> None:
    boxes_lib.deliver(BOB)
    # Dovecot is killed, and the notes are lost with it.
    boxes.machine.dovecot.kill()
    _NOTES.unlink(missing_ok=True)
    at_work.round()
    assert seen.usage("bob") is None
    boxes.machine.dovecot.restart()
    waiting.until(boxes_lib.is_up, "Dovecot")
    at_work.round()
    count, _ = seen.usage("bob") or (0, 0)
    assert count >= 1


def test_nobody_gets_a_home_by_being_measured(boxes: Boxes, seen: Seen) -> None:
    boxes.apply({"carol": boxes_lib.account("carol")})
    found = meter.Meter(boxes.machine.layout, PATHS, seen)
    found.round()
    assert seen.usage("carol") is None
    assert not boxes.home("carol").exists()


@pytest.mark.parametrize("kind", ["link", "text"])
def test_what_is_no_file_of_notes_harms_nobody(
    boxes: Boxes, at_work: meter.Meter, seen: Seen, kind: str
) -> None:
    _NOTES.unlink(missing_ok=True)
    if kind == "link":
        _NOTES.symlink_to("/etc/shadow")
    else:
        _NOTES.write_text("imap a@b.c\nimap ../x " + "x" * 100_000 + "\n\0\n")
    assert boxes_lib.logs_in(ALICE)
    _of_one(at_work)
    assert pathlib.Path("/etc/shadow").exists()
    assert seen.logins.keys() <= {(ALICE, "imap")}
    assert boxes_lib.logs_in(ALICE)
    _of_one(at_work)
    assert not os.path.lexists(_NOTES)


def test_notes_that_nobody_reads_have_an_end(boxes: Boxes) -> None:
    _NOTES.write_bytes(b"x" * 4 * 1024 * 1024)
    owner = _NOTES.parent.stat()
    os.chown(_NOTES, owner.st_uid, owner.st_gid)
    assert boxes_lib.logs_in(ALICE)
    assert _NOTES.stat().st_size == 4 * 1024 * 1024
    _NOTES.unlink()
    with _NOTES.open("w"):
        os.chown(_NOTES, 0, 0)
        os.chmod(_NOTES, 0)
    # It cannot be written: a login does not mind.
    assert boxes_lib.logs_in(ALICE, PASSWORD)
    _NOTES.unlink()


def test_the_agent_tells_by_itself(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "PERIOD", 0.1)
    told: dict[str, tp.Any] = {}

    class Gateway:
        is_up, is_rung = True, False

        def observe(self, kind: str, facts: tp.Mapping[str, tp.Any]) -> None:
            told.setdefault(kind, {}).update(facts)

    found = Seen()
    one = meter.Meter(
        boxes.machine.layout,
        PATHS,
        observer.FactTeller(tp.cast(source.Gateway, Gateway())),
    )
    del found
    one.start()
    boxes_lib.deliver(ALICE)
    waiting.until(lambda: boxes_lib.store("alice") in told.get("usage", {}), "usage")
    assert one.stop(10)
