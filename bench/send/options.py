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

"""How much is measured."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Options:
    """Sizes; the defaults are those of the goals."""

    #: Probes of a latency.
    samples: int = 100
    #: Messages that wait where many do.
    queued: int = 100_000
    #: Kills on each database.
    kills: int = 100
    #: Times that each input is sent whose reading could keep others waiting.
    tries: int = 20
