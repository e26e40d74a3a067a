# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Forms that mail programs post (RFC 8058 section 3.1), and what is none."""

import pytest

from exordos_mail.send.unsubscribe import form

_FIELD = ("List-Unsubscribe", "One-Click")
_PARTS = 'multipart/form-data; boundary="x"'


def _part(*fields: tuple[str, str]) -> bytes:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    ]
    return "".join([*parts, "--x--\r\n"]).encode()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (form.URLENCODED, b"List-Unsubscribe=One-Click"),
        (f"{form.URLENCODED}; charset=utf-8", b"List-Unsubscribe=One-Click"),
        (form.URLENCODED, b"a=b&List%2DUnsubscribe=One%2DClick"),
        (_PARTS, _part(_FIELD)),
        (_PARTS, _part(("other", "x"), _FIELD)),
        (
            _PARTS.replace("multipart", "Multipart"),
            _part(_FIELD),
        ),
    ],
)
def test_one_click(kind: str, body: bytes) -> None:
    assert form.is_one_click(kind, body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (form.URLENCODED, b""),
        (form.URLENCODED, b"List-Unsubscribe"),
        (form.URLENCODED, b"List-Unsubscribe="),
        (form.URLENCODED, b"List-Unsubscribe=one-click"),
        (form.URLENCODED, b"list-unsubscribe=One-Click"),
        (form.URLENCODED, b"List-Unsubscribe=One-Click\r\n"),
        (form.URLENCODED, b"List-Unsubscribe=One-Click&List-Unsubscribe=No"),
        (form.URLENCODED, b"\xff\xfe"),
        (form.URLENCODED, b"&".join([b"a=b"] * 1000)),
        (form.URLENCODED, b'{"List-Unsubscribe": "One-Click"}'),
        (_PARTS, b"List-Unsubscribe=One-Click"),
        (_PARTS, _part(("List-Unsubscribe", "No"))),
        (_PARTS, _part(_FIELD, _FIELD)),
        ("multipart/form-data", _part(_FIELD)),
        (f"{form.MULTIPART}; boundary=y", _part(_FIELD)),
        (f"{form.MULTIPART}; boundary*0=\xff", b"--\xff\r\n\r\n"),
        # As deep as a body can be.
        (_PARTS, b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * 70),
        (_PARTS, b"--x\r\nContent-Type: message/rfc822\r\n\r\n" * 90),
    ],
)
def test_what_is_none(kind: str, body: bytes) -> None:
    assert not form.is_one_click(kind, body)
