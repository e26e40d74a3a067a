# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is really in service: the report of a node.

A pass in which nothing has changed must cost next to nothing, so what was in
order once and was not touched since is not read again (see `inventory.py`,
`daemon.py`, `certificate.py`). The first pass of a process compares everything.
"""

import dataclasses
import datetime

from exordos_mail.dataplane.engine import certificate, files, inventory
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import report as report_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.engine import state as state_lib
from exordos_mail.dataplane.services.exim import daemon, lockout
from exordos_mail.dataplane.services.exim import managed as managed_lib
from exordos_mail.standards import dkim


class Observer:
    """Compares the machine with the accepted payload."""

    def __init__(
        self,
        layout: layout_lib.Layout,
        store: state_lib.Store,
        exim: daemon.Daemon,
        known: inventory.Inventory,
        tls: certificate.Watch,
        maker: managed_lib.Maker,
    ) -> None:
        self._layout = layout
        self._store = store
        self._daemon = exim
        self._inventory = known
        self._certificate = tls
        self._maker = maker

    def report(self) -> report_lib.Report:
        """Return the state in service.

        Raises:
            OSError, KeyError: something could not be examined.
        """
        payload = self._store.load()
        if payload is None:
            return report_lib.Report(reason="no payload has been accepted yet")
        report = report_lib.Report(
            uuid=payload.uuid,
            name=payload.name,
            generation=payload.generation,
            revision=payload.revision,
            domain=payload.domain,
            status=report_lib.ACTIVE,
            dkim={key.selector: key.record for key in payload.spec.dkim_keys},
            certificates=self._certificate.shown(),
        )
        managed = self._maker.of(payload)
        problem = self._files_problem(payload, managed)
        if problem is not None:
            # The key files may not be those of the payload.
            records = _dkim_records(self._layout, payload.domain)
            report = dataclasses.replace(report, dkim=records)
        problem = problem or self._daemon.problem(managed.revision)
        if problem is None:
            return report
        return report.without_revision().waiting(problem)

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
        for shard in sorted(self._store.damaged(payload)):
            return f"the node's own copy of shard {shard} of the accounts is damaged"
        for path in files.strays(layout, managed.expected):
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
