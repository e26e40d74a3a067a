# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The models as manifests see them: what a manifest declares reads back the same.

The platform's core-agent stores what a manifest declares through these classes,
reads it back and compares: an object has settled when both are equal and its status
is ACTIVE (gcl_sdk drivers/direct.py, exordos_core elements/dm/models.py). No
controller stands in between.
"""

import logging
import typing as tp

from restalchemy.dm import properties, types

from exordos_mail.controlplane import keyring
from exordos_mail.controlplane.dm import (
    account,
    api_key,
    app_password,
    domain,
    exceptions,
    key_file,
    noun,
    refusal,
    sealing,
)
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema import catalogue
from exordos_mail.standards import api_key as standard
from exordos_mail.standards import app_password as app_passwords

LOG = logging.getLogger(__name__)


class DeclaredAccount(refusal.Declared, account.BaseAccount):
    """An account in a manifest.

    Attributes:
        password: the plain password if the manifest declares one. The row holds an
            envelope of it (controlplane/keyring.py) besides its hash, because what
            is read back must equal what was declared. Whoever changes the hash past
            this class empties it, so the declaration is applied again.
    """

    password = properties.property(types.AllowNone(mail_types.Password()))

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new account; see `BaseAccount`."""
        plain = kwargs.get("password")
        super().__init__(**kwargs)
        self.password = plain

    @classmethod
    def restore_row(cls, row: tp.Mapping[str, tp.Any], pour: tp.Any = None) -> tp.Any:
        """Return the stored account with its password in plain.

        An envelope that does not open counts as none: the manifest's password is
        then applied anew, under the key of today.
        """
        plain = row["password"]
        if plain is not None:
            try:
                plain = key_file.existing().open(plain, _envelope_row(row["uuid"]))
            except keyring.KeyringError as error:
                LOG.warning("password of account %s: %s", row["uuid"], error)
                plain = None
        return super().restore_row({**row, "password": plain}, pour)

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changes; a new password gives a new hash, and the reverse."""
        if self.properties["password"].is_dirty() and self.password is not None:
            self.password_hash = account.stored_value(self.password)
        elif self.properties["password_hash"].is_dirty():
            self.password = None
        super().update(session=session, force=force)

    def get_resource_ignore_fields(self) -> frozenset[str]:
        """Return what the report leaves out: the one that was not declared."""
        return frozenset(("password" if self.password is None else "password_hash",))

    def _get_prepared_data(self, properties: tp.Any = None) -> refusal.Values:
        data: refusal.Values = super()._get_prepared_data(properties)
        if data.get("password") is not None:
            data["password"] = key_file.keys().seal(
                data["password"], _envelope_row(self.uuid)
            )
        return data


class DeclaredDomain(refusal.Declared, domain.BaseDomain):
    """A domain in a manifest; the primary one by the uuid of its instance."""

    def delete(self, session: tp.Any = None) -> None:
        """Remove the row; leave the primary domain, which no manifest has made.

        Raises:
            MailConflict: something needs the domain still; the agent tries again.
        """
        if self.primary:
            LOG.info("the primary domain of instance %s stays", self.uuid)
            return
        super().delete(session=session)


class DeclaredSendAPIKey(refusal.Declared, api_key.BaseAPIKey):
    """An API key in a manifest.

    Attributes:
        key: the key, which the manifest chooses; nobody else could tell the
            program that is to use it.
    """

    __sealed_field__ = "key"

    key = sealing.secret("key", standard.check_key, standard.KEY_MAX)

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new key.

        Raises:
            MailValidationError: there is no `key`; a value breaks its rule.
        """
        key = kwargs.get("key")
        if key is None:
            raise exceptions.MailValidationError(details="key: a value is required")
        super().__init__(**kwargs, key_hash=_digest(key))

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changes; a new key gives a new hash."""
        if self.has_new_secret():
            self.key_hash = _digest(self.key)
        super().update(session=session, force=force)

    def get_resource_ignore_fields(self) -> frozenset[str]:
        """Return what the report leaves out."""
        return super().get_resource_ignore_fields() | {"key_hash"}


class DeclaredAppPassword(refusal.Declared, app_password.BaseAppPassword):
    """An app password in a manifest.

    Attributes:
        password: the app password, which the manifest chooses, as the key of an API
            key.
    """

    __sealed_field__ = "password"

    password = sealing.secret(
        "password", app_passwords.check, app_passwords.PASSWORD_MAX
    )

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new app password.

        Raises:
            MailValidationError: there is no `password`; a value breaks its rule.
        """
        password = kwargs.get("password")
        if password is None:
            raise exceptions.MailValidationError(
                details="password: a value is required"
            )
        super().__init__(**kwargs, password_hash=app_passwords.digest(str(password)))

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changes; a new password gives a new hash."""
        if self.has_new_secret():
            self.password_hash = app_passwords.digest(str(self.password))
        super().update(session=session, force=force)

    def get_resource_ignore_fields(self) -> frozenset[str]:
        """Return what the report leaves out."""
        return super().get_resource_ignore_fields() | {"password_hash"}


def model_of(name: str) -> tp.Any:
    """Return the model of a noun as manifests see it; the class is made once."""
    model = noun.model_of(name)
    class_name = model.__noun__.manifest_model
    if class_name not in globals():
        # without what is shown alone, such as the address of a tenant's API
        base = next(one for one in model.__mro__ if "__noun__" in vars(one))
        body = {"__doc__": model.__noun__.text, "__module__": __name__}
        globals()[class_name] = type(class_name, (refusal.Declared, base), body)
    return globals()[class_name]


def __getattr__(name: str) -> tp.Any:
    for one in catalogue.nouns().values():
        if one.manifest_model == name:
            return model_of(one.name)
    raise AttributeError(name)


def _envelope_row(uuid: object) -> str:
    return f"mail_accounts:{uuid}"


def _digest(key: object) -> str:
    """Return the hash of a key, whatever it is: the property judges the key itself."""
    return standard.digest(str(key))
