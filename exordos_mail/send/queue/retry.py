#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
