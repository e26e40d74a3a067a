# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`exordos-mail-agent`: the SDK's universal agent with a period of our choice.

`exordos-universal-agent` looks at its control plane every 3 s, and has no
option for that. Here the same program runs with the same configuration file;
only the service that it starts takes its period from there:

    [universal_agent]
    iter_min_period = 1.5       # seconds, while nobody could tell it to look
    iter_relaxed_period = 5     # while the doorbell's connection is up

A ring of the doorbell makes the next pass begin at once.
"""

import logging
import typing as tp

from gcl_sdk.agents.universal.cmd import universal_agent
from gcl_sdk.agents.universal.services import agent
from oslo_config import cfg

from exordos_mail.dataplane import driver
from exordos_mail.standards import watchdog

# See docs/adr/0009 for why not less.
PERIOD_DEFAULT = 1.5  # seconds
RELAXED_PERIOD_DEFAULT = 5.0
PERIOD_MIN = 0.1  # seconds

# Between two passes that were rung for: a bulk change rings often.
_RUNG_PERIOD = 0.1

cfg.CONF.register_cli_opts(
    [
        cfg.FloatOpt(
            "iter_min_period",
            default=PERIOD_DEFAULT,
            min=PERIOD_MIN,
            help="Seconds between two looks at the control plane.",
        ),
        cfg.FloatOpt(
            "iter_relaxed_period",
            default=RELAXED_PERIOD_DEFAULT,
            min=PERIOD_MIN,
            help="The same while the node gateway would tell of a change.",
        ),
    ],
    universal_agent.DOMAIN,
)


class PacedAgentService(agent.UniversalAgentService):
    """The SDK's service with our periods and the doorbell."""

    _iter_min_period: float

    def __init__(self, *args: tp.Any, **kwargs: tp.Any) -> None:
        options = cfg.CONF[universal_agent.DOMAIN]
        kwargs["iter_min_period"] = options.iter_min_period
        super().__init__(*args, **kwargs)
        self._is_registered = False
        self._period = self._iter_min_period
        self._relaxed_period = max(self._period, options.iter_relaxed_period)
        self._doorbells = [
            one.doorbell
            for one in self._caps_drivers
            if isinstance(one, driver.MailCapabilityDriver) and one.doorbell
        ]
        for doorbell in self._doorbells:
            doorbell.on_ring(self._look_now)

    def _look_now(self) -> None:
        # Two: a boost ends with the pass that it finds at work, and that one
        # may have asked the gateway already. It begins at once unless the last
        # ring is just being served.
        self.boost(_RUNG_PERIOD, iterations=2)

    def _setup(self) -> None:
        """Leave registering to the first pass: passes are tried again.

        The SDK registers here, and a node that boots while its control plane
        is away would have an agent that ends with a traceback each time.
        """
        watchdog.ready()

    def _iteration(self) -> None:
        watchdog.alive()
        if not self._is_registered:
            self._register_agent()
            self._is_registered = True
        super()._iteration()
        is_told = any(one.is_served for one in self._doorbells)
        self._iter_min_period = self._relaxed_period if is_told else self._period


def main() -> None:
    """Run the agent, in a process that does nothing else.

    The SDK's program names its service by this module attribute and by nothing
    else, so this is the one place to put ours; test_agent.py watches it.
    """
    universal_agent.agent.UniversalAgentService = PacedAgentService
    # A line that cannot be written because the journal is going down is no fault.
    logging.raiseExceptions = False
    universal_agent.main()
