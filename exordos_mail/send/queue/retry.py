# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""When the next attempt is made."""

import dataclasses
import random

#: Seconds after the first, second, … failure; the last one repeats.
SCHEDULE = (30, 120, 300, 900, 1800, 3600, 7200, 14400, 21600)
#: Up to this part of the delay is added by chance, so that messages that were
#: deferred together do not come back together.
JITTER = 0.2


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Delays between attempts."""

    #: Seconds, at least one entry.
    delays: tuple[float, ...] = SCHEDULE

    def due_at(self, attempts: int, now: int) -> int:
        """Return the moment of the next attempt, in milliseconds since 1970.

        Args:
            attempts: how many have failed, at least one.
            now: the moment in milliseconds since 1970.
        """
        delay = self.delays[min(attempts, len(self.delays)) - 1]
        # Not for secrets: any random number does.
        chance = 1 + JITTER * random.random()  # noqa: S311
        return now + int(delay * chance * 1000)


def parse(text: str) -> Schedule:
    """Return the schedule that `text` writes as seconds joined by commas.

    Raises:
        ValueError: not a list of positive numbers.
    """
    delays = tuple(float(part) for part in text.split(","))
    if not all(0 < delay < 10**7 for delay in delays):
        raise ValueError("a delay is a number of seconds above 0")
    return Schedule(delays)
