# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Names."""

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
        " ",
        ".. ",
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
