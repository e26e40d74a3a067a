# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Logs: one JSON object a line, without addresses and what exceptions quote."""

import json
import logging
import sys
import typing as tp

from exordos_mail.send import logs


def _line(message: str, *arguments: object, **more: tp.Any) -> dict[str, tp.Any]:
    record = logging.LogRecord(
        "exordos_mail.send.x",
        logging.WARNING,
        __file__,
        1,
        message,
        arguments,
        more.pop("exc_info", None),
    )
    record.__dict__.update(more)
    text = logs.Lines().format(record)
    assert "\n" not in text
    return dict(json.loads(text))


def test_line_has_moment_level_logger_message_and_members() -> None:
    found = _line("next try in %d s", 4, tenant="t1", relay="main")
    assert found.pop("at").endswith("Z")
    assert found == {
        "level": "warning",
        "logger": "exordos_mail.send.x",
        "message": "next try in 4 s",
        "tenant": "t1",
        "relay": "main",
    }


def test_addresses_and_passwords_of_urls_are_left_out() -> None:
    text = "550 <bob@example.net> and postgresql://user:secret@db/mail, a.b@c: no"
    found = _line(text)["message"]
    assert found == "550 <<address>> and postgresql://user:<address>, <address> no"


def test_line_breaks_stay_inside_of_the_line() -> None:
    assert _line("one\ntwo")["message"] == "one\ntwo"


def test_exception_is_its_type_and_its_places_not_its_text() -> None:
    try:
        raise ValueError("quotes the body of bob@example.net")
    except ValueError:
        found = _line("it went wrong", exc_info=sys.exc_info())
    assert found["exception"] == "ValueError"
    assert found["places"][0].endswith(
        "test_exception_is_its_type_and_its_places_not_its_text"
    )
    assert "quotes" not in json.dumps(found)
