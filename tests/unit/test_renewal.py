# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""When certificates are renewed, and tried again."""

import datetime
import itertools

import pytest

from exordos_mail.standards import renewal

_BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
_NAMES = [f"mail{number}.example.com" for number in range(200)]


@pytest.mark.parametrize("days", [6, 90, 397])
def test_renewal_is_at_two_thirds_and_spread(days: int) -> None:
    life = datetime.timedelta(days=days)
    shares = [
        (renewal.due(_BEGIN, _BEGIN + life, one) - _BEGIN) / life for one in _NAMES
    ]
    assert 7 / 12 <= min(shares) < 0.6
    assert 0.65 < max(shares) <= 2 / 3
    assert len(set(shares)) == len(_NAMES)


def test_one_name_is_always_due_at_the_same_time() -> None:
    end = _BEGIN + datetime.timedelta(days=90)
    assert renewal.due(_BEGIN, end, "a.example") == renewal.due(
        _BEGIN, end, "a.example"
    )


def test_failures_wait_longer_and_longer() -> None:
    waits = [renewal.again(failures, "a.example") for failures in range(1, 12)]
    hour = datetime.timedelta(hours=1)
    # Let's Encrypt: at most five failed validations of a name in an hour.
    assert sum(sum(waits[:k], datetime.timedelta()) < hour for k in range(12)) <= 4
    assert waits[0] >= datetime.timedelta(minutes=15)
    assert all(a < b for a, b in itertools.pairwise(waits[:7]))
    assert max(waits) <= datetime.timedelta(hours=26)


def test_absurd_counts_are_no_accident() -> None:
    assert renewal.again(10**9, "a") <= datetime.timedelta(hours=26)
    assert renewal.again(0, "a") >= renewal.FIRST


def test_an_authority_is_obeyed_within_reason() -> None:
    day = datetime.timedelta(days=1)
    assert renewal.again(1, "a", asked=day) == day
    assert renewal.again(1, "a", asked=datetime.timedelta(0)) >= renewal.FIRST
    assert renewal.again(1, "a", asked=365 * day) == 2 * day
