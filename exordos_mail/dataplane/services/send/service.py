# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The send service of the node: its files, its start and its end.

An instance without tenants runs no service: then all of this is one look at the
disk. The next pass waits for the end of this one, so nothing here goes on while the
doorbell rings.
"""

import logging
import time
import typing as tp

from exordos_mail import constants as c
from exordos_mail.dataplane.engine import files as files_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import send_socket, service
from exordos_mail.dataplane.services.send import control, doors, render, tenants

LOG = logging.getLogger(__name__)

# Seconds that a pass takes for the service at most, beside the one exchange that
# is under way at the end.
_START_TIMEOUT, _STOP_TIMEOUT = 10.0, 5.0
_INTERVAL = 0.05
# Without an answer so often in a row, the service is started anew.
_SILENCES = 3
_TO_GO = "the send service is still to be removed"
_monotonic = time.monotonic


class Send(service.Service):
    """Messages by HTTP in, by SMTP out. An instance with tenants has it."""

    name = "send"
    # It logs in there.
    needs = ("exim",)
    reads = ("tenants",)

    def __init__(self, tools: service.Tools) -> None:
        self._layout = layout = tools.layout
        # Nobody waits for it, not even for its stop.
        self._unit = tools.unit(self.name, c.SEND_UNIT, wait=False)
        self._inventory = tools.inventory
        self._fetcher = tools.fetcher
        self._control = control.Control(layout.disk(layout.send_socket))
        self._tenants = tenants.Tenants(self._control, tools.fetcher)
        self._silences = 0

    def wanted(self, state: payload_lib.Payload) -> bool:
        """Return whether there are tenants; unknown ones are those that there were."""
        if not state.knows("tenants"):
            return self._is_there
        return bool(state.digests("tenants"))

    def part(self, state: payload_lib.Payload) -> tp.Hashable:
        """Return the tenants, where their mail may go, and its name; None: none."""
        if not self.wanted(state):
            return None
        tenants = tuple(state.digests("tenants").items())
        return tenants, state.spec.send_networks, state.host

    def files(self, state: payload_lib.Payload) -> files_lib.Tree:
        """Return what it reads at its start, and what may change under it."""
        early = render.at_start(state.spec, self._layout)
        return {**early, **render.later(self._layout)}

    def prepare(self, state: payload_lib.Payload) -> None:
        """See Service."""
        render.make_directory(self._layout)
        early = render.at_start(state.spec, self._layout)
        self._inventory.put(early, early)
        late = render.later(self._layout)
        self._inventory.put(late, late)

    def bring(
        self, state: payload_lib.Payload, previous: payload_lib.Payload | None
    ) -> None:
        """Start the service and hand over the tenants, as far as one pass may."""
        early = render.at_start(state.spec, self._layout)
        if not all(self._inventory.is_in_place(*one) for one in early.items()):
            # It reads them when it starts. While it is down nobody has the old
            # ones, so a kill anywhere leaves nothing to remember.
            self._stop(_STOP_TIMEOUT)
        self.prepare(state)
        with self._counted():
            self._tenants.bring(state, self._reach())
        self._fetcher.release()

    def health(self, state: payload_lib.Payload) -> service.Health:
        """Return whether it has its files, and the tenants of the state."""
        if not self.wanted(state):
            return service.Health(problem=_TO_GO if self._is_there else "")
        for path, recipe in self.files(state).items():
            if not self._inventory.is_in_place(path, recipe):
                return service.Health(problem=f"{path} is not as it should be")
        try:
            with self._counted():
                held = self._control.look()
        except send_socket.Away as exc:
            return service.Health(problem=str(exc))
        return service.Health(problem=tenants.problem(state, held))

    def doors(self, state: payload_lib.Payload) -> tuple[service.Door, ...]:
        """See Service."""
        return doors.doors(self._layout, self._control)

    def retire(self, seconds: float) -> bool:
        """Stop the service and remove its files, its messages and its tenants."""
        layout = self._layout
        if not self._is_there:
            return False
        self._stop(seconds)
        # It may be a link to the data disk, or a mount point: it stays, empty.
        files_lib.clear(layout.disk(layout.send_data_dir).resolve())
        # Last: as long as it is there, the service counts as there.
        files_lib.remove_tree(layout.disk(layout.send_dir))
        return True

    @property
    def _is_there(self) -> bool:
        return files_lib.signature(self._layout.disk(self._layout.send_dir)) is not None

    @property
    def _is_running(self) -> bool:
        # systemd makes the socket's directory for the service, and removes it
        # after the last of its processes.
        return self._layout.disk(self._layout.send_socket).parent.exists()

    def _is_listening(self) -> bool:
        # systemd starts it again and again; when it is back, all may be well.
        return self._layout.disk(self._layout.send_socket).exists()

    def _reach(self) -> control.Held:
        """Return what the service has; it is started if it does not run."""
        try:
            return self._control.look()
        except send_socket.Away:
            self._unit.start()
        end = _monotonic() + _START_TIMEOUT
        was_running = False
        while True:
            try:
                return self._control.look()
            except send_socket.Away:
                is_running = self._is_running
                if was_running and not is_running:
                    raise self._not_started("ends at its start") from None
                if _monotonic() > end:
                    raise self._not_started("does not start") from None
            was_running = is_running
            self._sleep("the send service is starting")

    def _not_started(self, what: str) -> service.Problem:
        return service.Problem(f"the send service {what}", self._is_listening)

    def _stop(self, seconds: float) -> None:
        if not self._is_running:
            return
        self._unit.stop()
        end = _monotonic() + seconds
        while self._is_running:
            if _monotonic() > end:
                raise service.NotYet("the send service is stopping")
            self._sleep("the send service is stopping")

    def _sleep(self, what: str) -> None:
        if self._fetcher.is_rung:
            raise service.NotYet(what)
        time.sleep(_INTERVAL)

    def _counted(self) -> "_Silences":
        return _Silences(self)

    def heard(self, is_silent: bool) -> None:
        """Count what it does not answer; start it anew if that is too often.

        Raises:
            ServiceError: it could not be started anew.
        """
        self._silences = self._silences + 1 if is_silent else 0
        if self._silences >= _SILENCES:
            self._silences = 0
            LOG.warning("the send service has been silent for long: started anew")
            self._unit.restart()


class _Silences:
    """Counts how a dialogue with the service ends."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        is_silent = kind is not None and issubclass(kind, send_socket.Silent)
        if kind is None or issubclass(kind, Exception):
            self._send.heard(is_silent)
