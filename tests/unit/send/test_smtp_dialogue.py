# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Dialogues with servers that behave well, badly and not at all, in memory."""

import dataclasses
import typing as tp

import pytest

from exordos_mail.send.delivery.attempt import Attempt
from exordos_mail.send.queue.job import Job, Lane, Result
from exordos_mail.send.smtp import octets
from exordos_mail.send.smtp.connection import CannotOpen, Connection
from tests.unit.send import smtp_peer, virtual
from tests.unit.send.smtp_peer import Act, Peer, Rule

DATA = b"Subject: x\r\n\r\nHello.\r\n"
PIPELINING = ("PIPELINING",)
BOTH = pytest.mark.parametrize("offers", [(), PIPELINING], ids=["steps", "pipelined"])


def job(*recipients: str, sender: str = "a@example.com") -> Job:
    return Job(
        lane=Lane("t", "a"),
        id="1",
        sender=sender,
        priority=2,
        attempt=1,
        created_at=0,
        due_at=0,
        expires_at=1,
        recipients=list(enumerate(recipients)),
        body=b"",
    )


def deliver(
    peers: Peer | list[Peer],
    *recipients: str,
    data: bytes = DATA,
    may_send: tp.Callable[[], bool] = lambda: True,
    sender: str = "a@example.com",
) -> list[Result]:
    """Return the results of one attempt, over as many connections as it takes."""
    left = list(peers) if isinstance(peers, list) else [peers]

    async def attempt() -> list[Result]:
        one = Attempt(job(*recipients, sender=sender), data, may_send)
        connection: Connection | None = None
        while one.pending:
            fresh = connection is None or not connection.usable
            if connection is None or fresh:
                connection = await smtp_peer.connect(left.pop(0))
            await one.go_on(connection, fresh)
        return sorted(one.results, key=lambda result: result.position)

    return virtual.run(attempt())


def refusal(peer: Peer, **more: tp.Any) -> CannotOpen:
    server = dataclasses.replace(smtp_peer.SERVER, **more)
    with pytest.raises(CannotOpen) as caught:
        virtual.run(smtp_peer.connect(peer, server))
    return caught.value


def answers(**given: bytes | Act | list[bytes | Act]) -> Rule:
    """Return a rule: an answer by step, a list: one after the other, then as usual."""

    def rule(step: str, line: str, usual: bytes) -> Act | bytes | None:
        found = given.get(step)
        if isinstance(found, list):
            return found.pop(0) if found else None
        return found

    return rule


def states(results: list[Result]) -> list[str]:
    return [result.state for result in results]


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


@BOTH
@pytest.mark.parametrize(
    "reply", [b"530 5.7.0 authenticate first", b"530-5.7.0 log", b"535 5.7.8 bad"]
)
def test_account_that_is_set_up_wrong_waits(
    offers: tuple[str, ...], reply: bytes
) -> None:
    if b"-" in reply[:4]:
        reply += b"\r\n530 5.7.0 in first"
    with pytest.raises(CannotOpen) as caught:
        deliver(Peer(answers(MAIL=reply), offers), "x@example.net")
    assert caught.value.reason == "account_refused"
    assert caught.value.reply is not None
    for step in ("RCPT", "DATA", "END"):
        found = deliver(Peer(answers(**{step: reply}), offers), "x@example.net")
        assert [(one.state, one.reason) for one in found] == [
            ("deferred", "account_refused")
        ]


def test_octets_before_tls_are_refused() -> None:
    # CVE-2011-0411: whoever is between puts a command's answer in before the TLS.
    rule = answers(STARTTLS=b"220 go on\r\n250 injected")
    peer = Peer(rule, ("STARTTLS",))
    found = refusal(peer, tls="starttls")
    assert found.reason == "tls_failed"
    assert "in clear" in found.cause
    assert peer.commands[-1] == "STARTTLS"


@pytest.mark.parametrize(
    ("step", "answer", "reason"),
    [
        ("CONNECT", b"554 5.7.1 go away", "greeting_refused"),
        ("CONNECT", b"250 hello", "not_smtp"),
        ("CONNECT", b"SSH-2.0-OpenSSH", "not_smtp"),
        ("CONNECT", Act(close=True), "connection_lost"),
        ("CONNECT", Act(delay=400), "timeout"),
        ("EHLO", b"450 4.7.1 not now", "greeting_refused"),
        ("EHLO", b"220 again", "not_smtp"),
        ("EHLO", b"250 a\r\n250 b", "not_smtp"),
        ("EHLO", Act(close=True), "connection_lost"),
    ],
)
def test_server_that_does_not_open(step: str, answer: bytes | Act, reason: str) -> None:
    peer = Peer(answers(**{step: answer}))
    if answer == b"250 a\r\n250 b":
        found = deliver(peer, "x@example.net")
        assert [(one.state, one.reason) for one in found] == [("deferred", reason)]
        return
    error = refusal(peer)
    assert error.reason == reason
    assert error.cause or error.reply


def test_helo_after_a_refused_ehlo() -> None:
    peer = Peer(answers(EHLO=b"502 5.5.1 what?"))
    assert states(deliver(peer, "x@example.net")) == ["sent"]
    assert peer.commands[1] == "HELO us.example.com"


def test_extension_in_the_line_after_an_empty_one() -> None:
    peer = Peer(answers(EHLO=b"250-\r\n250 PIPELINING"))
    connection = virtual.run(smtp_peer.connect(peer))
    assert "PIPELINING" in connection.extensions


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("AUTH PLAIN LOGIN", b"535 5.7.8 no"),
        ("AUTH LOGIN", b"535 5.7.8 no"),
        ("AUTH PLAIN", b"250 fine"),
        ("AUTH LOGIN", b"235 too early"),
        ("AUTH PLAIN", Act(delay=400)),
        ("AUTH LOGIN", Act(b"334 VXNlcm5hbWU6", close=True)),
    ],
)
def test_login_that_fails_tells_no_secret(offer: str, answer: bytes | Act) -> None:
    peer = Peer(answers(AUTH=answer), (offer,))
    error = refusal(peer, username="user", password="secret")
    text = f"{error} {error.cause} {error.reply}"
    for word in ("secret", "c2VjcmV0", "dXNlc", "AHVzZXI"):
        assert word not in text


def test_login_in_steps() -> None:
    seen: list[str] = []

    def rule(step: str, line: str, usual: bytes) -> bytes | None:
        seen.append(line)
        if step == "AUTH":
            return b"334 VXNlcm5hbWU6"
        if line == "dXNlcg==":
            return b"334 UGFzc3dvcmQ6"
        return b"235 2.7.0 welcome" if line == "c2VjcmV0" else None

    server = dataclasses.replace(smtp_peer.SERVER, username="user", password="secret")
    virtual.run(smtp_peer.connect(Peer(rule, ("AUTH LOGIN",)), server))
    assert seen[-3:] == ["AUTH LOGIN", "dXNlcg==", "c2VjcmV0"]


def test_idle_connection_that_was_closed_is_no_failure() -> None:
    async def scenario() -> list[Result]:
        rule = answers(END=[b"250 ok"], MAIL=[b"250 ok", Act(b"421 idle", close=True)])
        first, second = Peer(rule), Peer()
        connection = await smtp_peer.connect(first)
        one = Attempt(job("x@example.net"), DATA, lambda: True)
        await one.go_on(connection, True)
        two = Attempt(job("y@example.net"), DATA, lambda: True)
        await two.go_on(connection, False)
        assert (two.results, connection.usable) == ([], False)
        await two.go_on(await smtp_peer.connect(second), True)
        return one.results + two.results

    assert states(virtual.run(scenario())) == ["sent", "sent"]


@pytest.mark.parametrize("name", ["mail.example.com", None])
def test_name_in_ehlo(name: str | None) -> None:
    peer = Peer()
    virtual.run(smtp_peer.connect(peer, ehlo_name=name))
    assert peer.commands == [f"EHLO {name or '[192.0.2.1]'}"]
