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

"""What the operator may choose, and the schedule that is published."""

import dataclasses

from exordos_mail.send.queue import retry

#: Seconds after the first, second, … failure; the last one repeats.
DELAYS = (5, 30, 120, 300, 900, 1800, 3600)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Sizes and times of deliveries."""

    #: Events in a batch at the most.
    events: int = 100
    #: Bytes of a batch's events, unless a single event is larger.
    bytes: int = 256 * 1024
    #: Milliseconds that an event waits for others to go with it.
    wait: int = 500
    #: Seconds for a whole exchange with a receiver.
    timeout: float = 15.0
    delays: retry.Schedule = dataclasses.field(
        default_factory=lambda: retry.Schedule(DELAYS)
    )
    #: Milliseconds of failures after which a webhook is switched off: five days.
    give_up: int = 5 * 24 * 3600 * 1000
