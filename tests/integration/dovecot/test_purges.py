# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail of deleted accounts goes when the control plane says so, and never else."""

import os
import pathlib
import subprocess
import sys
import typing as tp

import pytest

from exordos_mail.dataplane.services.purges import homes
from exordos_mail.protocol import documents
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import BOB, PATHS, Boxes
from tests.integration.exim import waiting
from tests.integration.support.seen import Seen

_STORE = pathlib.Path(PATHS.store_dir)
_BOB = boxes_lib.store("bob")
_ALICE = {"alice": boxes_lib.account()}


def _told(*uuids: str) -> dict[str, tp.Any]:
    """Return what names mail that is to be removed."""
    return {"purges": documents.spread({one: {"purge": True} for one in uuids})}


def _service(boxes: Boxes) -> tp.Any:
    runners = boxes.machine.node._runners
    (found,) = [one for one in runners if one._service.name == "purges"]
    return found._service


@pytest.fixture
def seen(boxes: Boxes) -> tp.Iterator[Seen]:
    """What the node says of purges; bob had mail, and his account is gone."""
    boxes.apply({**_ALICE, "bob": boxes_lib.account("bob")}, more=_told())
    boxes_lib.deliver(BOB, boxes_lib.ALICE)
    boxes.apply(_ALICE, more=_told())
    found = Seen()
    _service(boxes)._observer = found
    yield found
    boxes.apply(_ALICE, more=_told())


def _pass(boxes: Boxes, seen: Seen, uuid: str) -> None:
    """Have passes go by until the node says that the mail is gone."""

    def is_told() -> bool:
        boxes.machine.node.pull()
        return seen.facts.get("purges", {}).get(uuid) == {"done": True}

    waiting.until(is_told, "the mail to be gone")


def test_a_deleted_account_keeps_its_mail_until_it_is_named(
    boxes: Boxes, seen: Seen
) -> None:
    boxes.machine.node.pull()
    assert (boxes.home("bob") / "Maildir").is_dir()
    assert seen.facts == {}
    boxes.apply(_ALICE, more=_told(_BOB))
    assert not boxes.home("bob").exists()
    _pass(boxes, seen, _BOB)
    assert not any((_STORE / ".purged").iterdir())
    assert boxes.home("alice").is_dir()
    # No document any more: forgotten, and told anew if it comes again.
    boxes.apply(_ALICE, more=_told())
    assert seen.facts["purges"] == {_BOB: None}
    boxes.apply(_ALICE, more=_told(_BOB))
    _pass(boxes, seen, _BOB)
    # It comes back empty, if it comes back.
    boxes.apply({**_ALICE, "bob": boxes_lib.account("bob")}, more=_told())
    with boxes_lib.imap(BOB) as found:
        assert found.select("INBOX")[1] == [b"0"]


def test_mail_of_an_account_is_never_removed(boxes: Boxes, seen: Seen) -> None:
    both = {**_ALICE, "bob": boxes_lib.account("bob")}
    report = boxes.machine.node.converge(boxes_lib.payload(both, more=_told(_BOB)))
    assert "is that of an account" in report.reason
    assert (boxes.home("bob") / "Maildir").is_dir()
    boxes.machine.node.pull()
    assert seen.facts == {}


@pytest.mark.parametrize("name", ["../../etc", "alice", "", _BOB.upper(), f"{_BOB}/x"])
def test_what_is_no_uuid_names_nothing(boxes: Boxes, seen: Seen, name: str) -> None:
    report = boxes.machine.node.converge(boxes_lib.payload(_ALICE, more=_told(name)))
    assert "no uuid names" in report.reason
    assert pathlib.Path("/etc").is_dir() and boxes.home("bob").is_dir()
    with pytest.raises(ValueError, match="uuid"):
        homes.Homes(_STORE, pathlib.Path("/etc/fstab"), (0, 0)).move_aside(name)


def test_nothing_is_gone_while_the_disk_is_away(
    boxes: Boxes, seen: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    fstab = tmp_path / "fstab"
    fstab.write_text(f"/dev/vdb1 {_STORE} none bind 0 0\n")
    there = homes.Homes(_STORE, fstab, boxes_lib.owner())
    monkeypatch.setattr(_service(boxes), "_made", there)
    report = boxes.machine.node.converge(boxes_lib.payload(_ALICE, more=_told(_BOB)))
    assert "the disk of the mail to be removed is not there" in report.reason
    boxes.machine.node.pull()
    assert seen.facts == {} and boxes.home("bob").is_dir()
    fstab.write_text("")
    boxes.apply(_ALICE, more=_told())
    boxes.apply(_ALICE, more=_told(_BOB))
    _pass(boxes, seen, _BOB)


_KILLED = """
import os, pathlib, sys
from exordos_mail.dataplane.services.purges import homes
found = homes.Homes(pathlib.Path(sys.argv[1]), pathlib.Path("/nowhere"), (0, 0))
found.move_aside(sys.argv[2])
os.kill(os.getpid(), 9)
"""


def test_whoever_is_killed_the_rest_goes_and_nothing_else(
    tmp_path: pathlib.Path,
) -> None:
    outside, store = tmp_path / "outside", tmp_path / "store"
    for one in (outside, store, store / boxes_lib.store("alice")):
        one.mkdir()
    (outside / "kept").write_text("kept")
    home = store / _BOB
    (home / "cur").mkdir(parents=True)
    (home / "cur" / "1").write_text("mail")
    (home / "link").symlink_to(outside)
    command = [sys.executable, "-c", _KILLED, str(store), _BOB]
    assert subprocess.run(command, check=False).returncode == -9
    assert not home.exists()
    # Of what was aside a part is gone. A message that came late has made a new home.
    (store / ".purged" / f"{_BOB}.0" / "cur" / "1").unlink()
    home.symlink_to(outside)
    left = homes.Homes(store, pathlib.Path("/nowhere"), (0, 0))
    assert left.holds(_BOB)
    left.move_aside(_BOB)
    assert left.holds(_BOB) and not home.is_symlink()
    left.remove()
    assert left.wait(10)
    assert not left.holds(_BOB) and left.problem == ""
    assert sorted(os.listdir(store)) == [".purged", boxes_lib.store("alice")]
    assert (outside / "kept").read_text() == "kept"


def test_the_owner_of_the_mail_cannot_have_anything_else_removed(
    tmp_path: pathlib.Path,
) -> None:
    roots, store = tmp_path / "roots", tmp_path / "store"
    for one in (tmp_path, store):
        one.mkdir(exist_ok=True)
        one.chmod(0o755)
    roots.mkdir(0o755)
    (roots / "kept").write_text("kept")
    (store / _BOB).mkdir()
    owner = boxes_lib.owner()
    os.chown(store, *owner)
    (store / ".purged").symlink_to(roots)
    found = homes.Homes(store, pathlib.Path("/nowhere"), owner)
    with pytest.raises(OSError, match=r"directory|symbolic"):
        found.move_aside(_BOB)
    found.remove()
    assert found.wait(10)
    assert found.problem
    assert (roots / "kept").read_text() == "kept"
    assert (store / _BOB).is_dir()
