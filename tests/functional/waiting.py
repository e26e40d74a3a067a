# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The one place where a test waits: a bounded poll of a condition."""

import time
import typing as tp

T = tp.TypeVar("T")

#: A machine is made, booted and configured within this time, in seconds.
INSTANCE_TIMEOUT = 600.0
#: A change of an account reaches the node within this time, in seconds.
CHANGE_TIMEOUT = 60.0


class NotWithinTime(AssertionError):
    """The condition did not come true; the text holds the last answer seen."""


def until(
    what: str,
    probe: tp.Callable[[], T],
    timeout: float = CHANGE_TIMEOUT,
    good: tp.Callable[[T], bool] = bool,
    pause: float = 0.2,
) -> T:
    """Call `probe` until `good(answer)`, and return that answer.

    Args:
        what: what is waited for, for the error text.
        probe: asks once; what it raises ends the wait.
        timeout: seconds.
        good: judges an answer.
        pause: seconds between two calls.

    Raises:
        NotWithinTime: no good answer in time.
    """
    end = time.monotonic() + timeout
    while True:
        answer = probe()
        if good(answer):
            return answer
        if time.monotonic() >= end:
            raise NotWithinTime(f"{what}: not within {timeout:g} s, last: {answer!r}")
        time.sleep(pause)
