#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Names and media types."""

import pytest

from exordos_mail.send.attachments import filename
from exordos_mail.send.attachments.failures import PermanentFailure

MD5 = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("given", "name", "md5"),
    [
        ("report.pdf", "report.pdf", None),
        (f"report_{{MD5:{MD5}}}.pdf", "report.pdf", MD5),
        (f"{{md5:{MD5.upper()}}}report.pdf", "report.pdf", MD5),
        ("report_{MD5:0123}.pdf", "report_{MD5:0123}.pdf", None),
    ],
)
def test_the_marker_is_taken_off(given: str, name: str, md5: str | None) -> None:
    assert filename.split_marker(given) == (name, md5)


@pytest.mark.parametrize("name", ["a.pdf", "\u00fc \u6587 \U0001f600.txt", ".profile"])
def test_a_plain_name_is_taken(name: str) -> None:
    assert filename.check(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../a",
        "/etc/passwd",
        "a\\b",
        "a\r\nBcc: evil@x.test",
        "a\x00b",
        "a\u2028b",
        "exe.\u202efdp",
        "\ud800",
    ],
)
def test_a_path_or_an_injection_is_refused(name: str) -> None:
    with pytest.raises(PermanentFailure):
        filename.check(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.pdf", "application/pdf"),
        ("A.PNG", "image/png"),
        ("a.tar.gz", "application/gzip"),
        ("a.eml", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("data:text.html", "text/html"),
    ],
)
def test_a_media_type_is_guessed_from_the_name(name: str, expected: str) -> None:
    assert filename.media_type(name, None) == expected


def test_a_given_media_type_wins() -> None:
    assert filename.media_type("a.pdf", "Image/PNG") == "image/png"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "pdf",
        "a/b/c",
        "text/plain; charset=utf-8",
        "text/plain\r\nX: y",
        "text/plain\n",
        "message/rfc822",
        "Multipart/Mixed",
    ],
)
def test_a_media_type_that_cannot_be_is_refused(given: str) -> None:
    with pytest.raises(PermanentFailure):
        filename.media_type("a.pdf", given)
