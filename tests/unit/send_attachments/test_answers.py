# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the answer of a server means."""

import email.utils
import time

import pytest

from exordos_mail.send.attachments import answers
from exordos_mail.send.attachments.failures import PermanentFailure, TemporaryFailure


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_temporary(status: int) -> None:
    failure = answers.failure("files.example", status, "17")
    assert isinstance(failure, TemporaryFailure)
    assert failure.reason == f"files.example answered {status}"
    assert failure.retry_after == 17


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 403, 404, 405, 410, 451])
def test_permanent(status: int) -> None:
    assert isinstance(answers.failure("files.example", status), PermanentFailure)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 5000, 86400),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("\u0663", None),
    ],
)
def test_seconds_of_retry_after(text: str | None, expected: float | None) -> None:
    assert answers.seconds(text) == expected


def test_retry_after_as_a_date() -> None:
    text = email.utils.formatdate(time.time() + 600, usegmt=True)
    found = answers.seconds(text)
    assert found is not None and 500 < found <= 600
