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

"""`exordos-mail-agent`: the SDK's universal agent with a period of our choice.

`exordos-universal-agent` looks at its control plane every 3 s, and has no
option for that. Here the same program runs with the same configuration file;
only the service that it starts takes its period from there:

    [universal_agent]
    iter_min_period = 1.5
"""

import logging
import typing as tp

from gcl_sdk.agents.universal.cmd import universal_agent
from gcl_sdk.agents.universal.services import agent
from oslo_config import cfg

# See docs/adr/0009 for why not less.
PERIOD_DEFAULT = 1.5  # seconds
PERIOD_MIN = 0.1  # seconds

cfg.CONF.register_cli_opts(
    [
        cfg.FloatOpt(
            "iter_min_period",
            default=PERIOD_DEFAULT,
            min=PERIOD_MIN,
            help="Seconds between two looks at the control plane.",
        )
    ],
    universal_agent.DOMAIN,
)


class PacedAgentService(agent.UniversalAgentService):
    """The SDK's service, with the configured period for the fixed one."""

    def __init__(self, *args: tp.Any, **kwargs: tp.Any) -> None:
        kwargs["iter_min_period"] = cfg.CONF[universal_agent.DOMAIN].iter_min_period
        super().__init__(*args, **kwargs)


def main() -> None:
    """Run the agent, in a process that does nothing else.

    The SDK's program names its service by this module attribute and by nothing
    else, so this is the one place to put ours; test_agent.py watches it.
    """
    universal_agent.agent.UniversalAgentService = PacedAgentService
    # A line that cannot be written because the journal is going down is no fault.
    logging.raiseExceptions = False
    universal_agent.main()
