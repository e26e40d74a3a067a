# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Media types of attachments."""

import pytest

from exordos_mail.send.attachments import media_type
from exordos_mail.send.attachments.failures import PermanentFailure


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.pdf", "application/pdf"),
        ("A.PNG", "image/png"),
        ("a.tar.gz", "application/gzip"),
        ("a.webp", "image/webp"),
        ("a.md", "text/markdown"),
        ("a.ics", "text/calendar"),
        ("a.eml", "message/rfc822"),
        ("a", "application/octet-stream"),
        ("docx", "application/octet-stream"),
        ("a.unknown", "application/octet-stream"),
        ("data:text.html", "text/html"),
    ],
)
def test_media_type_is_guessed_from_the_name(name: str, expected: str) -> None:
    assert media_type.of(name, None) == expected


def test_every_type_of_the_table_could_be_given() -> None:
    for ending, kind in media_type.BY_ENDING.items():
        assert ending == ending.lower()
        assert media_type.of("a", kind) == kind


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Image/PNG", "image/png"),
        ("text/calendar; method=REQUEST", 'text/calendar; method="REQUEST"'),
        (
            'Text/Calendar;METHOD=request ; charset="utf-8"',
            'text/calendar; method="request"; charset="utf-8"',
        ),
        ('text/plain; name="a \\"b\\"; c"', 'text/plain; name="a \\"b\\"; c"'),
        ("message/rfc822", "message/rfc822"),
    ],
)
def test_given_media_type_is_kept_with_its_parameters(
    given: str, expected: str
) -> None:
    assert media_type.of("a.pdf", given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "",
        "pdf",
        "a/b/c",
        "text/plain;",
        "text/plain; charset",
        "text/plain; charset=",
        "text/plain; charset=a b",
        "text/plain; charset=a; Charset=b",
        'text/plain; name="a',
        'text/plain; name="a\nX: y"',
        "text/plain; name*=utf-8''a%0D%0Ab",
        "text/plain; name=\u00e4",
        "text/plain\r\nX: y",
        "text/plain\n",
        "text/plain; a=" + "x" * 1000,
        "message/partial",
        "message/rfc822; charset=utf-8",
        "Multipart/Mixed",
    ],
)
def test_media_type_that_cannot_be_is_refused(given: str) -> None:
    with pytest.raises(PermanentFailure):
        media_type.of("a.pdf", given)
