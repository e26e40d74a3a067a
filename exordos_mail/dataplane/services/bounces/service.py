# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What comes back to the envelope senders of the send service's mail, for it to judge.

A thread of the agent itself, beside that of outcomes. What it was not rid of waits in
exim's spool.
"""

import typing as tp
import weakref

from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import service
from exordos_mail.dataplane.services.bounces import postman

_TO_GO = "bounces are still being told"


class Bounces(service.Service):
    """Hands bounces to the send service. Every instance has it."""

    name = "bounces"
    needs = ("exim",)

    def __init__(self, tools: service.Tools) -> None:
        layout = tools.layout
        self._directory = layout.disk(layout.bounces_dir)
        self._socket = layout.disk(layout.send_socket)
        self._postman: postman.Postman | None = None

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return that it is."""
        return True

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return nothing: it depends on nothing."""
        return ()

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return nothing: that the send service is away is told by its own service."""
        return service.Health()

    def attend(self) -> None:
        """See that the thread is at work where there can be something."""
        if self._postman is None and self._directory.is_dir():
            self._postman = postman.Postman(self._directory, self._socket)
            # It ends with this object, too.
            weakref.finalize(self, self._postman.stopping.set)

    def retire(self, seconds: float) -> bool:
        """End the thread, and remove what waits."""
        if self._postman is not None:
            if not self._postman.stop(seconds):
                raise service.Problem(_TO_GO)
            self._postman = None
        if not self._directory.exists():
            return False
        files_lib.remove_tree(self._directory)
        return True
