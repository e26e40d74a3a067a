# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How a connection to a server begins: greeting, EHLO, TLS, login; and its end."""

import dataclasses

import pytest

from exordos_mail.send.delivery.attempt import Attempt
from exordos_mail.send.queue.job import Result
from exordos_mail.send.smtp.server import CannotOpen
from tests.unit.send import smtp_peer, virtual
from tests.unit.send.smtp_dialogue import (
    BOTH,
    DATA,
    answers,
    deliver,
    job,
    refusal,
    states,
)
from tests.unit.send.smtp_peer import Act, Peer


@BOTH
@pytest.mark.parametrize(
    "reply", [b"530 5.7.0 authenticate first", b"530-5.7.0 log", b"535 5.7.8 bad"]
)
def test_relay_that_is_set_up_wrong_waits(
    offers: tuple[str, ...], reply: bytes
) -> None:
    if b"-" in reply[:4]:
        reply += b"\r\n530 5.7.0 in first"
    with pytest.raises(CannotOpen) as caught:
        deliver(Peer(answers(MAIL=reply), offers), "x@example.net")
    assert caught.value.reason == "relay_refused"
    assert caught.value.reply is not None
    for step in ("RCPT", "DATA", "END"):
        found = deliver(Peer(answers(**{step: reply}), offers), "x@example.net")
        assert [(one.state, one.reason) for one in found] == [
            ("deferred", "relay_refused")
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
