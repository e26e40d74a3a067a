# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""MTA-STS policies of recipients' domains (RFC 8461), for exim.

It is postfix-mta-sts-resolver, and runs where the node's resolver has proved itself
(see services/resolver): exim asks it then, and puts mail off until it answers.
"""

import os
import time
import typing as tp

from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import service
from exordos_mail.dataplane.engine import unit as unit_lib
from exordos_mail.dataplane.services.mta_sts import ask, paths, render

_START = 8.0  # seconds until it answers
_INTERVAL = 0.05
_DIRECTORY_MODE = 0o750
_monotonic = time.monotonic


class MTASTS(service.Service):
    """mta-sts-daemon. An instance whose settings tell of a resolver has it."""

    name = "mta_sts"
    # exim asks it from its start on, and it the resolver.
    needs = ("resolver",)

    def __init__(self, tools: service.Tools) -> None:
        self._layout = tools.layout
        self._unit = tools.unit(self.name, paths.UNIT)
        self._inventory = tools.inventory

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return whether the operator has nodes have a resolver."""
        return state.spec.resolver is not None

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return whether there is one: its configuration is always the same."""
        return self.wanted(state)

    def files(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return the configuration."""
        return {paths.CONF: files_lib.Recipe.of(render.configuration())}

    def prepare(self, state: payload_lib.Payload) -> None:
        """See Service."""
        self._put(state)

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """See Service."""
        changed = self._put(state)
        reason = self._lacks()
        if not (reason or changed) or not self._is_used:
            return
        try:
            self._unit.restart()
        except unit_lib.ServiceError as exc:
            raise service.Problem(str(exc)) from None
        end = _monotonic() + _START
        while reason := self._lacks():
            if _monotonic() > end:
                raise service.Problem(reason, lambda: not self._lacks())
            time.sleep(_INTERVAL)

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return whether it answers."""
        if not self.wanted(state):
            left = "the MTA-STS daemon is still to be removed" if self._is_there else ""
            return service.Health(problem=left)
        for path, recipe in self.files(state).items():
            if not self._inventory.is_in_place(path, recipe):
                return service.Health(problem=f"{path} is not as it should be")
        return service.Health(problem=self._lacks() if self._is_used else "")

    def doors(self, state: payload_lib.Payload) -> tuple[service.Door, ...]:
        """See Service; exim asks it where the resolver has proved itself."""
        if not self._is_used:
            return ()
        on_disk = self._layout.disk(paths.SOCKET)

        def look() -> str:
            ask.check(on_disk)
            return ""

        return (service.Door("MTA-STS policies", look, path=paths.SOCKET),)

    def retire(self, seconds: float) -> bool:
        """Stop it and remove its files, and whose policies it has seen."""
        if not self._is_there:
            return False
        self._unit.stop()
        files_lib.clear(self._layout.disk(paths.STATE_DIR))
        files_lib.remove_tree(self._layout.disk(paths.DIRECTORY))
        return True

    @property
    def _is_there(self) -> bool:
        return files_lib.signature(self._layout.disk(paths.DIRECTORY)) is not None

    @property
    def _is_used(self) -> bool:
        return self._layout.disk(self._layout.resolv_conf).exists()

    def _put(self, state: payload_lib.Payload) -> bool:
        """Put the configuration in place; return whether it was another one."""
        on_disk = self._layout.disk(paths.DIRECTORY)
        files_lib.make_directory(on_disk, _DIRECTORY_MODE)
        os.chown(on_disk, -1, self._layout.gid(paths.USER))
        tree = self.files(state)
        return bool(self._inventory.put(tree, tree))

    def _lacks(self) -> str:
        """Return why it does not answer, or ""."""
        try:
            ask.check(self._layout.disk(paths.SOCKET))
        except ask.PoliciesSilent as exc:
            return str(exc)
        return ""
