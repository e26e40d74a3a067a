# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Secrets of models: plain once set, an Envelope once read, sealed in the row."""

import typing as tp

from restalchemy.dm import properties, types

from exordos_mail.controlplane import sealed_box
from exordos_mail.controlplane.dm import exceptions, sealing_key
from exordos_mail.controlplane.dm import types as mail_types

_NOT_YET = "the platform is not ready to keep secrets yet; try again in a minute"


class Envelope(str):
    """The encrypted form of a secret. User input is never an Envelope."""


class _Secret(mail_types.Checked):
    """A secret's text, or its envelope."""

    def validate(self, value: tp.Any) -> bool:
        """Return True, or raise MailValidationError."""
        return isinstance(value, Envelope) or super().validate(value)


def secret(field: str, check: tp.Callable[[object], str], max_length: int) -> tp.Any:
    """Return the property of an optional secret."""
    return properties.property(types.AllowNone(_Secret(field, check, max_length)))


def newest_key() -> sealed_box.PublicKey:
    """Return the key to seal to.

    Raises:
        MailConflict: there is none yet.
    """
    key = sealing_key.newest()
    if key is None:
        raise exceptions.MailConflict(details=_NOT_YET)
    return key
