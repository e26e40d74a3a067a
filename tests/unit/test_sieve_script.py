# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The document of a Sieve script as a node checks it, and its limits."""

import typing as tp

import pytest

from exordos_mail.dataplane.engine import document_checks, spec
from exordos_mail.dataplane.services.sieve import compiler
from exordos_mail.protocol import documents
from exordos_mail.schema import limits
from exordos_mail.standards import rule, sieve_script

UUID = "11111111-1111-4111-8111-111111111111"
ACCOUNT = "22222222-2222-4222-8222-222222222222"
ONE = {"account": ACCOUNT, "name": "main", "content": "keep;", "enabled": True}


def test_limits_are_the_same_everywhere() -> None:
    assert sieve_script.CONTENT_MAX == limits.SIEVE_SCRIPT_BYTES_MAX
    assert f"sieve_max_script_size = {sieve_script.CONTENT_MAX}" in compiler._CONF


@pytest.mark.parametrize(
    "change",
    [
        {"account": "../../etc"},
        {"account": None},
        {"name": ""},
        {"name": "a\nb"},
        {"content": "keep;\0"},
        {"content": "a" * (sieve_script.CONTENT_MAX + 1)},
        {"content": ["keep;"]},
        {"enabled": 1},
        {"more": 1},
    ],
)
def test_document_that_breaks_a_rule_is_refused(change: dict[str, tp.Any]) -> None:
    bucket = documents.bucket(UUID)

    def check(found: dict[str, tp.Any], where: str = bucket) -> None:
        text = documents.text(found)
        document_checks.check_text("sieve_scripts", where, text, "example.com")

    check({UUID: ONE})
    for found in ({UUID: {**ONE, **change}}, {"../x": ONE}, {UUID: []}):
        with pytest.raises(spec.SpecError) as caught:
            check(found)
        assert "keep" not in str(caught.value)
    with pytest.raises(spec.SpecError):
        check({UUID: ONE}, str((int(bucket) + 1) % documents.COUNT))


@pytest.mark.parametrize("name", ["", " ", "\ud800", "a\u2028b", "x" * 101, None])
def test_name_that_breaks_the_rule(name: object) -> None:
    with pytest.raises(rule.RuleError):
        sieve_script.check_name(name)


@pytest.mark.parametrize("content", ["", " \n", "\ud800", "\x1b", "a\0", None, b"x"])
def test_content_that_breaks_the_rule(content: object) -> None:
    with pytest.raises(rule.RuleError):
        sieve_script.check_content(content)
