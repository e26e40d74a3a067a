# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

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
