# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Certificates: those that users bring, and those that the platform gets for them.

What is written here is a user's. The service that orders certificates
(controlplane/certificates) writes its own columns past this class.
"""

import typing as tp

from exordos_mail.controlplane.dm import fields, noun, stored
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema import certificate as schema
from exordos_mail.standards import certificate_pair

_BOTH = "a chain and its private_key are given together, and only for the source own"


class MailCertificate(stored.Stored):
    """A certificate of an instance; see `schema.certificate`."""

    vars().update(noun.members(schema.NOUN))

    def insert(self, session: tp.Any = None) -> None:
        """Store a new one.

        Raises:
            MailValidationError: a server must not show what was given.
        """
        self._judge()
        super().insert(session=session)

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changes.

        Raises:
            MailValidationError: see `insert`; a chain without its key.
        """
        is_other = self.properties["source"].is_dirty()
        if is_other or self.properties["chain"].is_dirty() or self.has_new_secret():
            self._judge()
        super().update(session=session, force=force)

    def _judge(self) -> None:
        """Hold a pair to what a server may show, and note what it says."""
        if self.source == schema.OWN:
            self._take_own()
        elif self._has_new_pair():
            mail_types.refuse("source", _BOTH)

    def _has_new_pair(self) -> bool:
        is_new = self.chain is not None and self.properties["chain"].is_dirty()
        return is_new or self.has_new_secret()

    def _take_own(self) -> None:
        if self.chain is None or not self.has_new_secret():
            mail_types.refuse("private_key", _BOTH)
        try:
            found = certificate_pair.check(
                self.chain, str(self.private_key), self.hostname, fields.now()
            )
        except certificate_pair.PairError as error:
            mail_types.refuse(error.field, str(error))
        self.state, self.reason, self.tlsa_next = schema.VALID, "", ""
        self.serial, self.sha256, self.tlsa = found.serial, found.sha256, found.tlsa
        self.not_before, self.not_after = found.not_before, found.not_after
        self.renew_at, self.automatic = None, False
