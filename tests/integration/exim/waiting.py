# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Waiting for a condition, with an end."""

import time
import typing as tp

T = tp.TypeVar("T")


def until(condition: tp.Callable[[], T], what: str, seconds: float = 10.0) -> T:
    """Return the first true value of `condition`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return value
