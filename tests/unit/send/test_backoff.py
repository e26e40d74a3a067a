# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How long is waited before the next try."""

import itertools

import pytest

from exordos_mail.send import backoff
from exordos_mail.send.queue import settle

_RETRY = backoff.Backoff(settle.DELAYS)
_NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 30), (2, 120), (8, 14400), (9, 21600), (50, 21600)]
)
def test_delay_is_the_table_s_and_up_to_a_fifth_more(
    failures: int, seconds: int
) -> None:
    assert _RETRY.after(failures) == seconds
    for chance, part in ((0.0, 1.0), (0.5, 1.1), (1.0, 1.2)):
        due_at = _RETRY.due_at(failures, _NOW, lambda chance=chance: chance)
        assert due_at == _NOW + int(seconds * 1000 * part)


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({_RETRY.due_at(1, _NOW) for _ in range(200)}) > 100


@pytest.mark.parametrize(
    ("first", "longest", "delays"),
    [
        (1, 60, [1, 2, 4, 8, 16, 32, 60, 60, 60]),
        (0.5, 2, [0.5, 1, 2, 2]),
        (5, 5, [5, 5]),
        (5, 1, [5, 5]),
    ],
)
def test_doubling_stops_at_the_longest(
    first: float, longest: float, delays: list[float]
) -> None:
    found = backoff.doubling(first, longest).pauses()
    assert list(itertools.islice(found, len(delays))) == delays


def test_doubling_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        backoff.doubling(0, 60)


def test_written_delays_are_read() -> None:
    assert backoff.parse("30,0.5") == backoff.Backoff((30, 0.5))


@pytest.mark.parametrize("text", ["", "a", "1,", "0", "-1", "nan", "1e9"])
def test_bad_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        backoff.parse(text)
