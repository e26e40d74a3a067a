# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The running Dovecot: which configuration it has, and how it gets another one.

Each dialogue is a line in Dovecot's log. So the same master process counts for a minute
as one that tells the same revision still.
"""

import pathlib
import time

from exordos_mail.dataplane.engine import files, service
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import unit as unit_lib
from exordos_mail.dataplane.services.dovecot import paths as paths_lib
from exordos_mail.dataplane.services.dovecot import probe, render, sites

_PATIENCE = {"start": 8.0, "reload": 4.0, "restart": 8.0}  # seconds
_INTERVAL = 0.02
# One that is there but answers nobody is found by this.
_DIALOGUE_INTERVAL = 60.0
_OTHER = "Dovecot runs another configuration"
_monotonic = time.monotonic


class DovecotDaemon:
    """Dovecot's master process with all of its own, and whoever runs it."""

    def __init__(
        self,
        layout: layout_lib.Layout,
        paths: paths_lib.DovecotPaths,
        unit: unit_lib.Unit,
    ) -> None:
        self._layout = layout
        self._paths = paths
        self._unit = unit
        #: The process and the revision that were last found to serve, and until when.
        self._seen: tuple[object, float] = (None, 0.0)

    def problem(self, revision: str, shown: sites.Proof) -> str:
        """Return why clients are not served with a configuration, or "".

        Args:
            revision: of the configuration.
            shown: certificates by name, in DER, that prove it.
        """
        seen = (self._identity(), revision)
        if (
            seen[0] is not None
            and seen == self._seen[0]
            and _monotonic() < self._seen[1]
        ):
            return ""
        self._seen = (None, 0.0)
        reason = self.lacks(revision) or self._dumb() or self._hides(shown)
        if not reason:
            self._seen = seen, _monotonic() + _DIALOGUE_INTERVAL
        return reason

    def lacks(self, revision: str) -> str:
        """Return why it does not have a configuration, or ""."""
        try:
            running = probe.revision(self._paths)
        except probe.DovecotSilent as exc:
            return str(exc)
        return "" if running == revision else _OTHER

    def take(self, revision: str) -> str:
        """Have it take the configuration in place; return why it does not, or "".

        Raises:
            ServiceError: the service manager refuses.
        """
        reason = self.lacks(revision)
        if not reason:
            return ""
        for verb in ("start",) if reason == probe.AWAY else ("reload", "restart"):
            getattr(self._unit, verb)()
            end = _monotonic() + _PATIENCE[verb]
            while (reason := self.lacks(revision)) and _monotonic() < end:
                time.sleep(_INTERVAL)
            if not reason:
                return ""
        return reason

    def conf_in_service(self) -> files.File | None:
        """Return the configuration on the disk if Dovecot is known to run it."""
        try:
            conf = render.file(self._layout.disk(self._paths.conf).read_bytes())
            running = probe.revision(self._paths)
        except (OSError, probe.DovecotSilent):
            return None
        return conf if render.revision(conf) == running else None

    def restart(self) -> None:
        """Start it anew."""
        self._unit.restart()

    def stop(self) -> None:
        """Stop it with all sessions."""
        self._unit.stop()

    def _identity(self) -> object:
        """Return what identifies the master process; None: there is none."""
        try:
            path = self._layout.disk(self._paths.pid_file)
            pid = int(path.read_text())
            # Its start counts: a pid is used again.
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except (OSError, ValueError):
            return None
        return pid, stat.rpartition(") ")[2].split()[19]

    def _dumb(self) -> str:
        """Return which socket of exim's does not answer, or ""."""
        disk = self._layout.disk
        try:
            probe.check_lmtp(disk(self._paths.lmtp_socket))
            probe.check_quota(disk(self._paths.quota_socket))
        except service.Problem as exc:
            return str(exc)
        return ""

    def _hides(self, shown: sites.Proof) -> str:
        """Return which name is shown another certificate than it should be, or ""."""
        port = self._paths.imaps_port
        for name, wanted in shown:
            try:
                found = probe.certificate(port, name)
            except probe.DovecotSilent as exc:
                return str(exc)
            if found != wanted:
                return f"port {port} shows another certificate for {name}"
        return ""
