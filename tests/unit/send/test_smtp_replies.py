# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Replies and what they mean."""

import pytest

from exordos_mail.send.smtp import verdict
from exordos_mail.send.smtp.reply import Parser, Reply, ReplyError


def test_reply_of_several_lines() -> None:
    parser = Parser()
    assert parser.line(b"250-one") is None
    assert parser.line(b"250 2.1.5 two\x07") == Reply(250, "2.1.5", "one\ntwo")
    assert parser.line(b"354") == Reply(354, None, "")


@pytest.mark.parametrize("line", [b"", b"hello", b"199 x", b"600 x", b"25", b"250_x"])
def test_what_is_no_reply(line: bytes) -> None:
    with pytest.raises(ReplyError):
        Parser().line(line)


def test_lines_of_one_reply_have_one_code() -> None:
    parser = Parser()
    assert parser.line(b"550-5.1.1 nobody") is None
    with pytest.raises(ReplyError):
        parser.line(b"250 fine")


@pytest.mark.parametrize(
    ("line", "enhanced"),
    [
        (b"450 4.2.1 later", "4.2.1"),
        # Of another class than the code: it says nothing, and stays in the text.
        (b"450 5.1.1 later", None),
        (b"250 4.0.0 fine", None),
        (b"450 4.2.1234 later", None),
    ],
)
def test_enhanced_code_is_of_the_class_of_the_code(
    line: bytes, enhanced: str | None
) -> None:
    reply = Parser().line(line)
    assert reply is not None
    assert reply.enhanced == enhanced
    assert (enhanced is None) == (reply.text == line[4:].decode())


def test_reply_without_an_end() -> None:
    parser = Parser()
    with pytest.raises(ReplyError):
        for _ in range(1000):
            parser.line(b"250-more")


@pytest.mark.parametrize(
    ("step", "code", "enhanced", "state", "hard"),
    [
        (verdict.DATA, 250, "2.0.0", "sent", False),
        (verdict.RCPT, 451, "4.7.1", "deferred", False),
        (verdict.RCPT, 421, None, "deferred", False),
        (verdict.RCPT, 550, "5.1.1", "failed", True),
        (verdict.RCPT, 550, "5.7.1", "failed", False),
        (verdict.RCPT, 550, None, "failed", False),
        (verdict.RCPT, 553, None, "failed", True),
        (verdict.RCPT, 552, None, "deferred", False),
        (verdict.RCPT, 552, "5.2.2", "failed", False),
        (verdict.RCPT, 503, "5.5.3", "deferred", False),
        (verdict.MAIL, 550, "5.1.1", "failed", False),
        (verdict.DATA, 554, "5.7.1", "failed", False),
        (verdict.DATA, 452, "4.3.1", "deferred", False),
    ],
)
def test_verdict(
    step: str, code: int, enhanced: str | None, state: str, hard: bool
) -> None:
    found = verdict.judge(step, Reply(code, enhanced, ""))
    assert (found.state, found.hard) == (state, hard)
