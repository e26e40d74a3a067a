# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""API keys of a tenant of the send service."""

import typing as tp

from restalchemy.dm import models, properties, types

from exordos_mail.controlplane.dm import fields, send_tenant, send_types, stored
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.standards import api_key

_HASH_MAX = 64


class BaseAPIKey(stored.Stored):
    """What a tenant's program says who it is with; deleting it revokes it.

    Attributes:
        name: for people, to tell the keys apart.
        scopes: what it may be used for, of `api_key.SCOPES`.
        key_hash: `api_key.digest` of the key.
        expires_at: from when on it does not work; None: never.
    """

    __tablename__ = "mail_send_api_keys"
    __audit_resource_type__ = "mail_send_api_key"
    __conflict__ = "this key or its uuid exists, or the tenant is gone"
    __secret_fields__ = frozenset(("key_hash",))
    __owner__ = "tenant"
    __project_rule__ = "it is that of the tenant"

    name = properties.property(
        mail_types.Checked("name", api_key.check_name, api_key.NAME_MAX), required=True
    )
    description = fields.description()
    project_id = fields.project_id()
    created_at = fields.moment()
    updated_at = fields.moment()
    tenant = send_tenant.owner()
    scopes = properties.property(send_types.Scopes(), required=True)
    key_hash = properties.property(
        types.String(min_length=_HASH_MAX, max_length=_HASH_MAX), required=True
    )
    expires_at = properties.property(types.AllowNone(send_types.Moment("expires_at")))


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
