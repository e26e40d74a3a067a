# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What becomes of messages, as a service of the node: threads of the agent itself.

They begin with the agent's first pass, and end with the agent or the instance. Where
they were is in the journal, so it does not matter when.
"""

import typing as tp
import weakref

from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import logins, service
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.outcomes import journal, log_files, pump, telling

_DIRECTORY_MODE = 0o700
_TO_GO = "the journal of outcomes is still to be removed"


class Outcomes(service.Service):
    """Reads exim's log. Every instance has it."""

    name = "outcomes"
    needs = ("exim",)

    def __init__(self, tools: service.Tools) -> None:
        layout = tools.layout
        self._log_dir = layout.disk(layout.log_dir)
        self._directory = layout.disk(layout.outcomes_dir)
        gateway = tools.gateway
        self._listeners = {
            journal.SEND: telling.send_service(layout.disk(layout.send_socket)),
            journal.ACCOUNTS: telling.control_plane(gateway)
            if gateway is not None
            else telling.nobody,
        }
        self._teller = logins.Teller(tools.observer)
        self._pump: pump.Pump | None = None

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return that it is."""
        return True

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return nothing: it depends on nothing."""
        return ()

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """Make its directory; the next pass begins to read."""
        files_lib.make_directory(self._directory, _DIRECTORY_MODE)

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return whether the log can be read."""
        if not self._directory.is_dir():
            return service.Health(problem=f"{self._directory} is not there")
        return service.Health(failure=self._pump.problem if self._pump else "")

    def doors(self, state: payload_lib.Payload) -> tuple[service.Door, ...]:
        """Return exim's log, which is read."""
        reader = self._pump
        if reader is None:
            return ()
        path = str(self._log_dir / log_files.NAMES[0])
        return (service.Door("log", lambda: reader.problem, path=path),)

    def attend(self) -> None:
        """See that the threads are at work."""
        if self._pump is None and self._directory.is_dir():
            self._pump = pump.Pump(
                self._log_dir, self._directory, self._listeners, self._teller
            )
            # They end with this object, too.
            weakref.finalize(self, self._pump.stopping.set)

    def retire(self, seconds: float) -> bool:
        """End the threads, and remove the journal."""
        if self._pump is not None:
            if not self._pump.stop(seconds):
                raise service.Problem(_TO_GO)
            self._pump = None
        if not self._directory.exists():
            return False
        files_lib.remove_tree(self._directory)
        return True
