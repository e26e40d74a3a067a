# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What has failed is not tried again before its time; what is new, is at once."""

import dataclasses
import time
import typing as tp

_monotonic = time.monotonic
_MIN, _MAX = 1.0, 60.0  # seconds between failing attempts at the same

#: What an attempt is about, under all the names that it goes by.
Wanted = tp.AbstractSet[tp.Hashable]


@dataclasses.dataclass(frozen=True)
class _Failure:
    wanted: Wanted
    reason: str
    delay: float
    not_before: float


class Backoff:
    """The memory of the last failure."""

    def __init__(self) -> None:
        self._failure: _Failure | None = None

    def succeeded(self) -> None:
        """Forget the failure."""
        self._failure = None

    def put_off(self, wanted: Wanted) -> str | None:
        """Return why it is too early to try; None: it is not.

        All of the names count as those of the attempt from now on.
        """
        failure = self._failure
        if (
            failure is None
            or failure.wanted.isdisjoint(wanted)
            or _monotonic() >= failure.not_before
        ):
            return None
        known = failure.wanted | wanted
        self._failure = dataclasses.replace(failure, wanted=known)
        return failure.reason

    def failed(self, wanted: Wanted, reason: str) -> str:
        """Remember a failure; return the reason."""
        last = self._failure
        delay = _MIN
        if last is not None and not last.wanted.isdisjoint(wanted):
            delay = min(last.delay * 2, _MAX)
        self._failure = _Failure(wanted, reason, delay, _monotonic() + delay)
        return reason
