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

"""Shorter loops for the nodes' agents.

gcl_sdk.agents.universal.cmd.universal_agent.main() passes iter_min_period=3 and
has no option for it; `exordos-mail-agent` has two, and is overruled too.
Python imports this module at start when its directory is on PYTHONPATH; it
changes nothing but these programs, and only when EXORDOS_STAND_PERIOD is set
(`standctl up --period`).
"""

import os
import sys


def shorten(period: float) -> None:
    """Make every agent service of this process loop with the given period (s)."""
    from gcl_sdk.agents.universal.services import agent

    original = agent.UniversalAgentService.__init__

    def init(self, *args, **kwargs):
        kwargs["iter_min_period"] = period
        kwargs["iter_pause"] = min(period, 0.1)
        original(self, *args, **kwargs)

    agent.UniversalAgentService.__init__ = init
    # oslo.config: the environment comes before the file.
    os.environ["OS_UNIVERSAL_AGENT__ITER_RELAXED_PERIOD"] = str(period)


PROGRAMS = ("exordos-universal-agent", "exordos-mail-agent")

if os.environ.get("EXORDOS_STAND_PERIOD") and any(
    os.path.basename(word) in PROGRAMS for word in sys.orig_argv[:3]
):
    shorten(float(os.environ["EXORDOS_STAND_PERIOD"]))
