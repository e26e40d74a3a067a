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
from exordos_mail.controlplane.dm import account, instance, key_file, refusal, version
from exordos_mail.controlplane.dm import types as mail_types

LOG = logging.getLogger(__name__)


class DeclaredVersion(refusal.Declared, version.MailVersion):
    """A version of the node's image in the element's own manifest."""

    __declarable__ = frozenset(("name", "description", "image"))


class DeclaredInstance(refusal.Declared, instance.MailInstance):
    """An instance in a manifest."""

    __declarable__ = instance.MailInstance.USER_COLUMNS - {"image"}


class DeclaredAccount(refusal.Declared, account.BaseAccount):
    """An account in a manifest.

    Attributes:
        password: the plain password if the manifest declares one. The row holds an
            envelope of it (controlplane/keyring.py) besides its hash, because what
            is read back must equal what was declared. Whoever changes the hash past
            this class empties it, so the declaration is applied again.
    """

    __secret_fields__ = frozenset(("password", "password_hash"))
    __declarable__ = __secret_fields__.union(
        ("name", "description", "project_id", "instance", "username", "active")
    )

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


def _envelope_row(uuid: object) -> str:
    return f"mail_accounts:{uuid}"
