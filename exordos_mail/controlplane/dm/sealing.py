# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Models with a secret that is sealed when it is written."""

import typing as tp

from restalchemy.dm import models, properties, types

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


class Sealed(models.Model):
    """A stored model with one secret: plain once set, an Envelope once read.

    Attributes:
        __sealed_field__: the name of the secret.
    """

    __sealed_field__: str

    @classmethod
    def envelope_row(cls, uuid: object) -> str:
        """Return the row name that an object's envelope is bound to."""
        return f"{cls.__tablename__}:{uuid}"

    @classmethod
    def restore_row(cls, row: tp.Mapping[str, tp.Any], pour: tp.Any = None) -> tp.Any:
        """Return the stored object."""
        stored = row[cls.__sealed_field__]
        secret = None if stored is None else cls._unsealed(stored, row["uuid"])
        restore = super().restore_row
        return restore({**row, cls.__sealed_field__: secret}, pour)

    def has_new_secret(self) -> bool:
        """Tell whether the secret is one that was set, not one that was read."""
        value = getattr(self, self.__sealed_field__)
        return value is not None and not isinstance(value, Envelope)

    @classmethod
    def _unsealed(cls, stored: str, uuid: object) -> str:
        """Return what stands for a stored secret in the object."""
        return Envelope(stored)

    def _public_key(self) -> sealed_box.PublicKey:
        """Return the key to seal to.

        Raises:
            MailConflict: there is none yet.
        """
        key = sealing_key.newest()
        if key is None:
            raise exceptions.MailConflict(details=_NOT_YET)
        return key

    def _get_prepared_data(self, properties: tp.Any = None) -> dict[str, tp.Any]:
        data: dict[str, tp.Any] = super()._get_prepared_data(properties)
        name = self.__sealed_field__
        if data.get(name) is not None and self.has_new_secret():
            row = self.envelope_row(self.uuid)
            data[name] = sealed_box.seal(data[name], row, self._public_key())
        return data
