# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Imports as a service of the node: processes that the agent starts.

An import that fails is told of to who wanted it, and is no failure of the node.
"""

import typing as tp
import weakref

from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import service
from exordos_mail.dataplane.services.imports import job, keeper

_TO_TAKE = "imports are still to be taken up"


class Imports(service.Service):
    """Runs imports. An instance that keeps mailboxes has it."""

    name = "imports"
    needs = ("dovecot",)
    reads = (job.COLLECTION,)

    def __init__(self, tools: service.Tools) -> None:
        self._keeper = keeper.ImportKeeper(tools.layout, tools.observer)
        self._taken: tp.Hashable = None
        # Runs end with this object, too.
        weakref.finalize(self, self._keeper.stop_runs)

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return whether the instance keeps mailboxes."""
        return state.spec.mailboxes is not None

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return what imports depend on; None: there are none."""
        if not self.wanted(state):
            return None
        return state.spec.send_networks, tuple(state.digests(job.COLLECTION).items())

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """Take up what is wanted; the next pass starts and ends runs."""
        found = state.documents(job.COLLECTION)
        jobs = {uuid: job.parse(document) for uuid, document in found.items()}
        good = {uuid: one for uuid, one in jobs.items() if one is not None}
        self._keeper.want(good, state.spec.send_networks)
        self._taken = self.part(state)

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return whether what is wanted was taken up."""
        if self._taken == self.part(state):
            return service.Health()
        # An agent that begins anew has nothing to take up where there is nothing.
        is_due = state.digests(job.COLLECTION) or self._keeper.has_work
        return service.Health(problem=_TO_TAKE if is_due else "")

    def attend(self) -> None:
        """Start, end and tell of runs."""
        if self._taken is not None:
            self._keeper.attend()

    def retire(self, seconds: float) -> bool:
        """End all runs; what was copied stays."""
        self._taken = None
        return self._keeper.stop(seconds)
