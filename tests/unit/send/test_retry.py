# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The published schedule."""

import pytest

from exordos_mail.send.queue import retry


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 30), (2, 120), (8, 14400), (9, 21600), (50, 21600)]
)
def test_delay_is_the_table_s_and_up_to_a_fifth_more(
    attempts: int, seconds: int
) -> None:
    found = {retry.Schedule().due_at(attempts, 1000) - 1000 for _ in range(200)}
    assert min(found) >= seconds * 1000
    assert max(found) <= seconds * 1200
    assert len(found) > 100


@pytest.mark.parametrize("text", ["", "a", "1,", "0", "-1", "nan", "1e9"])
def test_bad_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        retry.parse(text)
