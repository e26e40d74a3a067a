# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a message says about an attachment."""

import msgspec
import pytest

from exordos_mail.send.attachments import Auth, Endpoint, Reference


def _decode(text: str) -> Reference:
    return msgspec.json.decode(text, type=Reference)


def test_it_survives_json() -> None:
    reference = Reference(
        "a.pdf",
        url="https://files.example/a",
        sha256="0" * 64,
        auth=Auth("basic", user="u", password="p"),
    )
    assert _decode(msgspec.json.encode(reference).decode()) == reference


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '"a.pdf"',
        '{"filename": ""}',
        '{"filename": 5, "content": ""}',
        '{"filename": "a", "content": 5}',
        '{"filename": "a", "content": "", "other": 1}',
        '{"filename": "a", "content": "", "sha256": "zz"}',
        '{"filename": "a", "content": "", "md5": "' + "0" * 32 + '\\n"}',
        '{"filename": "a", "url": "' + "a" * 4097 + '"}',
        '{"filename": "a", "url": "x", "auth": {"method": "digest"}}',
        '{"filename": "a", "url": "x", "auth": {"methd": "basic"}}',
        '{"filename": "' + "a" * 256 + '", "content": ""}',
    ],
)
def test_wrong_types_and_names_are_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        _decode(text)


def test_secrets_are_not_shown() -> None:
    auth = Auth("bearer", token="secret")
    references = [
        Reference("a.pdf", url="https://files.example/secret?secret", auth=auth),
        Reference("a.pdf", endpoint="secret", auth=auth),
        Reference("a.pdf", content="secret"),
    ]
    for reference in references:
        assert "secret" not in repr(reference)
        assert "a.pdf" in repr(reference)
    assert "secret" not in repr(Endpoint("https://x.example/secret", auth=auth))
