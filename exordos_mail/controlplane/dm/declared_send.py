# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Tenants of the send service and what is below, as manifests see them.

See `declared` for why there are such models.
"""

import typing as tp

from exordos_mail.controlplane.dm import (
    exceptions,
    refusal,
    sealing,
    send_api_key,
    send_relay,
    send_suppression,
    send_tenant,
)
from exordos_mail.schema import field, relay
from exordos_mail.standards import api_key

_LIMITS = ("limit_minute", "limit_hour", "limit_day")


class DeclaredSendTenant(refusal.Declared, send_tenant.BaseTenant):
    """A tenant of the send service in a manifest."""

    __declarable__ = frozenset(
        (
            "name",
            "description",
            "project_id",
            "instance",
            "slug",
            "active",
            *_LIMITS,
            "callback_url",
            "callback_auth",
            "callback_username",
            "callback_secret",
            "attachment_url",
        )
    )


class DeclaredSendAPIKey(refusal.Declared, send_api_key.BaseAPIKey):
    """An API key in a manifest.

    Attributes:
        key: the key, which the manifest chooses; nobody else could tell the
            program that is to use it.
    """

    __sealed_field__ = "key"
    __secret_fields__ = frozenset(("key", "key_hash"))
    __declarable__ = frozenset(
        ("name", "description", "project_id", "tenant", "scopes", "expires_at", "key")
    )

    key = sealing.secret("key", api_key.check_key, api_key.KEY_MAX)

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


class DeclaredSendRelay(refusal.Declared, send_relay.MailSendRelay):
    """A relay in a manifest."""

    __declarable__ = frozenset(
        (
            "name",
            "description",
            "project_id",
            "tenant",
            "slug",
            *field.names(relay.PLATFORM),
        )
    )


class DeclaredSendSuppression(refusal.Declared, send_suppression.MailSendSuppression):
    """A suppression in a manifest."""

    __declarable__ = frozenset(
        (
            "name",
            "description",
            "project_id",
            "tenant",
            "address",
            "reason",
            "expires_at",
        )
    )


def _digest(key: object) -> str:
    """Return the hash of a key, whatever it is: the property judges the key itself."""
    return api_key.digest(str(key))
