# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The rules at the moment of acceptance."""

import base64
import hashlib
import pathlib
import typing as tp

import pytest

from exordos_mail.send.attachments import (
    Auth,
    Context,
    Endpoint,
    Limits,
    PermanentFailure,
    Policy,
    Reference,
    check,
    storages,
)

POLICY = Policy(directories=(pathlib.Path("/srv/files"),))
CONTEXT = Context(
    "acme",
    endpoint=Endpoint("https://acme.example/attachments"),
    storages=(
        storages.parse("HOME", "local", {"base_path": "/srv/files/acme"}, POLICY),
    ),
    limits=Limits(count=3, each_bytes=1000, total_bytes=1500),
)


def _inline(size: int, **fields: tp.Any) -> Reference:
    return Reference("a.bin", base64.b64encode(b"x" * size).decode(), **fields)


@pytest.mark.parametrize(
    "reference",
    [
        Reference("a", content=""),
        Reference("a", content="aGk"),
        Reference("a", content="aG\r\nk="),
        Reference("a", content="aGk=", md5=hashlib.md5(b"hi").hexdigest().upper()),  # noqa: S324
        Reference("a", content="aGk=", content_id="logo@acme.example"),
        Reference("a", url="https://files.example/a"),
        Reference("a", url="https://files.example/a", auth=Auth("bearer", token="t")),
        Reference("a", endpoint="doc_id=123"),
        Reference("a", storage="HOME", path="2026/a.pdf"),
    ],
)
def test_what_is_right_is_taken(reference: Reference) -> None:
    check([reference], CONTEXT, POLICY)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (Reference("a"), "exactly one"),
        (Reference("a", content="", url="https://files.example/"), "exactly one"),
        (Reference("a", storage="HOME"), "belong together"),
        (Reference("a", content="", path="a"), "belong together"),
        (Reference("../a", content=""), "file name"),
        (Reference("a\r\nBcc: x", content=""), "file name"),
        (Reference("a", content="", content_type="x"), "content_type"),
        (Reference("a", content="", content_id="a>\r\nX: y"), "content_id"),
        (Reference("a", content="*"), "base64"),
        (Reference("a", content="\u00e9"), "base64"),
        (Reference("a", content="aGk=aGk="), "base64"),
        (Reference("a", content="a"), "base64"),
        (_inline(1001), "larger than 1000"),
        (_inline(3, sha256="0" * 64), "sha256"),
        (Reference("a_{MD5:" + "0" * 32 + "}", content="aGk="), "md5"),
        (
            Reference("a_{MD5:" + "0" * 32 + "}", endpoint="a", md5="1" * 32),
            "marker",
        ),
        (Reference("a", url="http://127.0.0.1/"), "public"),
        (Reference("a", url="file:///etc/passwd"), "http"),
        (Reference("a", storage="HOME", path="../secret"), "path"),
        (Reference("a", storage="HOME", path="/etc/passwd"), "path"),
        (Reference("a", storage="OTHER", path="a"), "no storage"),
        (Reference("a", content="", auth=Auth("bearer", token="t")), "auth"),
        (Reference("a", url="https://f.example/", auth=Auth("bearer")), "auth"),
        (
            Reference("a", url="https://f.example/", auth=Auth("basic", user="a:b")),
            "auth",
        ),
        (
            Reference(
                "a", url="https://f.example/", auth=Auth("bearer", token="t\r\nX: y")
            ),
            "auth",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(
    reference: Reference, reason: str
) -> None:
    with pytest.raises(PermanentFailure, match=reason) as caught:
        check([_inline(1), reference], CONTEXT, POLICY)
    assert caught.value.position == 1


def test_count_and_sum_are_bounded() -> None:
    check([_inline(500)] * 3, CONTEXT, POLICY)
    with pytest.raises(PermanentFailure, match="more than 3"):
        check([_inline(1)] * 4, CONTEXT, POLICY)
    with pytest.raises(PermanentFailure, match="together larger than 1500"):
        check([_inline(501)] * 3, CONTEXT, POLICY)


def test_an_endpoint_is_needed_and_judged_like_any_address() -> None:
    reference = Reference("a", endpoint="doc_id=123")
    with pytest.raises(PermanentFailure, match="no attachment endpoint"):
        check([reference], Context("acme"), POLICY)
    inside = Context("acme", endpoint=Endpoint("http://169.254.169.254/"))
    with pytest.raises(PermanentFailure, match="public"):
        check([reference], inside, POLICY)
