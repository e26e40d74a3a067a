# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail arrives by LMTP, is kept, and is read by IMAP and POP3."""

import stat

import pytest

from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, MESSAGE, Boxes, deliver, imap

_ZSTD = b"\x28\xb5\x2f\xfd"  # RFC 8878 section 3.1.1


def test_message_arrives_and_is_read(boxes: Boxes) -> None:
    assert deliver(ALICE)[0][0] == 250
    with imap(ALICE) as found:
        count = int(found.select("INBOX")[1][0])
        text = found.fetch(str(count), "(BODY.PEEK[])")[1][0][1]
    assert text.endswith(MESSAGE.partition(b"\r\n\r\n")[2])
    assert f"Delivered-To: {ALICE}\r\n".encode() in text
    with boxes_lib.pop3() as found:
        assert found.stat()[0] == count


def test_mail_is_compressed_and_only_dovecots(boxes: Boxes) -> None:
    deliver(ALICE)
    found = [one for one in boxes.home().rglob("*") if one.is_file()]
    messages = [one for one in found if one.parent.name in ("new", "cur")]
    assert messages and all(one.read_bytes()[:4] == _ZSTD for one in messages)
    for path in (boxes.home(), *boxes.home().rglob("*")):
        assert path.owner() == path.group() == "vmail"
        if path.is_dir() or path in messages:
            assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path


def test_folders_have_their_uses(boxes: Boxes) -> None:
    with imap(ALICE) as found:
        told = b"\n".join(found.list()[1]).decode()
        found.subscribe("INBOX")
    for name in ("Drafts", "Junk", "Sent", "Trash", "Archive"):
        assert f'\\{name}) "/" {name}' in told


def test_folder_may_have_dots_and_folders(boxes: Boxes) -> None:
    with imap(ALICE) as found:
        assert found.create("example.com/2026.11")[0] == "OK"
        assert found.append("example.com/2026.11", "", "", MESSAGE)[0] == "OK"
    path = boxes.home() / "Maildir/example.com/2026.11/new"
    assert len(list(path.iterdir())) == 1


def test_what_imap_offers(boxes: Boxes) -> None:
    with imap(ALICE) as found:
        offered = found.capability()[1][0].decode().split()
    wanted = {"QUOTA", "SPECIAL-USE", "IDLE", "CONDSTORE", "QRESYNC", "MOVE", "UIDPLUS"}
    assert wanted <= set(offered)


@pytest.mark.parametrize(
    "document",
    [
        boxes_lib.account("bob", password=""),
        *(boxes_lib.account("bob", suspended=one) for one in ("read_only", "defer")),
        boxes_lib.account("bob", suspended="refuse"),
    ],
)
def test_lmtp_takes_mail_for_each_mailbox(boxes: Boxes, document: object) -> None:
    boxes.apply({"alice": boxes_lib.account(), "bob": document})
    assert deliver("bob@example.com")[0][0] == 250


def test_lmtp_judges_each_recipient(boxes: Boxes) -> None:
    boxes.apply(
        {
            "alice": boxes_lib.account(),
            "relay": boxes_lib.account(mailbox=None),
            "carl@second.org": boxes_lib.account("carl"),
        }
    )
    logins = ("nobody@example.com", ALICE, "relay@example.com", "carl@second.org")
    answers = deliver(*logins)
    assert [code for code, _ in answers] == [550, 250, 550, 250]


@pytest.mark.parametrize("tag", ["x", "x+y", ""])
def test_tag_leads_to_the_mailbox_of_the_name_before_it(boxes: Boxes, tag: str) -> None:
    boxes.apply({"alice": boxes_lib.account()})
    with imap(ALICE) as found:
        before = int(found.select("INBOX")[1][0] or b"0")
    assert deliver(f"alice+{tag}@example.com", f"nobody+{tag}@example.com")[0][0] == 250
    with imap(ALICE) as found:
        assert int(found.select("INBOX")[1][0] or b"0") == before + 1
