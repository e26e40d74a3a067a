# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""API keys of a tenant of the send service."""

import typing as tp

from restalchemy.dm import models, properties, types

from exordos_mail.controlplane.dm import noun, stored
from exordos_mail.schema import api_key as schema
from exordos_mail.standards import api_key

_HASH_MAX = 64


class BaseAPIKey(stored.Stored):
    """What a tenant's program says who it is with; see `schema.api_key`.

    Attributes:
        key_hash: `api_key.digest` of the key.
    """

    vars().update(noun.members(schema.NOUN))

    key_hash = properties.property(
        types.String(min_length=_HASH_MAX, max_length=_HASH_MAX), required=True
    )


class MailSendAPIKey(models.CustomPropertiesMixin, BaseAPIKey):
    """A key as the API knows it.

    Attributes:
        key: of an object that was just made, the new key; else None.
    """

    __custom_properties__: tp.ClassVar[dict[str, types.BaseType]] = {
        "key": types.AllowNone(types.String())
    }

    key: str | None = None

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new key."""
        key = api_key.new()
        super().__init__(**kwargs, key_hash=api_key.digest(key))
        self.key = key
