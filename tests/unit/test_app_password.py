# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""App passwords: how one is made, what is kept of it, what a manifest may choose."""

import hashlib
import math
import re

import pytest

from exordos_mail.schema import app_password as schema
from exordos_mail.standards import app_password, rule


def test_a_new_one_has_groups_of_small_letters_and_digits() -> None:
    made = {app_password.new() for _ in range(200)}
    assert len(made) == 200
    for one in made:
        assert re.fullmatch(r"[a-z0-9]{5}(-[a-z0-9]{5}){4}", one)
        assert app_password.check(one) == one
    assert set("".join(made)) - {"-"} == set(app_password.ALPHABET)


def test_it_cannot_be_guessed() -> None:
    characters = app_password.GROUPS * app_password.GROUP_LENGTH
    assert characters >= 24
    assert len(set(app_password.ALPHABET)) == len(app_password.ALPHABET)
    assert characters * math.log2(len(app_password.ALPHABET)) >= 120


def test_of_one_a_hash_in_small_letters_is_kept() -> None:
    password = "k7mqp-2x9ab-w4hnc-tr8vz-5yde3"
    hashed = app_password.digest(password)
    assert hashed == hashlib.sha256(password.encode()).hexdigest()
    assert re.fullmatch("[0-9a-f]{64}", hashed)


def test_the_words_are_the_same_in_the_schema() -> None:
    assert schema.NOUN.field("scopes").words == app_password.SCOPES


@pytest.mark.parametrize("value", ["x" * 24, "~!" * 64])
def test_one_that_may_be_chosen(value: str) -> None:
    assert app_password.check(value) == value


@pytest.mark.parametrize(
    "value",
    [
        *("x" * 23, "x" * 129, "x" * 24 + " ", "x" * 24 + "\n", "\0" + "x" * 24),
        *("é" * 24, "\ud800" * 24, b"x" * 24, None, 24, ["x" * 24]),
    ],
)
def test_one_that_may_not_be_chosen(value: object) -> None:
    with pytest.raises(rule.RuleError, match="24 to 128 visible ASCII"):
        app_password.check(value)
