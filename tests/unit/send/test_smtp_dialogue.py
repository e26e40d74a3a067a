# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Dialogues with servers that behave well, badly and not at all, in memory."""

import pytest

from exordos_mail.send.smtp import octets
from tests.unit.send import smtp_peer
from tests.unit.send.smtp_dialogue import (
    BOTH,
    DATA,
    PIPELINING,
    answers,
    deliver,
    states,
)
from tests.unit.send.smtp_peer import Act, Peer


@BOTH
def test_message_is_sent(offers: tuple[str, ...]) -> None:
    peer = Peer(offers=offers)
    found = deliver(peer, "x@example.net", "y@example.net")
    assert [(one.state, one.code, one.enhanced) for one in found] == [
        ("sent", 250, "2.0.0")
    ] * 2
    assert [(one.recipients, one.data) for one in peer.taken] == [
        (["x@example.net", "y@example.net"], DATA)
    ]


@BOTH
@pytest.mark.parametrize(
    ("step", "answer"),
    [
        *((step, b"220 other") for step in ("MAIL", "RCPT", "DATA", "RSET")),
        *((step, b"354 go on") for step in ("MAIL", "RCPT", "END")),
        ("DATA", b"250 2.0.0 ok"),
        ("DATA", b"200 ok"),
        ("END", b"334 "),
        *((step, b"250 one\r\n250 two") for step in ("MAIL", "RCPT")),
        ("DATA", b"354 go on\r\n250 2.0.0 taken"),
        ("DATA", b"250 ok\r\n354 go on"),
        ("RCPT", b"250 2.1.5 ok\n250 2.1.5 fine"),
        ("END", b"250 2.0.0 ok\n"),
        ("END", b"250 2.0.0 o\rk"),
        ("END", b"\r\n"),
        ("END", b"hello"),
        ("END", b"250-one\r\n550 two"),
        ("END", b"250-one\r\n250_two"),
        ("END", b"2500 ok"),
        ("END", b"250 " + b"x" * 9000),
        ("END", b"x" * 9000),
        ("END", b"250-x\r\n" * 101 + b"250 x"),
    ],
)
def test_answer_to_something_else_is_no_success(
    offers: tuple[str, ...], step: str, answer: bytes
) -> None:
    rule = answers(**{step: answer})
    if step == "RSET":
        rule = answers(RSET=answer, RCPT=b"550 5.7.1 no")
    peer = Peer(rule, offers)
    found = deliver(peer, "x@example.net")
    assert [(one.state, one.reason, one.code) for one in found] == [
        ("deferred", "not_smtp", None)
    ]
    assert found[0].cause
    assert peer.closed
    assert not [one for one in peer.taken if step != "END"]


@BOTH
def test_refusal_that_was_anothers_ends_nobody(offers: tuple[str, ...]) -> None:
    # One reply too many to MAIL: the refusal of the first recipient seems to be that
    # of the second, and that of the second the one of DATA.
    rule = answers(
        MAIL=b"250 2.1.0 ok\r\n250 2.1.0 ok",
        RCPT=[b"550 5.1.1 no such user", b"250 2.1.5 ok"],
    )
    found = deliver(Peer(rule, offers), "x@example.net", "y@example.net")
    assert states(found) == ["deferred", "deferred"]
    assert not any(one.hard for one in found)


def test_nobody_gets_an_empty_message() -> None:
    rule = answers(MAIL=b"550 5.7.1 no", RCPT=b"250 ok", DATA=b"354 go on")
    peer = Peer(rule, PIPELINING)
    assert states(deliver(peer, "x@example.net")) == ["deferred"]
    assert peer.taken == []


def test_late_reply_too_many_ends_nobody() -> None:
    late = Act(b"250 2.1.0 ok\r\n250 2.1.0 again", packet=1)
    rule = answers(MAIL=late, RCPT=b"550 5.1.1 no such user")
    found = deliver(Peer(rule), "x@example.net")
    assert states(found) == ["deferred"]


@BOTH
def test_replies_that_were_read_count(offers: tuple[str, ...]) -> None:
    rule = answers(
        RCPT=[
            b"550 5.1.1 no such user",
            b"250 2.1.5 ok",
            Act(b"421 4.7.0 too many errors", close=True),
        ]
    )
    names = [f"{name}@example.net" for name in "wxyz"]
    found = deliver(Peer(rule, offers), *names)
    assert states(found) == ["failed", "deferred", "deferred", "deferred"]
    assert (found[0].enhanced, found[0].hard) == ("5.1.1", True)
    assert {(one.code, one.reply) for one in found[1:]} == {(421, "too many errors")}


@BOTH
def test_421_to_mail_is_told(offers: tuple[str, ...]) -> None:
    rule = answers(MAIL=Act(b"421 4.3.2 shutting down", close=True))
    found = deliver(Peer(rule, offers), "x@example.net", "y@example.net")
    assert {(one.state, one.code, one.reply) for one in found} == {
        ("deferred", 421, "shutting down")
    }


@BOTH
def test_refusals_before_a_lost_connection_count(offers: tuple[str, ...]) -> None:
    rule = answers(RCPT=[b"550 5.1.1 no", Act(close=True)])
    found = deliver(Peer(rule, offers), "x@example.net", "y@example.net")
    assert [(one.state, one.reason) for one in found] == [
        ("failed", "recipient_refused"),
        ("deferred", "connection_lost"),
    ]
    assert "RCPT" in found[1].cause


@BOTH
def test_refused_and_closed_is_refused(offers: tuple[str, ...]) -> None:
    rule = answers(MAIL=Act(b"554 5.7.1 we do not know you", close=True))
    found = deliver(Peer(rule, offers), "x@example.net")
    assert [(one.state, one.code) for one in found] == [("failed", 554)]


def test_answer_in_the_middle_of_a_message_is_told() -> None:
    class Early(Peer):
        def received(self, data: bytes) -> None:
            super().received(data)
            if self._reading_data and len(self._buffer) > 70_000:
                self._buffer = b""
                self._answer("END", "")

    rule = answers(END=Act(b"552 5.3.4 too big", close=True))
    data = DATA + (b"x" * 70 + b"\r\n") * 2000
    found = deliver(Early(rule), "x@example.net", data=data)
    assert [(one.state, one.code) for one in found] == [("failed", 552)]


@pytest.mark.parametrize(
    ("line", "wire"),
    [
        (b"Hello.", b"Hello."),
        (b".", b".."),
        (b".hidden", b"..hidden"),
        (b"..", b"..."),
        (b"a.b", b"a.b"),
    ],
)
def test_dots_at_the_beginning_of_lines_are_doubled(line: bytes, wire: bytes) -> None:
    assert octets.stuffed(line + b"\r\n") == wire + b"\r\n.\r\n"
    peer = Peer()
    data = b"Subject: x\r\n\r\n" + line + b"\r\n" + line
    deliver(peer, "x@example.net", data=data)
    assert [one.data for one in peer.taken] == [data + b"\r\n"]


@BOTH
@pytest.mark.parametrize(
    "enhanced", [b"452 4.5.3 too many", b"452 too many", b"552 no"]
)
def test_recipients_beyond_what_a_server_takes_go_at_once(
    offers: tuple[str, ...], enhanced: bytes
) -> None:
    peer = _taking(7, enhanced, offers)
    names = [f"{number}@example.net" for number in range(250)]
    found = deliver(peer, *names)
    assert states(found) == ["sent"] * 250
    assert sorted(to for one in peer.taken for to in one.recipients) == sorted(names)
    # It is told once, and not asked for more again.
    assert sum(code in (452, 552) for _, code in peer.said) <= 93


def _taking(most: int, refusal: bytes, offers: tuple[str, ...]) -> Peer:
    def rule(step: str, line: str, usual: bytes) -> bytes | None:
        if step == "RCPT" and len(peer.recipients) >= most:
            return refusal
        return None

    peer = Peer(rule, offers)
    return peer


@BOTH
def test_recipient_whose_mailbox_is_full_is_not_asked_again(
    offers: tuple[str, ...],
) -> None:
    full = b"452 4.2.2 mailbox full"
    peer = Peer(answers(RCPT=[b"250 ok", full, b"452 full", b"250 ok"]), offers)
    found = deliver(peer, *(f"{at}@example.net" for at in range(4)))
    assert states(found) == ["sent", "deferred", "deferred", "sent"]
    assert len(peer.taken) == 1


def test_server_that_takes_nobody_now_is_not_asked_for_ever() -> None:
    peer = Peer(answers(RCPT=b"452 4.5.3 too many"))
    assert states(deliver(peer, "x@example.net", "y@example.net")) == ["deferred"] * 2
    assert peer.taken == []


def test_server_that_closes_after_each_message_gets_all_at_once() -> None:
    names = [f"{number}@example.net" for number in range(250)]
    peers = [Peer(answers(END=Act(b"250 2.0.0 taken", close=True))) for _ in range(3)]
    assert states(deliver(peers, *names)) == ["sent"] * 250
    assert [len(one.taken[0].recipients) for one in peers] == [100, 100, 50]


def test_announced_number_of_recipients_is_kept() -> None:
    peer = Peer(offers=("PIPELINING", "LIMITS MAILMAX=9 RCPTMAX=3"))
    deliver(peer, *(f"{number}@example.net" for number in range(7)))
    assert [len(one.recipients) for one in peer.taken] == [3, 3, 1]


def test_what_the_server_refuses_for_all_is_not_tried_for_each() -> None:
    names = [f"{number}@example.net" for number in range(250)]
    peer = Peer(answers(END=b"451 4.3.0 later"))
    assert states(deliver(peer, *names)) == ["deferred"] * 250
    assert len(peer.taken) == 1
    peer = Peer(answers(MAIL=b"550 5.7.1 not you"))
    assert states(deliver(peer, *names)) == ["failed"] * 250
    assert len([one for one in peer.commands if one.startswith("MAIL")]) == 1


@BOTH
def test_ten_minutes_after_the_dot_are_waited_for(offers: tuple[str, ...]) -> None:
    peer = Peer(answers(END=Act(b"250 2.0.0 taken", delay=590)), offers)
    assert states(deliver(peer, "x@example.net")) == ["sent"]
    peer = Peer(answers(END=Act(b"250 2.0.0 taken", delay=610)), offers)
    found = deliver(peer, "x@example.net")
    assert [(one.state, one.reason) for one in found] == [("deferred", "timeout")]


@BOTH
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_five_minutes_are_waited_for_at_each_step(
    offers: tuple[str, ...], step: str
) -> None:
    usual = smtp_peer.USUAL[step]
    peer = Peer(answers(**{step: Act(usual, delay=290)}), offers)
    assert states(deliver(peer, "x@example.net")) == ["sent"]
    peer = Peer(answers(**{step: Act(usual, delay=310)}), offers)
    found = deliver(peer, "x@example.net")
    assert [(one.state, one.reason) for one in found] == [("deferred", "timeout")]
    assert step in found[0].cause


def test_nothing_is_ended_when_another_worker_may_have_it() -> None:
    calls = iter([True, False])
    peer = Peer()
    found = deliver(peer, "x@example.net", may_send=lambda: next(calls))
    assert [(one.state, one.reason) for one in found] == [("deferred", "claim_lost")]
    assert "DATA" in peer.commands
    assert peer.taken == []
