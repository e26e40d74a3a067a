# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Secrets in requests are masked; what has a mask is found again."""

import re
import typing as tp

import msgspec
import pytest

from exordos_mail.send.api import routes
from exordos_mail.send.api.route import Logged
from exordos_mail.send.commands import masking

#: Names that sound like a secret's, and are none.
_NO_SECRET = {"aws_access_key_id", "private_key_id", "token_uri"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"password": "x", "user": "u"}, {"password": "***", "user": "u"}),
        ({"password": None}, {"password": None}),
        ({"a": [{"token": "x"}]}, {"a": [{"token": "***"}]}),
        ({"token": {"private_key": "x"}}, {"token": {"private_key": "***"}}),
        ({"secret": ["x", "y"]}, {"secret": ["***", "***"]}),
        ({"password": 5}, {"password": "***"}),
        ({"url": "https://h.example"}, {"url": "https://h.example"}),
        ({"url": "https://h.example:8443/"}, {"url": "https://h.example:8443/"}),
        ({"url": "https://h.example/a"}, {"url": "https://h.example/***"}),
        ({"url": "https://h.example?k=x"}, {"url": "https://h.example/***"}),
        ({"url": "https://h.example#x"}, {"url": "https://h.example/***"}),
        ({"url": "https://u:p@h.example"}, {"url": "https://***@h.example"}),
        ({"url": "https://u:p@x@h.example/a"}, {"url": "https://***@h.example/***"}),
        ({"url": "https://[x"}, {"url": "https://[x"}),
        ({"note": "at s3://b/k now"}, {"note": "at s3://b/*** now"}),
        ({"aws_access_key_id": "AKIA"}, {"aws_access_key_id": "AKIA"}),
        ({"tags": ["a"], "metadata": {"a": "b"}}, {"tags": "***", "metadata": "***"}),
        ({"tag": "a", "reference": None}, {"tag": "***", "reference": None}),
    ],
)
def test_mask(given: object, expected: object) -> None:
    assert masking.mask(given) == expected


def test_masks_are_found_where_they_are() -> None:
    request = masking.mask({"a": {"token": "x"}, "b": ["https://h/?k=x"], "c": "d"})
    assert list(masking.masked(request)) == ["a.token", "b[0]"]
    assert masking.is_masked("***")
    assert not masking.is_masked({"c": "d"})


def members(kind: tp.Any) -> tp.Iterator[str]:
    """Yield the names of all members of a type, at any depth."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            yield field.name
            yield from members(field.type)
    for inner in tp.get_args(kind):
        yield from members(inner)


def test_every_member_that_sounds_like_a_secret_is_masked() -> None:
    found = {
        name
        for row in routes.TABLE
        if row.logged is not Logged.NOT and row.body is not None and not row.decodes
        for name in members(row.body)
    }
    secrets = {
        name
        for name in found - _NO_SECRET
        if re.search("pass|secret|token|key|credential|private", name)
    }
    assert secrets >= {"password", "callback_secret"}
    for name in secrets:
        assert masking.mask({name: "x"}) == {name: "***"}, name


def test_no_call_that_is_replayed_has_what_callers_write_on_messages() -> None:
    found = {
        name
        for row in routes.TABLE
        if row.logged is Logged.REPLAYABLE and row.body is not None
        for name in members(row.body)
    }
    assert found & {"reference", "tag", "tags", "metadata"} == set()
