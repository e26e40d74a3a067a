# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""The last guard before DATA, through a connection and alone."""

import pytest

from exordos_mail.send.smtp import octets
from exordos_mail.send.smtp.octets import Unsendable
from tests.unit.send.smtp_dialogue import deliver
from tests.unit.send.smtp_peer import Peer

HEAD = b"Subject: x\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (HEAD + b"a\nb\r\n", "line 3 of the message has a LF without CR"),
        (HEAD + b"a\n.\nMAIL FROM:<x@example.com>\r\n", "line 3"),
        (HEAD + b"a\n.\r\nMAIL FROM:<x@example.com>\r\n", "line 3"),
        (HEAD + b"a\r.\r\nMAIL FROM:<x@example.com>\r\n", "a CR without LF"),
        (HEAD + b"a\rb\r\n", "line 3 of the message has a CR without LF"),
        (HEAD + b"a\r\r\n", "a CR without LF"),
        (HEAD + b"a\r", "a CR without LF"),
        (HEAD + b"a\r\n\r", "a CR without LF"),
        (HEAD + b"a\n", "a LF without CR"),
        (b"\n" + HEAD, "line 1 of the message has a LF without CR"),
        (b"Subject: x\rX-Evil: 1\r\n\r\nbody", "line 1"),
        (HEAD + b"a\0b", "line 3 of the message has a NUL"),
        (b"Sub\0ject: x\r\n\r\n", "a NUL"),
        (HEAD + b"x" * 999, "line 3 of the message has a line of more than 998"),
        (HEAD + b"x" * 999 + b"\r\n", "more than 998"),
        (HEAD + b"ok\r\n" * 999 + b"x" * 999 + b"\r\nok\r\n", "line 1002 "),
        (b"X: " + b"\xc3\xa9" * 498 + b"\r\n" + HEAD, "more than 998"),
        (HEAD + b"x" * 5_000_000, "more than 998"),
    ],
)
def test_what_may_not_leave(data: bytes, what: str) -> None:
    peer = Peer(offers=("PIPELINING", "8BITMIME", "SMTPUTF8"))
    found = deliver(peer, "x@example.net", "y@example.net", data=data)
    assert {(one.state, one.reason) for one in found} == {("failed", "invalid_message")}
    assert what in found[0].cause
    # The connection is as good as before, and nothing of it was begun.
    assert [one.partition(" ")[0] for one in peer.commands] == ["EHLO"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        HEAD,
        HEAD + b"x" * 998,
        HEAD + b"x" * 998 + b"\r\n",
        b"x" * 998 + b"\r\n" + b"y" * 998,
        HEAD + (b"x" * 998 + b"\r\n") * 50,
        HEAD + b"\r\n" * 5000,
        HEAD + b"\r\n.\r\n\r\n..\r\n",
    ],
)
def test_what_may_leave(data: bytes) -> None:
    octets.check(data)
    peer = Peer()
    assert [one.state for one in deliver(peer, "x@example.net", data=data)] == ["sent"]
    assert peer.taken[0].data.rstrip(b"\r\n") == data.rstrip(b"\r\n")
    assert len(peer.taken) == 1


@pytest.mark.parametrize(
    "address",
    [
        "x@example.net>\r\nRCPT TO:<y@example.net",
        "x\n@example.net",
        "x\r@example.net",
        "x\0@example.net",
        "x\x7f@example.net",
    ],
)
def test_address_that_would_be_two_commands(address: str) -> None:
    peer = Peer()
    for found in (
        deliver(peer, address),
        deliver(Peer(), "x@example.net", sender=address),
    ):
        assert [(one.state, one.reason) for one in found] == [
            ("failed", "invalid_address")
        ]
    assert not any("RCPT" in command for command in peer.commands)


def test_guard_is_quick_where_there_is_no_line_end() -> None:
    # 30 MB of one line, and of the shortest lines: each octet is looked at a few times.
    with pytest.raises(Unsendable):
        octets.check(b"x" * 30_000_000)
    octets.check(b"\r\n" * 15_000_000)
