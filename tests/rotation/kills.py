# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Kills in the middle of a rotation: of the control plane, and of the agent."""

import itertools
import time

from tests.e2e import harness as harness_module
from tests.rotation import tenant as tenant_lib

GSERVICE = "metapaas-gservice"
AGENT = "exordos-metapaas-mail-agent.service"
#: States of a key at which the control plane is killed.
STATES = ("made", "published", "seen", "signing", "retiring")
#: Seconds after the new keys sign, at which the agent is killed.
MOMENTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8)


class Kills:
    """Chooses what dies in which rotation, in turns.

    Attributes:
        done: what was killed, and when.
    """

    def __init__(self, tenant: tenant_lib.Tenant) -> None:
        self.done: list[str] = []
        self._tenant = tenant
        self._node = harness_module.Node(tenant.stand, tenant.uuid)
        self._states = itertools.cycle(STATES)
        self._moments = itertools.cycle(MOMENTS)
        self._turns = itertools.cycle((self._gservice, self._agent, self._nobody))

    def one(self, before: set[str]) -> None:
        """Kill somebody in the rotation that has just been asked for.

        Args:
            before: selectors of the keys that sign until then.
        """
        next(self._turns)(before)

    def _nobody(self, before: set[str]) -> None:
        """Let this one be."""

    def _gservice(self, before: set[str]) -> None:
        state = next(self._states)
        tenant = self._tenant
        order = [*STATES, "retired", "revoked"]
        known = {one["uuid"]: one["state"] for one in tenant.dkim_keys()}

        def reached() -> bool:
            """A key has come to the state, or beyond it, in this rotation."""
            for one in tenant.dkim_keys():
                former = known.get(one["uuid"], "")
                rank = order.index(one["state"])
                if one["state"] != former and rank >= order.index(state):
                    return True
            return False

        tenant.until(f"a key is {state}", reached)
        tenant.stand.operator("kill", GSERVICE)
        self.done.append(f"gservice at {state}")
        tenant.stand.operator("start", GSERVICE)

    def _agent(self, before: set[str]) -> None:
        moment = next(self._moments)
        self._tenant.until("new keys sign", lambda: self._tenant.rotated(before))
        time.sleep(moment)
        self._node.run("systemctl", "kill", "--signal=SIGKILL", AGENT, check=False)
        self.done.append(f"agent {moment} s after new keys sign")


def tell(kills: Kills) -> str:
    """Return how often whom, for the run's report."""
    counts: dict[str, int] = {}
    for one in kills.done:
        counts[one] = counts.get(one, 0) + 1
    return ", ".join(f"{one}: {times}" for one, times in sorted(counts.items()))
