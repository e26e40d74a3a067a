# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Tenants of the send service: applications that send by HTTP."""

import typing as tp

from restalchemy.dm import models, types

from exordos_mail.controlplane.dm import exceptions, noun, sealing, stored
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema import tenant as schema
from exordos_mail.standards import rule, webhook_auth

_ALL_PARTS = webhook_auth.PARTS[webhook_auth.BASIC]


class BaseTenant(stored.Stored):
    """An application of the project that sends by HTTP; see `schema.tenant`.

    Nodes get the id for an empty name.
    """

    vars().update(noun.members(schema.NOUN))

    def validate(self) -> None:
        """Hold the tenant to its instance's project and to one way to authenticate.

        Raises:
            MailValidationError: the two projects differ; a part of the
                authentication is missing, superfluous or of a wrong form.
        """
        super().validate()
        parts = {name: getattr(self, name) for name in _ALL_PARTS}
        fault = webhook_auth.fault_of_parts(self.callback_auth, parts)
        if fault is not None:
            mail_types.refuse(*fault)
        if self.has_new_secret():
            try:
                webhook_auth.check_secret(self.callback_auth, self.callback_secret)
            except rule.RuleError as error:
                mail_types.refuse("callback_secret", str(error))

    def lock(self, session: tp.Any) -> None:
        """Have other writers of the instance wait for this one.

        Raises:
            MailNotFound: the instance or the tenant is gone.
        """
        self.instance.lock(session)
        found = session.execute(
            "SELECT uuid FROM mail_send_tenants WHERE uuid = %s", (self.uuid,)
        ).fetchone()
        if found is None:
            raise exceptions.MailNotFound(noun="tenant")

    def update(self, session: tp.Any = None, force: bool = False) -> None:
        """Write the changes; one generation more if the node is concerned.

        Raises:
            MailValidationError: another way to authenticate without a secret of
                its own; see also `validate`.
        """
        self._settle_authentication()
        super().update(session=session, force=force)

    def _settle_authentication(self) -> None:
        """Take away what another method had and this one has not."""
        if not self.properties["callback_auth"].is_dirty():
            return
        for name in _ALL_PARTS - webhook_auth.PARTS[self.callback_auth]:
            if not self.properties[name].is_dirty():
                setattr(self, name, None)
        if isinstance(self.callback_secret, sealing.Envelope):
            mail_types.refuse(
                "callback_secret", "another callback_auth needs a secret of its own"
            )


class MailSendTenant(models.CustomPropertiesMixin, BaseTenant):
    """A tenant as the API knows it.

    Attributes:
        url: where its HTTP API is; None while the instance has no address.
    """

    __custom_properties__: tp.ClassVar[dict[str, types.BaseType]] = {
        "url": types.AllowNone(types.String())
    }

    @property
    def url(self) -> str | None:
        """Return where the tenant's HTTP API is."""
        address = self.instance.ipv4
        return None if address is None else f"https://{address}"
