# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Reports on a real database: events once, suppressions where due, no forgery."""

import collections.abc as abc
import json
import typing as tp
import uuid

import pytest

from exordos_mail.send.bounces import classes, reading, taking
from exordos_mail.send.queue import suppressions
from exordos_mail.send.storage import sql, sqlite
from exordos_mail.send.suppressions import records
from tests.unit.send import bounce_corpus as corpus
from tests.unit.send import memory_database
from tests.unit.send.memory_database import LANE

NOW = 1_800_000_000_000
_EVENTS = sql.statement(
    "SELECT type, recipient, actor, details FROM events WHERE type <> 'accepted'"
    " ORDER BY seq"
)
_UNKNOWN = corpus.CAUSES[0]
Tx = sqlite.SqliteTransaction


@pytest.fixture
def tx() -> abc.Iterator[Tx]:
    with memory_database.transaction() as found:
        yield found


def _sent(tx: Tx, *to: str, state: str = "sent", **more: tp.Any) -> str:
    """Return the id of a message that was sent to these."""
    wanted = list(to or [corpus.ADDRESS])
    found = memory_database.accepted(tx, NOW, to=wanted, **more)
    tx._connection.execute(
        "UPDATE recipients SET state = ? WHERE message_id = ?", (state, found)
    )
    tx._connection.execute(
        "UPDATE messages SET state = 'sent', final_at = 1 WHERE id = ?", (found,)
    )
    return found


def _take(tx: Tx, letter: bytes, tenant: str = LANE.tenant_id) -> list[taking.Taken]:
    return taking.take(tx, tenant, reading.read(letter), "key:x", NOW)


def _events(tx: Tx) -> list[tuple[str, str | None]]:
    return [(row["type"], row["recipient"]) for row in tx.rows(_EVENTS)]


def _listed(tx: Tx) -> dict[str, str]:
    rows = records.page(tx, LANE.tenant_id, "", 100)
    return {row.address: row.source for row in rows}


@pytest.mark.parametrize("style", corpus.STYLES)
@pytest.mark.parametrize("cause", corpus.CAUSES, ids=lambda one: one.name)
def test_only_an_unknown_recipient_is_suppressed(
    tx: Tx, style: str, cause: corpus.Cause
) -> None:
    letter = corpus.letter(style, cause, _sent(tx))
    (one,) = _take(tx, letter)
    assert _events(tx) == [("bounced", corpus.ADDRESS)]
    due = cause.class_ == classes.RECIPIENT and style != "qmail"
    assert _listed(tx) == ({corpus.ADDRESS: "hard_bounce"} if due else {})
    assert (one.class_, one.event, one.suppressed) == (cause.class_, "bounced", due)
    assert one.why


@pytest.mark.parametrize("name", corpus.REAL)
def test_real_bounces_suppress_only_who_is_not_there(tx: Tx, name: str) -> None:
    _, *locals_ = name.split("-")
    named = {"local": "nobody-here@example.com", "unrouteable": "x@nowhere.example"}
    to = [named.get(one, f"{one}@example.net") for one in locals_]
    letter = corpus.REAL[name].replace(corpus.ID.encode(), _sent(tx, *to).encode())
    _take(tx, letter)
    gone = {"unknown", "plain", "disabled", "local"}
    due = [address for address, one in zip(to, locals_, strict=True) if one in gone]
    assert sorted(_listed(tx)) == sorted(due)
    assert [address for _, address in _events(tx)] == to


def test_details_and_reason(tx: Tx) -> None:
    _take(tx, corpus.letter("postfix", _UNKNOWN, _sent(tx)))
    (row,) = tx.rows(_EVENTS)
    assert row["actor"] == "key:x"
    assert json.loads(row["details"]) == {
        "class": "recipient",
        "code": 550,
        "enhanced": "5.1.1",
        "reply": "550 5.1.1 User unknown",
        "server": "mx.example.net",
    }
    listed = records.get(tx, LANE.tenant_id, corpus.ADDRESS)
    assert listed is not None
    assert (listed.reason, listed.expires_at) == (
        "bounced: 550 5.1.1 User unknown",
        None,
    )


def test_same_mail_again_does_nothing(tx: Tx) -> None:
    letter = corpus.letter("exim", _UNKNOWN, _sent(tx))
    _take(tx, letter)
    records.remove(tx, LANE.tenant_id, corpus.ADDRESS)
    for _ in range(3):
        (one,) = _take(tx, b"Received: by another way\r\n" + letter)
        assert (one.event, one.suppressed) == (None, False)
        assert "already" in one.why
    assert (len(_events(tx)), _listed(tx)) == (1, {})


def test_guess_does_not_keep_the_true_report_out(tx: Tx) -> None:
    message_id = _sent(tx)
    _take(tx, corpus.letter("qmail", _UNKNOWN, message_id))
    (one,) = _take(tx, corpus.letter("exim", _UNKNOWN, message_id))
    assert one.suppressed and len(_events(tx)) == 2
    first, second = (json.loads(row["details"]) for row in tx.rows(_EVENTS))
    assert first["unsure"] is True and "unsure" not in second


def test_report_of_two_of_three_recipients(tx: Tx) -> None:
    to = ["a@example.net", "b@example.net", "c@example.net"]
    message_id = _sent(tx, *to)
    text = (
        "Content-Type: multipart/report; boundary=b\n\n--b\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        "Final-Recipient: rfc822;A@Example.net\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822;c@example.net\nAction: delayed\nStatus: 4.4.1\n\n"
        "Final-Recipient: rfc822;b@example.net\nAction: relayed\nStatus: 2.0.0\n\n"
        "Final-Recipient: rfc822;else@example.net\nAction: failed\nStatus: 5.1.1\n\n"
        "--b\nContent-Type: text/rfc822-headers\n\n"
        f"Message-ID: <{message_id}@x>\n--b--\n"
    )
    taken = _take(tx, text.encode())
    assert _events(tx) == [("bounced", to[0]), ("delayed", to[2]), ("relayed", to[1])]
    assert _listed(tx) == {"a@example.net": "hard_bounce"}
    assert [one.suppressed for one in taken] == [True, False, False, False]
    assert [one.event for one in taken] == ["bounced", "delayed", "relayed", None]


def test_original_recipient_is_whom_it_was_sent_to(tx: Tx) -> None:
    letter = corpus.letter("postfix", _UNKNOWN, _sent(tx)).replace(
        b"Final-Recipient: rfc822; ann@", b"Final-Recipient: rfc822; forwarded@"
    )
    (one,) = _take(tx, letter)
    assert (one.recipient, one.suppressed) == (corpus.ADDRESS, True)
    assert _listed(tx) == {corpus.ADDRESS: "hard_bounce"}


def test_address_with_escapes(tx: Tx) -> None:
    message_id = _sent(tx, "ann+news@example.net")
    letter = corpus.letter("exim", _UNKNOWN, message_id).replace(
        b"rfc822;ann@example.net", b"rfc822;ann+2Bnews@example.net"
    )
    assert _take(tx, letter)[0].suppressed
    assert list(_listed(tx)) == ["ann+news@example.net"]


@pytest.mark.parametrize("named", [True, False])
def test_complaint_suppresses(tx: Tx, named: bool) -> None:
    more = [f"Original-Rcpt-To: {corpus.ADDRESS}"] if named else []
    (one,) = _take(tx, corpus.complaint(*more, message_id=_sent(tx)))
    assert _events(tx) == [("complained", corpus.ADDRESS)]
    assert _listed(tx) == {corpus.ADDRESS: "complaint"}
    assert (one.class_, one.suppressed) == ("complaint", True)


def test_complaint_that_names_none_of_several_suppresses_nobody(tx: Tx) -> None:
    message_id = _sent(tx, "a@example.net", "b@example.net")
    for _ in range(2):
        (one,) = _take(tx, corpus.complaint(message_id=message_id))
        assert not one.suppressed
    assert (_events(tx), _listed(tx)) == ([("complained", None)], {})


def test_complaint_of_a_stranger_changes_nothing(tx: Tx) -> None:
    letter = corpus.complaint("Original-Rcpt-To: b@x.example", message_id=_sent(tx))
    (one,) = _take(tx, letter)
    assert (one.event, _events(tx), _listed(tx)) == (None, [], {})


def test_id_that_only_the_caller_has_made(tx: Tx) -> None:
    _sent(tx, message_id="<mine@shop.example>")
    _sent(tx, message_id="<other@shop.example>")
    letter = corpus.letter("exim", _UNKNOWN)
    letter = letter.replace(f"X-Exordos-Mail-ID: {corpus.ID}\r\n".encode(), b"")
    for wanted, event in (("unknown", None), ("mine", "bounced")):
        named = f"{wanted}@shop.example".encode()
        (one,) = _take(tx, letter.replace(f"{corpus.ID}@example.com".encode(), named))
        assert one.event == event


def test_raw_message(tx: Tx) -> None:
    raw = "RnJvbTogYUBleGFtcGxlLmNvbQpNZXNzYWdlLUlEOiA8cmF3QHNob3A+CgpI"
    drop = {"from_": None, "text": None, "raw": raw}
    _sent(tx, **drop)
    letter = corpus.letter("exim", _UNKNOWN)
    letter = letter.replace(f"X-Exordos-Mail-ID: {corpus.ID}\r\n".encode(), b"")
    letter = letter.replace(f"{corpus.ID}@example.com".encode(), b"raw@shop")
    assert _take(tx, letter)[0].suppressed


@pytest.mark.parametrize(
    "state", ["waiting", "failed", "expired", "cancelled", "suppressed"]
)
def test_recipient_who_was_sent_nothing(tx: Tx, state: str) -> None:
    (one,) = _take(tx, corpus.letter("exim", _UNKNOWN, _sent(tx, state=state)))
    assert (_events(tx), _listed(tx)) == ([], {})
    assert ("again later" in one.why) == (state == "waiting")


def test_thousand_forged_ones_change_nothing(tx: Tx) -> None:
    mine = _sent(tx)
    before = tx._connection.total_changes
    for number in range(250):
        forged = str(uuid.uuid4())
        for message_id in (forged, f"{forged[:14]}7{forged[15:]}"):
            _take(tx, corpus.letter("exim", _UNKNOWN, message_id))
            _take(tx, corpus.complaint(message_id=message_id))
        # The message is ours, and went to somebody else.
        other = f"victim{number}@example.net".encode()
        letter = corpus.letter("postfix", _UNKNOWN, mine)
        (one,) = _take(tx, letter.replace(corpus.ADDRESS.encode(), other))
        assert not one.suppressed
    assert tx._connection.total_changes == before
    assert (_events(tx), _listed(tx)) == ([], {})


def test_message_of_another_tenant_is_none(tx: Tx) -> None:
    letter = corpus.letter("exim", _UNKNOWN, _sent(tx))
    (one,) = _take(tx, letter, "somebody-else")
    assert (one.message_id, one.event, one.why) == (None, None, taking.NO_MESSAGE)
    assert (_events(tx), _listed(tx)) == ([], {})


def test_report_without_any_id(tx: Tx) -> None:
    _sent(tx)
    (one,) = _take(tx, corpus.complaint(returned=False))
    assert (one.event, one.suppressed) == (None, False)
    assert "returns no Message-ID" in one.why


def test_entry_of_a_person_stays(tx: Tx) -> None:
    suppressions.add(
        tx, LANE.tenant_id, corpus.ADDRESS, "asked", suppressions.MANUAL, NOW
    )
    _take(tx, corpus.letter("exim", _UNKNOWN, _sent(tx, override_suppression="x")))
    assert _listed(tx) == {corpus.ADDRESS: "manual"}


def test_address_that_would_stand_for_a_domain_is_not_listed(tx: Tx) -> None:
    message_id = _sent(tx, "*@example.net")
    letter = corpus.letter("exim", _UNKNOWN, message_id)
    (one,) = _take(tx, letter.replace(b"rfc822;ann@", b"rfc822;*@"))
    assert (one.event, one.suppressed, _listed(tx)) == ("bounced", False, {})
