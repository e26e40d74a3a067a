# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Imports of an account.

What a node tells of a run is written past this class (observed/imports.py), which also
removes the password at its end.
"""

import typing as tp

from restalchemy.dm import properties, types

from exordos_mail.controlplane.dm import exceptions, noun, stored
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema import mailbox_import as schema
from exordos_mail.standards import imap_source

_CHANGED_RULE = "it is given to the action start"
_BUSY = "the import is under way; stop it first"


class MailImport(stored.Stored):
    """An import; see `schema.mailbox_import`."""

    run: int
    state: str

    vars().update(noun.members(schema.NOUN))

    report = properties.property(
        types.TypedList(types.Dict()), required=True, default=list, mutable=True
    )

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new import, which runs.

        Raises:
            MailValidationError: a value breaks its rule, or there is no password.
        """
        tls = kwargs.setdefault("tls", imap_source.tls_of(kwargs.get("port")))
        kwargs.setdefault("port", imap_source.PORTS.get(str(tls), 1))
        if kwargs.get("password") is None:
            mail_types.refuse("password", "a value is required")
        super().__init__(**kwargs)

    def validate(self) -> None:
        """Hold the port to its TLS.

        Raises:
            MailValidationError: port 993 without implicit TLS.
        """
        super().validate()
        if not imap_source.fits(self.port, self.tls):
            mail_types.refuse("tls", imap_source.PORT_RULE)

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changes.

        Raises:
            MailValidationError: another password, which no run would remove.
        """
        if self.has_new_secret():
            mail_types.refuse("password", _CHANGED_RULE)
        super().update(session=session, force=force)

    def start(
        self,
        password: str,
        dry_run: bool = False,
        session: tp.Any = None,
    ) -> None:
        """Run it once more.

        Raises:
            MailConflict: it runs.
        """
        if self.state not in schema.ENDED:
            raise exceptions.MailConflict(details=_BUSY)
        self.password, self.dry_run = password, dry_run
        self.run, self.stopped = self.run + 1, False
        self.state, self.error, self.report = schema.WAITING, "", []
        self.started_at = self.ended_at = None
        for name in ("messages_done", "messages_copied", "octets_copied"):
            setattr(self, name, 0)
        super().update(session=session)

    def stop(self, session: tp.Any = None) -> None:
        """End the run; nothing happens if it has ended."""
        if self.state not in schema.ENDED:
            self.stopped = True
            super().update(session=session)
