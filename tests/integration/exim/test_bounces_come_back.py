# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bounces of the send service's mail that come to the node by port 25.

Each message has an envelope sender of its own, at the node's host name. Who has it can
tell what became of the message, and nobody else can.
"""

import contextlib
import os
import pathlib

import pytest

from exordos_mail.dataplane.services.exim import probe
from tests.integration.exim import (
    far_gateway,
    fixtures,
    payloads,
    send_node,
    smarthost,
    waiting,
)
from tests.integration.exim.test_outcomes import events, post

agent = send_node.agent
clock = send_node.clock
far = far_gateway.far
alone = pytest.fixture(autouse=True)(lambda: None)

_HOST = "mx.example.com"
_BOB = "bob@elsewhere.test"
_WAITING = pathlib.Path("/var/spool/exim4/bounces/new")
_REPORT = """From: MAILER-DAEMON@elsewhere.test
To: {to}
Subject: failed
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It failed.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.elsewhere.test

Final-Recipient: rfc822; {about}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b--
"""


@pytest.fixture
def returning(agent, far, internet):
    """The agent of an instance whose bounces come to the host."""
    _choose(agent, far, _HOST)
    yield agent
    with contextlib.suppress(FileNotFoundError):
        for one in _WAITING.iterdir():
            one.unlink()


def _choose(agent, far, hostname: str, generation: int = 3) -> None:
    way = smarthost.way(
        smarthost=None, username=None, password=None, return_path="host"
    )
    documents = [payloads.document()]
    send_node.want(agent, far, documents, generation, more=way, hostname=hostname)
    send_node.settles(agent)


def _sent(internet, *to: str) -> tuple[str, str]:
    """Have the tenant send a message; return its id and its envelope sender."""
    message_id = post(*to)
    envelope, _ = internet.next_message()
    return message_id, envelope["sender"]


def _bring(to: str, sender: str = "", text: str = "") -> str:
    """Bring a mail by port 25; return what is said of it."""
    with contextlib.closing(probe.connect(25)) as smtp:
        smtp.ehlo("mx.elsewhere.test")
        smtp.mail(sender)
        code, said = smtp.rcpt(to)
        if code == 250:
            code, said = smtp.data(text.replace("\n", "\r\n"))
        return f"{code} {said.decode()}"


def _report(to: str, about: str = _BOB) -> str:
    return _REPORT.format(to=to, about=about)


def _hears(message_id: str, *wanted: tuple[str, str]) -> None:
    waiting.until(lambda: set(events(message_id)) == set(wanted), "it hears of it")


def test_mail_without_a_sender_keeps_none(returning, internet):
    message_id = post(_BOB, return_path="")
    envelope, _ = internet.next_message()
    assert envelope["sender"] == ""
    returning.look()
    _hears(message_id, ("delivered", _BOB))


def test_the_tenant_hears_of_a_bounce_that_comes_later(returning, internet):
    message_id, ours = _sent(internet, _BOB)
    local, _, host = ours.partition("@")
    assert host == _HOST
    assert len(local) <= 64
    returning.look()
    _hears(message_id, ("delivered", _BOB))
    # Twice, in other letters (some servers turn them), and of another address: an only
    # recipient may have been forwarded.
    assert _bring(ours, text=_report(ours, "robert@far.test")).startswith("250")
    assert _bring(ours.upper(), text=_report(ours)).startswith("250")
    returning.look()
    _hears(message_id, ("delivered", _BOB), ("bounced", _BOB))
    assert len(events(message_id)) == 2
    waiting.until(lambda: not os.listdir(_WAITING), "nothing waits")
    status, listed = send_node.call("GET", "/v1/suppressions", payloads.api_key())
    assert status == 200
    assert [one["address"] for one in listed["suppressions"]] == [_BOB]


def test_of_several_recipients_the_one_that_is_named(returning, internet):
    both = ["ann@elsewhere.test", _BOB]
    message_id, ours = _sent(internet, *both)
    for about in ("stranger@far.test", _BOB):
        assert _bring(ours, text=_report(ours, about)).startswith("250")
    returning.look()
    waiting.until(lambda: ("bounced", _BOB) in events(message_id), "it hears of it")
    waiting.until(lambda: not os.listdir(_WAITING), "nothing waits")
    assert [one for kind, one in events(message_id) if kind == "bounced"] == [_BOB]


def test_who_brings_no_report_is_refused(returning, internet):
    _, ours = _sent(internet, _BOB)
    local, _, _ = ours.partition("@")
    _, identity, day, mac = local.split(".")
    other = identity[:-1] + ("0" if identity[-1] != "0" else "1")
    for forged in (
        f"b.{other}.{day}.{mac}@{_HOST}",
        f"b.{identity}.{int(day) - 1}.{mac}@{_HOST}",
        f"b.{identity}.{day}.{mac[:-1]}{'0' if mac[-1] != '0' else '1'}@{_HOST}",
        f"b.{identity}.{day}.{mac}x@{_HOST}",
        f"{local}@elsewhere.test",
        f"{local}@example.com",
        f"nobody@{_HOST}",
    ):
        assert _bring(forged).startswith("550"), forged
    assert _bring(ours, "somebody@elsewhere.test").startswith("550 5.7.1")
    large = _report(ours) + "x" * 70 + ("x" * 70 + "\n") * 16_000
    assert _bring(ours, text=large).startswith("552 5.3.4")
    assert not _WAITING.exists() or os.listdir(_WAITING) == []


_NOTHING = (
    "",
    "no header at all",
    "Subject: x\n\n" + "--b\n" * 1000,
    "Subject: x\nAuto-Submitted: auto-replied\n\nI am away.\n",
    _REPORT.replace("failed\nStatus", "relayed to the moon\nStatus"),
)


def test_what_tells_nothing_is_forgotten(returning, internet):
    message_id, ours = _sent(internet, _BOB)
    for text in _NOTHING:
        assert _bring(ours, text=text).startswith("250")
    waiting.until(lambda: _WAITING.exists() and os.listdir(_WAITING), "it is there")
    returning.look()
    waiting.until(lambda: not os.listdir(_WAITING), "nothing waits")
    assert "bounced" not in str(events(message_id))


def test_a_send_service_that_is_away_hears_later(returning, internet, machine):
    message_id, ours = _sent(internet, _BOB)
    machine.send.kill()
    assert _bring(ours, text=_report(ours)).startswith("250")
    waiting.until(lambda: _WAITING.exists() and os.listdir(_WAITING), "it waits")
    # What somebody else put there is not followed and keeps nothing from being told.
    (_WAITING / "0-link").symlink_to("/etc/shadow")
    os.mkfifo(_WAITING / "0-pipe")
    send_node.settles(returning)
    _hears(message_id, ("delivered", _BOB), ("bounced", _BOB))
    waiting.until(lambda: len(os.listdir(_WAITING)) == 2, "nothing else waits")


def test_who_keeps_the_sender(agent, far, internet):
    """Whoever does not choose, has no address for the host, or is an account."""
    assert _sent(internet, _BOB)[1] == "news@example.com"
    _choose(agent, far, "mail.example.com")
    assert _sent(internet, _BOB)[1] == "news@example.com"
    _choose(agent, far, _HOST, 4)
    text = "From: alice@example.com\r\n\r\nx\r\n"
    assert fixtures.submit(text, recipients=[_BOB])[0] == 250
    envelope, _ = internet.next_message()
    assert envelope["sender"] == "alice@example.com"
