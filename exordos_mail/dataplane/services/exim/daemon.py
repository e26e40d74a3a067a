# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The running exim: which configuration it has, and how it gets another one.

A dialogue costs exim a process, so a daemon with the identity that it had when
it last announced its revision counts as the same daemon for a minute.
"""

import time

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import unit as unit_lib
from exordos_mail.dataplane.services.exim import nameserver, probe, render

_RELOAD_TIMEOUT = 5.0  # seconds until the reloaded exim has the revision
_START_TIMEOUT = 10.0
# A daemon that is there but answers nobody is found by this.
_DIALOGUE_INTERVAL = 60.0  # seconds
# Only a start makes that another one (see nameserver.py).
_MISLED = "exim does not ask the resolver that it should"


class Daemon:
    """exim's daemon, and whoever runs it."""

    def __init__(self, layout: layout_lib.Layout, service: unit_lib.Unit) -> None:
        self._layout = layout
        self._service = service
        self._seen: tuple[tuple[int, ...], str] | None = None
        self._next_dialogue = 0.0

    def problem(self, revision: str) -> str | None:
        """Return why exim does not serve a configuration; None: it does."""
        identity = probe.daemon(self._layout)
        if identity is None:
            return "exim does not run"
        if not nameserver.is_right(self._layout, identity[0]):
            return _MISLED
        seen = (identity, revision)
        if seen == self._seen and time.monotonic() < self._next_dialogue:
            return None
        self._seen = None
        try:
            running = probe.running_revision(self._layout)
        except probe.ProbeError as exc:
            return str(exc)
        if running != revision:
            return "exim runs another configuration"
        self._seen = seen
        self._next_dialogue = time.monotonic() + _DIALOGUE_INTERVAL
        return None

    def bring(self, revision: str) -> str | None:
        """Make the running exim have `revision`; return why it has not.

        Raises:
            ServiceError: exim could not be restarted.
        """
        layout = self._layout
        problem = self.problem(revision)
        if problem is None:
            return None
        if problem != _MISLED and probe.daemon(layout) is not None:
            try:
                self._service.reload()
            except unit_lib.ServiceError:
                reason: str | None = "reload refused"
            else:
                reason = probe.wait_for_revision(layout, revision, _RELOAD_TIMEOUT)
            if reason is None:
                return None
        self.restart()
        return probe.wait_for_revision(layout, revision, _START_TIMEOUT)

    def conf_in_service(self) -> files.File | None:
        """Return the configuration on the disk if exim is known to run it."""
        layout = self._layout
        try:
            content = layout.disk(layout.exim_conf).read_bytes()
            running = probe.running_revision(layout)
        except (OSError, probe.ProbeError):
            return None
        conf = files.File(content, group=layout.exim_group, mode=0o640)
        return conf if render.revision_of(conf) == running else None

    def restart(self) -> None:
        """Start exim anew."""
        self._service.restart()

    def stop(self) -> None:
        """Stop exim with its sessions and deliveries."""
        self._service.stop()
