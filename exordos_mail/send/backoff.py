# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How long to wait before the next try at what has failed."""

import collections.abc as abc
import dataclasses
import itertools
import random

#: Up to this part of a delay is added by chance, so that what failed together does
#: not come back together.
JITTER = 0.2


@dataclasses.dataclass(frozen=True)
class Backoff:
    """The delay after each failure in a row."""

    #: Seconds after the first, second, … failure, at least one; the last one repeats.
    delays: tuple[float, ...]

    def after(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row, at least one."""
        return self.delays[min(failures, len(self.delays)) - 1]

    def due_at(
        self, failures: int, now: int, chance: abc.Callable[[], float] = random.random
    ) -> int:
        """Return the moment of the next try, in milliseconds since 1970.

        Args:
            failures: how many there were in a row, at least one.
            now: the moment in milliseconds since 1970.
            chance: gives from 0 to 1 how much of the jitter is added.
        """
        return now + int(self.after(failures) * (1 + JITTER * chance()) * 1000)

    def pauses(self) -> abc.Iterator[float]:
        """Yield the seconds to wait after each failure, without an end."""
        return map(self.after, itertools.count(1))


def doubling(first: float, longest: float) -> Backoff:
    """Return a back-off whose delays double, from the first to the longest, in seconds.

    Raises:
        ValueError: the first is not above 0.
    """
    if first <= 0:
        raise ValueError(f"the first delay is {first} s: it must be above 0")
    delays = [first]
    while delays[-1] < longest:
        delays.append(min(2 * delays[-1], longest))
    return Backoff(tuple(delays))


def parse(text: str) -> Backoff:
    """Return the back-off that `text` writes as seconds joined by commas.

    Raises:
        ValueError: not a list of positive numbers.
    """
    delays = tuple(float(part) for part in text.split(","))
    if not all(0 < delay < 10**7 for delay in delays):
        raise ValueError("a delay is a number of seconds above 0")
    return Backoff(delays)
