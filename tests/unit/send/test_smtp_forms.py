# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""A message for servers without 8BITMIME and SMTPUTF8, read by Python's own parser."""

import email
from email.message import EmailMessage
import email.policy
import typing as tp

import pytest

from exordos_mail.send.queue.job import Result
from tests.unit.send.smtp_dialogue import deliver
from tests.unit.send.smtp_peer import Peer

TEXT = "Grüße, 日本語 =20 = \t\r\n.\r\n\r\nFrom me, " + "ü" * 400 + "\r\n"
HEAD = b"From: a@example.com\r\nSubject: x\r\n"


def _send(data: bytes, *offers: str, to: str = "x@example.net") -> tuple[Peer, Result]:
    peer = Peer(offers=offers)
    return peer, deliver(peer, to, data=data)[0]


def _read(peer: Peer) -> EmailMessage:
    data = peer.taken[0].data
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    return tp.cast(
        EmailMessage, email.message_from_bytes(data, policy=email.policy.SMTP)
    )


def _text(part: EmailMessage) -> str:
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


def test_8_bit_body_goes_as_it_is_where_it_may() -> None:
    data = HEAD + b"\r\n" + TEXT.encode()
    peer, found = _send(data, "8BITMIME", "SIZE")
    assert found.state == "sent"
    assert peer.taken[0].data == data
    assert peer.commands[1] == (
        f"MAIL FROM:<a@example.com> SIZE={len(data)} BODY=8BITMIME"
    )


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Content-Type: text/plain; charset=utf-8\r\n",
        b"MIME-Version: 1.0\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n",
        b"mime-version: 1.0\r\ncontent-type: TEXT/PLAIN; charset=utf-8\r\n"
        b"CONTENT-transfer-ENCODING:\r\n  Binary\r\n",
    ],
)
def test_8_bit_text_is_encoded_where_it_may_not(head: bytes) -> None:
    peer, found = _send(HEAD + head + b"\r\n" + TEXT.encode())
    assert found.state == "sent"
    assert "BODY" not in peer.commands[1]
    whole = _read(peer)
    assert _text(whole) == TEXT.replace("\r\n", "\n").rstrip("\n")
    assert whole["Content-Transfer-Encoding"] == "quoted-printable"
    assert len(whole.get_all("MIME-Version", [])) == 1


def test_text_of_no_known_charset_keeps_its_octets() -> None:
    peer, _ = _send(HEAD + b"\r\ncaf\xe9\r\n")
    whole = _read(peer)
    assert whole.get_payload(decode=True) == b"caf\xe9\r\n"
    assert whole.get_content_charset() == "unknown-8bit"


def _multipart(kind: str = "mixed", inner: str = "8bit") -> bytes:
    octets = bytes(range(128, 256))
    return (
        HEAD
        + f'MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary="b b"\r\n'
        f"Content-Transfer-Encoding: {inner}\r\n\r\nPreämble\r\n--b b\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}\r\n--b b \r\n"
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + octets
        + b"\r\n--b b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + "<p>ü</p>\r\n--b b\r\n\r\nplain\r\n--b b--\r\nEpilög".encode()
    )


def test_each_part_is_encoded_by_itself() -> None:
    peer, found = _send(_multipart(), "PIPELINING")
    assert found.state == "sent"
    whole = _read(peer)
    assert whole["Content-Transfer-Encoding"] == "7bit"
    text, binary, inner, plain = tp.cast(list[EmailMessage], whole.get_payload())
    assert _text(text) == TEXT.replace("\r\n", "\n").rstrip("\n")
    assert binary.get_payload(decode=True) == bytes(range(128, 256))
    assert binary["Content-Transfer-Encoding"] == "base64"
    assert _text(tp.cast(list[EmailMessage], inner.get_payload())[0]) == "<p>ü</p>"
    assert plain.get_payload() == "plain"


_OTHER = b"MIME-Version: 1.0\r\nContent-Type: "


@pytest.mark.parametrize(
    "data",
    [
        _multipart("signed"),
        _multipart("encrypted"),
        HEAD + b"DKIM-Signature: v=1\r\n\r\n\xc3\xbc\r\n",
        HEAD + _OTHER + b"message/partial\r\n\r\n\xc3\xbc\r\n",
        HEAD + _OTHER + b"multipart/mixed\r\n\r\n\xc3\xbc\r\n",
        HEAD + _OTHER + b"multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n\xc3\xbc\r\n",
        HEAD + _OTHER + b"text/plain\r\nContent-Type: text/html\r\n\r\n\xc3\xbc\r\n",
        HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n\xc3\xbc\r\n",
        HEAD + (_OTHER + b"message/rfc822\r\n\r\n") * 60 + b"\xc3\xbc\r\n",
        HEAD + _OTHER + b"text/plain; x=" + b'"\r\n ;' * 5000 + b"\r\n\r\n\xc3\xbc\r\n",
    ],
    ids=range(10),
)
def test_what_cannot_be_encoded_fails_with_the_reason(data: bytes) -> None:
    peer, found = _send(data)
    assert (found.state, found.reason) == ("failed", "eight_bit_not_offered")
    assert "8BITMIME" in found.cause
    assert peer.taken == []
    assert _send(data, "8BITMIME")[1].state == "sent"


_NAMES = (
    'From: "Jürgen \\"J\\" Müller" <a@example.com>, Zoë <z@example.com>\r\n'
    "To: Gruppe für alle: Ünsal Öz <o@example.net>, plain@example.net;,\r\n"
    " (fine) Ascii <q@example.net>\r\nSubject: Grüße =?utf-8?q?x?= " + "ü" * 100
).encode()


def test_names_and_subject_are_written_in_ascii_where_they_must() -> None:
    data = _NAMES + b"\r\n\r\nbody\r\n"
    peer, found = _send(data)
    assert found.state == "sent"
    assert "SMTPUTF8" not in peer.commands[1]
    whole = _read(peer)
    assert [(one.display_name, one.addr_spec) for one in whole["From"].addresses] == [
        ('Jürgen "J" Müller', "a@example.com"),
        ("Zoë", "z@example.com"),
    ]
    assert [one.addr_spec for one in whole["To"].addresses] == [
        *("o@example.net", "plain@example.net", "q@example.net")
    ]
    assert whole["To"].addresses[0].display_name == "Ünsal Öz"
    assert whole["Subject"] == "Grüße =?utf-8?q?x?= " + "ü" * 100


def test_fields_in_utf8_go_as_they_are_where_they_may() -> None:
    data = _NAMES + "\r\nX-Any: ü\r\n\r\nbüdy\r\n".encode()
    peer, found = _send(data, "8BITMIME", "SMTPUTF8")
    assert found.state == "sent"
    assert peer.taken[0].data == data
    assert peer.commands[1] == "MAIL FROM:<a@example.com> BODY=8BITMIME SMTPUTF8"
    # Nothing is asked for that is not needed.
    peer, _ = _send(HEAD + b"\r\nbody\r\n", "8BITMIME", "SMTPUTF8")
    assert peer.commands[1] == "MAIL FROM:<a@example.com>"


@pytest.mark.parametrize(
    "head",
    [
        "From: jürgen@example.com\r\n",
        "From: x <jürgen@example.com>\r\n",
        "To: x <x@büro.example>\r\n",
        "To: a@example.net (Büro)\r\n",
        "X-Any: ü\r\n",
        "Sübject: x\r\n",
        "DKIM-Signature: v=1\r\nSubject: ü\r\n",
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
        "Content-Disposition: attachment; filename=ü.pdf\r\n\r\nx\r\n--x--\r\n",
    ],
)
def test_fields_that_need_smtputf8_fail_with_the_reason(head: str) -> None:
    data = HEAD.partition(b"\r\n")[2] + head.encode() + b"\r\nbody\r\n"
    peer, found = _send(data, "8BITMIME")
    assert (found.state, found.reason) == ("failed", "smtputf8_not_offered")
    assert "SMTPUTF8" in found.cause
    assert peer.taken == []
    assert _send(data, "8BITMIME", "SMTPUTF8")[1].state == "sent"


def test_field_in_no_known_charset_never_leaves() -> None:
    data = b"Subject: caf\xe9\r\n\r\nx\r\n"
    _, found = _send(data, "8BITMIME", "SMTPUTF8")
    assert (found.state, found.reason) == ("failed", "header_not_utf8")
    assert "subject" in found.cause


def test_address_beyond_ascii_costs_itself_only() -> None:
    peer = Peer(offers=("8BITMIME",))
    found = deliver(peer, "jürgen@example.net", "x@example.net")
    assert [(one.state, one.reason) for one in found] == [
        ("failed", "smtputf8_not_offered"),
        ("sent", ""),
    ]
    assert [one.recipients for one in peer.taken] == [["x@example.net"]]
    peer = Peer(offers=("8BITMIME", "SMTPUTF8"))
    found = deliver(peer, "jürgen@example.net", sender="ä@example.com")
    assert [one.state for one in found] == ["sent"]
    assert peer.commands[1:3] == [
        "MAIL FROM:<ä@example.com> SMTPUTF8",
        "RCPT TO:<jürgen@example.net>",
    ]
    found = deliver(Peer(), "x@example.net", sender="ä@example.com")
    assert [(one.state, one.reason) for one in found] == [
        ("failed", "smtputf8_not_offered")
    ]
