# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""App passwords of an account.

Which addresses one may be bound to is held by the database, which also makes the
account's document anew (migrations/app_passwords, docs/adr/0046).
"""

import typing as tp

from restalchemy.dm import models, properties, types

from exordos_mail.controlplane.dm import noun, stored
from exordos_mail.schema import app_password as schema
from exordos_mail.standards import app_password

_HASH_LENGTH = 64


class BaseAppPassword(stored.Stored):
    """What one program logs in to an account with; see `schema.app_password`.

    Attributes:
        password_hash: `app_password.digest` of the password.
    """

    vars().update(noun.members(schema.NOUN))

    password_hash = properties.property(
        types.String(min_length=_HASH_LENGTH, max_length=_HASH_LENGTH), required=True
    )


class MailAppPassword(models.CustomPropertiesMixin, BaseAppPassword):
    """An app password as the API knows it.

    Attributes:
        password: of an object that was just made, the new password; else None.
    """

    __custom_properties__: tp.ClassVar[dict[str, types.BaseType]] = {
        "password": types.AllowNone(types.String())
    }

    password: str | None = None

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new app password."""
        password = app_password.new()
        super().__init__(**kwargs, password_hash=app_password.digest(password))
        self.password = password
