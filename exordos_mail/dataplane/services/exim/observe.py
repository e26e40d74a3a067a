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
    tls_pairs,
)
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.services.exim import (
    daemon,
    domains,
    handshakes,
    lockout,
    outbound,
    room,
)
from exordos_mail.dataplane.services.exim import managed as managed_lib
from exordos_mail.dataplane.services.exim import passwd as passwd_lib
from exordos_mail.standards import certificates, dkim

# Of one domain's keys that many are remembered.
_RECORDS = 32


class Observer:
    """Compares the machine with what exim should have."""

    def __init__(
        self,
        layout: layout_lib.Layout,
        exim: daemon.Daemon,
        known: inventory.Inventory,
        tls: certificate.Watch,
        maker: managed_lib.Maker,
        passwd: passwd_lib.Passwd,
    ) -> None:
        self._layout = layout
        self._daemon = exim
        self._inventory = known
        self._certificate = tls
        self._maker = maker
        self._passwd = passwd
        self._handshakes = handshakes.Handshakes(layout)
        #: Records by selector and version of a key.
        self._records: dict[tuple[str, str], str] = {}

    def health(self, payload: payload_lib.Payload) -> service.Health:
        """Return the state in service.

        Raises:
            OSError, KeyError: something could not be examined.
        """
        managed = self._maker.of(payload)
        problem = self._files_problem(payload, managed)
        dkim = {key.selector: self._record(key) for key in managed.keys}
        if problem is not None:
            # The key files may not be those of the payload.
            dkim = _dkim_records(self._layout, payload.domain)
        shown = self._shown(payload, managed.choice)
        facts = {"dkim": dkim, "certificates": shown}
        problem = problem or self._daemon.problem(managed.revision)
        problem = problem or self._handshakes.problem(managed.choice)
        if problem is not None:
            return service.Health(problem=problem, facts=facts)
        lack = report.joined(self._lack(), outbound.lack(managed.way))
        return service.Health(lack=lack, facts=facts)

    def _shown(
        self, payload: payload_lib.Payload, choice: tls_pairs.Choice
    ) -> tuple[str, ...]:
        """Return the certificates that clients are shown, the usual one first."""
        default = choice.default(*tls_pairs.own_names(payload.spec))
        first = (default.leaf,) if default else self._certificate.shown()
        return (*first, *(one.leaf for one in choice.pairs if one != default))[
            : certificates.COUNT_MAX
        ]

    def _record(self, key: domains.Key) -> str:
        known = (key.selector, key.version)
        if known not in self._records:
            if len(self._records) > _RECORDS:
                self._records.clear()
            self._records[known] = spec_lib.public_record(key.pem())
        return self._records[known]

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
        if not self._certificate.is_good(tls_pairs.own_names(payload.spec), now()):
            return "the certificate must be made anew"
        if lockout.is_pending(layout):
            return "sessions of changed accounts are still to be ended"
        for path, recipe in managed.tree.items():
            if path == layout.passwd and self._passwd.may_wait(recipe):
                continue
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
