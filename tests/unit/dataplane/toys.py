# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Small services for the real engine: each has a file, a daemon, and ways to break."""

import threading
import typing as tp

from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import service

#: Every way in which a service may fail: which of its steps, and how.
WAYS = {
    "does not start": ("bring", service.Problem),
    "refuses what it is brought to": ("bring", service.Refused),
    "refuses in its rehearsal": ("rehearse", service.RehearsalFailed),
    "has a fault of its own": ("bring", ZeroDivisionError),
    "hangs at its start": ("bring", None),
    "hangs in its rehearsal": ("rehearse", None),
    "hangs when it is asked": ("health", None),
}


class Toy(service.Service):
    """Serves the rate limit that is in its file, since it was last started."""

    name = "toy"
    reads = ("accounts", "tenants")

    def __init__(self, tools: service.Tools) -> None:
        self.running: str | None = None
        self.way: str | None = None
        #: Ends a hang.
        self.go_on = threading.Event()
        #: How often each step has begun.
        self.begun: list[str] = []
        self._tools = tools

    @property
    def path(self) -> str:
        """The one file."""
        return f"/etc/{self.name}.conf"

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return True."""
        return True

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return the rate limit."""
        return state.spec.rate_limit

    def files(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return a file of the rate limit."""
        content = state.spec.rate_limit.encode()
        return {self.path: files_lib.Recipe.of(files_lib.File(content))}

    def rehearse(self, state: payload_lib.Payload) -> None:
        """See Service."""
        self._step("rehearse")

    def prepare(self, state: payload_lib.Payload) -> None:
        """Write the file."""
        self._step("rehearse")
        tree = self.files(state)
        self._tools.inventory.put(tree, tree)

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """Write the file, and have the daemon read it."""
        self._step("bring")
        tree = self.files(state)
        self._tools.inventory.put(tree, tree)
        self.running = self._tools.layout.disk(self.path).read_text()

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return whether the daemon has the state."""
        self._step("health")
        if self.running != state.spec.rate_limit:
            return service.Health(problem=f"{self.name} has {self.running}")
        return service.Health()

    def retire(self, seconds: float) -> bool:
        """Stop, and remove the file."""
        self._step("retire")
        self.running = None
        on_disk = self._tools.layout.disk(self.path)
        had_something = on_disk.exists()
        files_lib.remove(on_disk)
        return had_something

    def attend(self) -> None:
        """Do nothing."""

    def _step(self, step: str) -> None:
        self.begun.append(step)
        broken, how = WAYS.get(self.way or "", ("", None))
        if broken != step:
            return
        if how is None:
            self.go_on.wait()
        else:
            raise how(f"{self.name} {self.way}")


class First(Toy):
    """One that another one needs."""

    name = "first"


class Second(Toy):
    """One that needs another one."""

    name = "second"
    needs = ("first",)
