# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A mail that came back is handed in by HTTP and by command."""

import concurrent.futures
import typing as tp

from tests.integration.send import command
from tests.integration.send.command import Cli
from tests.integration.send.service import Client, types
from tests.integration.send.sink import Sink
from tests.integration.support import waiting
from tests.unit.send import bounce_corpus as corpus

sending = command.sending
cli = command.cli
_MAIL = {"Content-Type": "message/rfc822"}
_UNKNOWN = corpus.CAUSES[0]


def _post(sender: Client, letter: bytes, **headers: str) -> tp.Any:
    return sender.call(
        "POST", "/v1/bounces", headers={**_MAIL, **headers}, content=letter
    )


def _sent(sender: Client) -> str:
    message_id = sender.send(corpus.ADDRESS)
    sender.wait(message_id, "sent")
    return message_id


def test_bounce_becomes_an_event_and_a_suppression(sender: Client, sink: Sink) -> None:
    message_id = _sent(sender)
    letter = corpus.letter("opensmtpd", _UNKNOWN, message_id)
    # Many at a time, of which one is the first.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [
            sender.done(one)
            for one in pool.map(lambda _: _post(sender, letter), range(8))
        ]
    written = [one for answer in answers for one in answer["found"] if one["event"]]
    (found,) = written
    assert (found["recipient"], found["message_id"]) == (corpus.ADDRESS, message_id)
    assert (found["class"], found["event"]) == ("recipient", "bounced")
    assert found["suppressed"] is True
    message = sender.message(message_id)
    assert types(message)[-2:] == ["sent", "bounced"]
    assert message["state"] == "sent"
    listed = sender.get(f"/v1/suppressions/{corpus.ADDRESS}")
    assert listed["source"] == "hard_bounce"
    again = sender.message(sender.send(corpus.ADDRESS))
    assert again["state"] == "suppressed"


def test_large_one_is_read(sender: Client, sink: Sink) -> None:
    letter = corpus.letter("postfix", _UNKNOWN, _sent(sender))
    large = letter.replace(b"Hello.", b"y" * 20_000_000)
    answer = sender.done(_post(sender, large))
    assert answer["found"][0]["event"] == "bounced"


def test_what_changes_nothing_gets_a_clear_answer(sender: Client, sink: Sink) -> None:
    _sent(sender)
    last = sender.get("/v1/events", last=1)["next"]
    strange = sender.done(_post(sender, corpus.letter("exim", _UNKNOWN)))
    assert strange["found"][0]["event"] is None
    assert "no message" in strange["found"][0]["why"]
    vacation = b"From: a@b.example\r\nAuto-Submitted: auto-replied\r\n\r\nAway.\r\n"
    answer = sender.done(_post(sender, vacation))
    assert (answer["kind"], answer["found"]) == ("auto_reply", [])
    assert sender.get("/v1/events", last=1)["next"] == last
    assert sender.get("/v1/suppressions")["suppressions"] == []


def test_what_is_no_mail_is_refused(sender: Client) -> None:
    answer = _post(sender, b"hello")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_mail")
    answer = sender.post("/v1/bounces", {})
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_media_type")
    assert "message/rfc822" in answer.json()["detail"]
    answer = _post(sender, b"From: x\r\n\r\n" + b"x" * (37 * 1024 * 1024))
    assert answer.status_code == 413


def test_command(sending: Cli, sink: Sink) -> None:
    message_id = sending.json(
        *("messages", "send", "--from", "a@example.com", "--to", corpus.ADDRESS),
        *("--text", "-"),
        given="Hello.",
    )["id"]
    waiting.until(
        lambda: sending.json("messages", "show", message_id)["state"] == "sent",
        "the message to be sent",
    )
    file = sending.home / "bounce.eml"
    file.write_bytes(corpus.letter("sendmail", _UNKNOWN, message_id))
    shown = sending.done("bounces", "report", str(file))
    assert "bounced" in shown and message_id in shown
    text = file.read_text()
    found = sending.json("bounces", "report", "-", given=text)
    assert found["found"][0]["why"] == "it is known already"
