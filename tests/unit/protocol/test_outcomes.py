# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An outcome arrives as it was, and what is none is refused without its values."""

import dataclasses
import itertools
import json
import typing as tp

import hypothesis
from hypothesis import strategies
import pytest

from exordos_mail.protocol import outcomes
from tests.outcomes import outcome

BOUNCED = outcome("bounced")
#: As little as an outcome may have, and as much.
LEAST = dataclasses.replace(
    BOUNCED,
    at=0,
    accepted_at=0,
    code=None,
    enhanced=None,
    **dict.fromkeys(outcomes.LENGTHS, ""),
)
MOST = dataclasses.replace(
    BOUNCED,
    code=599,
    enhanced="5.999.999",
    **{name: "\U0001f4ec" * most for name, most in outcomes.LENGTHS.items()},
)


@pytest.mark.parametrize("given", [BOUNCED, LEAST, MOST])
def test_round_trip(given: outcomes.Outcome) -> None:
    arrived = json.loads(json.dumps(given.to_dict()))
    assert outcomes.Outcome.from_dict(arrived) == given


@pytest.mark.parametrize(
    "name, value",
    [
        ("id", "0123456789ABCDEF" * 2),
        ("id", "0" * 31),
        ("id", "0" * 32 + "\n"),
        ("id", None),
        ("at", -1),
        ("at", True),
        ("at", 1.0),
        ("at", "1"),
        ("at", 253_402_300_800_000),
        ("accepted_at", None),
        ("state", "secret"),
        ("state", ["delivered"]),
        ("state", None),
        ("code", 0),
        ("code", 199),
        ("code", 600),
        ("code", "550"),
        ("code", True),
        ("enhanced", ""),
        ("enhanced", "5.1"),
        ("enhanced", "3.1.1"),
        ("enhanced", "5.1.1111"),
        ("enhanced", "5.1.1\n"),
        ("enhanced", 5),
        *((name, "secret" * most) for name, most in outcomes.LENGTHS.items()),
        *((name, 5) for name in outcomes.LENGTHS),
        *((name, None) for name in outcomes.LENGTHS),
        *(("reply", f"secret{end}") for end in "\0\n\r\x1b\x7f\x85\u2028\u202e\ud800"),
    ],
)
def test_each_field_is_checked(name: str, value: tp.Any) -> None:
    with pytest.raises(outcomes.OutcomeError) as raised:
        outcomes.Outcome.from_dict({**BOUNCED.to_dict(), name: value})
    assert str(raised.value) == f"{name} of an outcome is invalid"
    with pytest.raises(outcomes.OutcomeError):
        dataclasses.replace(BOUNCED, **{name: value})


def test_fields_are_all_there_and_no_others() -> None:
    whole = BOUNCED.to_dict()
    for name in whole:
        less = {key: value for key, value in whole.items() if key != name}
        with pytest.raises(outcomes.OutcomeError):
            outcomes.Outcome.from_dict(less)
    with pytest.raises(outcomes.OutcomeError):
        outcomes.Outcome.from_dict({**whole, "more": ""})


_JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    | strategies.text(strategies.characters(codec=None)),
    lambda inner: (
        strategies.lists(inner) | strategies.dictionaries(strategies.text(), inner)
    ),
    max_leaves=10,
)


@hypothesis.given(
    _JSON
    | strategies.fixed_dictionaries(
        {
            name: strategies.just(value) | _JSON
            for name, value in BOUNCED.to_dict().items()
        }
    )
)
def test_anything_is_an_outcome_or_refused(value: tp.Any) -> None:
    try:
        found = outcomes.Outcome.from_dict(value)
    except outcomes.OutcomeError:
        return
    assert found.to_dict() == value
    json.dumps(found.to_dict(), ensure_ascii=False).encode()


@hypothesis.given(
    strategies.sampled_from(sorted(outcomes.LENGTHS)),
    strategies.text(strategies.characters(codec=None), max_size=1200),
)
def test_a_fitted_text_fits(name: str, text: str) -> None:
    line = outcomes.fitted(name, text)
    fitted = outcomes.Outcome.from_dict({**BOUNCED.to_dict(), name: line})
    assert getattr(fitted, name) == line


def test_a_fitted_text_is_left_as_it_is() -> None:
    assert outcomes.fitted("reply", BOUNCED.reply) == BOUNCED.reply
    assert outcomes.fitted("reply", " a\r\nb\t") == "a  b"
    assert outcomes.fitted("address", "x" * 46) == "x" * 45


def _octets(batch: list[outcomes.Outcome]) -> int:
    value = [one.to_dict() for one in batch]
    return len(json.dumps(value, separators=(",", ":")))


@hypothesis.given(
    strategies.lists(strategies.sampled_from([BOUNCED, LEAST, MOST]), max_size=30),
    strategies.integers(min_value=_octets([MOST]) + 1, max_value=100_000),
)
def test_batches_hold_all_in_order(given: list[outcomes.Outcome], octets: int) -> None:
    made = list(outcomes.batches(iter(given), octets))
    assert [one for batch in made for one in batch] == given
    assert all(batch and _octets(batch) <= octets for batch in made)
    # None is smaller than it had to be.
    for batch, following in itertools.pairwise(made):
        assert _octets([*batch, following[0]]) >= octets


def test_what_is_too_large_goes_alone() -> None:
    assert list(outcomes.batches([BOUNCED, MOST, BOUNCED], 1)) == [
        [BOUNCED],
        [MOST],
        [BOUNCED],
    ]
    assert list(outcomes.batches([], 1)) == []
    assert _octets([MOST]) < 40_000
