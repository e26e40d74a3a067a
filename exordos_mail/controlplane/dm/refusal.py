# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Declarations of manifests that cannot be stored: refused with a reason, not raised.

The platform's agent logs an exception with a traceback and the declared values,
secrets included, in each of its passes (gcl_sdk agents/universal/services/agent.py).
So a *refused* declaration is reported to Core instead, with a status and a
`status_reason`, and tried again in the next pass.
"""

import datetime
import logging
import typing as tp

from restalchemy.common import exceptions as ra_exceptions
from restalchemy.dm import models
from restalchemy.storage import exceptions as storage_exceptions

from exordos_mail.controlplane import keyring, sealed_box
from exordos_mail.controlplane.dm import exceptions, fields, key_file, sealing
from exordos_mail.schema import catalogue

LOG = logging.getLogger(__name__)

Values = dict[str, tp.Any]

#: Fields of all models that hold secrets.
SECRETS = frozenset[str]().union(*(one.secrets for one in catalogue.nouns().values()))

# Of an object that is not stored; they would make each pass's report another one.
_TIMES = frozenset(("created_at", "updated_at"))


class Refusal:
    """Why a declaration is not stored.

    It takes the place of the object, and of each of its values, in the platform's
    code between our model and its report.

    Args:
        declared: the declared values.
        status: IN_PROGRESS while something else has to exist first, else ERROR.
        reason: one line for a person; it holds no value.
    """

    def __init__(self, declared: Values, status: str, reason: str) -> None:
        self.declared = declared
        self.status, self.reason = status, reason
        LOG.warning(
            "a manifest's object %s is refused: %s", declared.get("uuid"), reason
        )

    def __getattr__(self, name: str) -> "Refusal":
        return self

    def insert(self, session: tp.Any = None) -> None:
        """Store nothing."""

    def get_resource_ignore_fields(self) -> frozenset[str]:
        """Return no field: all of the report is for Core."""
        return frozenset()

    def dump_to_simple_view(self, skip: tp.Collection[str] = ()) -> Values:
        """Return what is reported: the declared values, marked."""
        return self.mark(self.declared)

    def mark(self, values: Values) -> Values:
        """Return the values that are no secrets, with this status and reason."""
        shown = {k: v for k, v in values.items() if k not in SECRETS | _TIMES}
        return {**shown, "status": self.status, "status_reason": self.reason}


class Declared(models.Model):
    """A model that refuses instead of raising; stands first of the bases."""

    refusal: Refusal | None = None

    @classmethod
    def restore_from_simple_view(
        cls, skip_unknown_fields: bool = False, **declared: tp.Any
    ) -> tp.Any:
        """Return the object of the declared values, or a Refusal."""
        try:
            return cls(**{n: cls._parse(n, v) for n, v in declared.items()})
        except _REFUSALS as error:
            return _refusal(declared, error)

    @classmethod
    def _parse(cls, name: str, value: tp.Any) -> tp.Any:
        if name != "uuid" and name not in cls.__noun__.declarable_fields:
            raise exceptions.MailValidationError(details=f"unknown field: {name}")
        field_type = cls.properties.properties[name].get_property_type()
        try:
            found = field_type.from_simple_type(value)
        except storage_exceptions.RecordNotFound:
            raise _Missing(name) from None
        except (ValueError, TypeError, AttributeError, OverflowError):
            raise exceptions.MailValidationError(
                details=f"{name}: the value has a wrong form"
            ) from None
        if isinstance(found, datetime.datetime):
            # a time has many texts, and one that is read back
            text = field_type.to_simple_type(found)
            if text != value:
                raise exceptions.MailValidationError(details=f"{name}: write {text}")
        return found

    def __setattr__(self, name: str, value: tp.Any) -> None:
        # The agent copies the values of `restore_from_simple_view` one by one.
        if isinstance(value, Refusal):
            name = "refusal"
        super().__setattr__(name, value)

    def insert(self, session: tp.Any = None) -> None:
        """Store the object, or note why not."""
        self._attempt(lambda: super(Declared, self).insert(session=session))

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changes, or note why not."""
        if self.refusal is None:
            self._attempt(lambda: super(Declared, self).update(session, force))

    def dump_to_simple_view(self, *args: tp.Any, **kwargs: tp.Any) -> Values:
        """Return the values as the agent compares and reports them."""
        view = super().dump_to_simple_view(*args, **kwargs)
        return self.refusal.mark(view) if self.refusal else view

    def get_resource_ignore_fields(self) -> frozenset[str]:
        """Return what the report leaves out: a secret that could not be opened."""
        name = self.__sealed_field__
        unread = name and isinstance(getattr(self, name), sealing.Envelope)
        return frozenset((name,)) if unread else frozenset()

    @classmethod
    def _unsealed(cls, stored: str, uuid: object) -> str:
        """Return a stored secret in plain, for the platform to compare.

        An envelope that does not open stays one and is not reported: the manifest's
        secret is then applied anew, under the key of today.
        """
        row = cls.envelope_row(uuid)
        try:
            return sealed_box.open_(stored, row, key_file.existing())
        except keyring.KeyringError as error:
            LOG.warning("secret of %s: %s", row, error)
            return sealing.Envelope(stored)

    def _public_key(self) -> sealed_box.PublicKey:
        return sealed_box.public_key(key_file.keys())

    def _attempt(self, write: tp.Callable[[], None]) -> None:
        try:
            write()
        except _REFUSALS as error:
            self.refusal = _refusal({"uuid": str(self.get_id())}, error)


class _Missing(Exception):
    """The object that a field refers to does not exist yet."""


_REFUSALS = (
    _Missing,
    exceptions.MailValidationError,
    exceptions.MailConflict,
    ra_exceptions.PropertyRequired,
    ra_exceptions.TypeError,
    storage_exceptions.RecordNotFound,
    keyring.KeyringError,
)


def _refusal(declared: Values, error: Exception) -> Refusal:
    if isinstance(error, (_Missing, storage_exceptions.RecordNotFound)):
        field = error.args[0] if isinstance(error, _Missing) else "its parent"
        return Refusal(declared, fields.IN_PROGRESS, f"{field}: waits until it exists")
    if isinstance(error, ra_exceptions.PropertyRequired):
        return Refusal(declared, fields.ERROR, f"{error.name}: a value is required")
    if isinstance(error, ra_exceptions.TypeError):
        # its text holds the value
        return Refusal(declared, fields.ERROR, "a value has a wrong type")
    return Refusal(declared, fields.ERROR, fields.as_reason(str(error)))
