# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is really in service of exim.

A pass in which nothing has changed must cost next to nothing, so what was in
order once and was not touched since is not read again (see `daemon.py`, and the
engine's `inventory.py` and `certificate.py`). The first pass of a process compares
everything.
"""

import datetime

from exordos_mail.dataplane.engine import (
    certificate,
    files,
    inventory,
    report,
    service,
)
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.services.exim import daemon, lockout, room
from exordos_mail.dataplane.services.exim import managed as managed_lib
from exordos_mail.standards import dkim


class Observer:
    """Compares the machine with what exim should have."""

    def __init__(
        self,
        layout: layout_lib.Layout,
        exim: daemon.Daemon,
        known: inventory.Inventory,
        tls: certificate.Watch,
        maker: managed_lib.Maker,
    ) -> None:
        self._layout = layout
        self._daemon = exim
        self._inventory = known
        self._certificate = tls
        self._maker = maker

    def health(self, payload: payload_lib.Payload) -> service.Health:
        """Return the state in service.

        Raises:
            OSError, KeyError: something could not be examined.
        """
        managed = self._maker.of(payload)
        problem = self._files_problem(payload, managed)
        dkim = {key.selector: key.record for key in payload.spec.dkim_keys}
        if problem is not None:
            # The key files may not be those of the payload.
            dkim = _dkim_records(self._layout, payload.domain)
        facts = {"dkim": dkim, "certificates": self._certificate.shown()}
        problem = problem or self._daemon.problem(managed.revision)
        if problem is not None:
            return service.Health(problem=problem, facts=facts)
        return service.Health(lack=self._lack() or "", facts=facts)

    def _lack(self) -> str | None:
        try:
            return room.problem(self._layout)
        except OSError as exc:
            return report.reason_of(exc)

    def _files_problem(
        self, payload: payload_lib.Payload, managed: managed_lib.ManagedFiles
    ) -> str | None:
        """Return which file is not as it should be; None: all of them are."""
        layout = self._layout
        if not self._certificate.is_good(payload.domain, now()):
            return "the certificate must be made anew"
        if lockout.is_pending(layout):
            return "sessions of changed accounts are still to be ended"
        for path, recipe in managed.tree.items():
            if not self._inventory.is_in_place(path, recipe):
                return f"{path} is not as it should be"
        for path in files.strays(layout, layout.owned_directories, managed.expected):
            return f"{path} does not belong there"
        return None


def _dkim_records(layout: layout_lib.Layout, domain: str) -> dict[str, str]:
    records = {}
    directory = layout.disk(f"{layout.dkim_dir}/{domain}")
    for path in sorted(directory.glob("*.key")) if directory.is_dir() else []:
        try:
            records[path.stem] = spec_lib.public_record(path.read_text("ascii"))
        except (OSError, UnicodeDecodeError, dkim.DKIMKeyError):
            continue  # a key that cannot be read cannot sign: not reported
    return records


def now() -> datetime.datetime:
    """Return the time of day, which nothing but certificates depends on."""
    return datetime.datetime.now(datetime.timezone.utc)
