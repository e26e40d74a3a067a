# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Tenants of the send service and what is below, as manifests see them.

See `declared` for why there are such models.
"""

import logging
import typing as tp

from exordos_mail.controlplane import keyring, sealed_box
from exordos_mail.controlplane.dm import (
    exceptions,
    key_file,
    refusal,
    sealing,
    send_api_key,
    send_relay,
    send_suppression,
    send_tenant,
)
from exordos_mail.standards import api_key

LOG = logging.getLogger(__name__)

_LIMITS = ("limit_minute", "limit_hour", "limit_day")


class _Opened(sealing.Sealed):
    """A model whose secret is read in plain, for the platform to compare.

    An envelope that does not open stays one and is not reported: the manifest's
    secret is then applied anew, under the key of today.
    """

    @classmethod
    def _unsealed(cls, stored: str, uuid: object) -> str:
        try:
            return sealed_box.open_(stored, cls.envelope_row(uuid), key_file.existing())
        except keyring.KeyringError as error:
            LOG.warning("secret of %s: %s", cls.envelope_row(uuid), error)
            return super()._unsealed(stored, uuid)

    def _public_key(self) -> sealed_box.PublicKey:
        return sealed_box.public_key(key_file.keys())

    def get_resource_ignore_fields(self) -> frozenset[str]:
        """Return what the report leaves out."""
        return self._unreported()

    def _unreported(self, *names: str) -> frozenset[str]:
        value = getattr(self, self.__sealed_field__)
        unread = (self.__sealed_field__,) if isinstance(value, sealing.Envelope) else ()
        return frozenset((*names, *unread))


class DeclaredSendTenant(refusal.Declared, _Opened, send_tenant.BaseTenant):
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


class DeclaredSendAPIKey(refusal.Declared, _Opened, send_api_key.BaseAPIKey):
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
        return self._unreported("key_hash")


class DeclaredSendRelay(refusal.Declared, _Opened, send_relay.MailSendRelay):
    """A relay in a manifest."""

    __declarable__ = frozenset(
        (
            "name",
            "description",
            "project_id",
            "tenant",
            "slug",
            "host",
            "port",
            "tls",
            "tls_verify",
            "username",
            "password",
            "connection_seconds",
            "connection_messages",
            "concurrency",
            "timeout_seconds",
            *_LIMITS,
            "over_limit",
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
