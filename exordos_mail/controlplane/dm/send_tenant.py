# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Tenants of the send service: applications that send by HTTP."""

import typing as tp

from restalchemy.dm import models, properties, relationships, types

from exordos_mail.controlplane.dm import (
    exceptions,
    fields,
    sealing,
    send_types,
    stored,
)
from exordos_mail.controlplane.dm import instance as dm_instance
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.standards import rule, tenant, webhook_auth

# What each method of authentication takes besides its name.
_PARTS: tp.Mapping[str, frozenset[str]] = {
    webhook_auth.NONE: frozenset(),
    webhook_auth.BASIC: frozenset(("callback_username", "callback_secret")),
    webhook_auth.BEARER: frozenset(("callback_secret",)),
    webhook_auth.SIGNATURE: frozenset(("callback_secret",)),
}


class BaseTenant(stored.Stored):
    """An application of the project that sends by HTTP.

    Attributes:
        name: for people; nodes get the slug for an empty one.
        instance: the server that it sends through; same project.
        slug: its id in the send service, unique in the instance.
        active: whether its messages are sent; what it submits otherwise waits.
        limit_minute, limit_hour, limit_day: most messages in each; None: no limit.
        callback_url: where events are posted to; None: nowhere.
        callback_auth: one of `webhook_auth.METHODS`.
        callback_username: for `basic`.
        callback_secret: password, token or signing secret.
        attachment_url: where attachments are fetched by path; None: nowhere.
    """

    __tablename__ = "mail_send_tenants"
    __audit_resource_type__ = "mail_send_tenant"
    __conflict__ = "a tenant of this slug or uuid exists, or the instance is gone"
    __sealed_field__ = "callback_secret"
    __secret_fields__ = frozenset(("callback_secret",))
    __owner__ = "instance"
    __project_rule__ = "a tenant belongs to its instance's project"

    name = properties.property(
        mail_types.Line("name", max_length=tenant.NAME_MAX), required=True, default=""
    )
    description = fields.description()
    project_id = fields.project_id()
    created_at = fields.moment()
    updated_at = fields.moment()
    instance = relationships.relationship(
        dm_instance.MailInstance, required=True, read_only=True
    )
    slug = properties.property(send_types.slug(), required=True, read_only=True)
    active = properties.property(mail_types.Flag("active"), required=True, default=True)
    limit_minute = properties.property(send_types.optional_limit("limit_minute"))
    limit_hour = properties.property(send_types.optional_limit("limit_hour"))
    limit_day = properties.property(send_types.optional_limit("limit_day"))
    callback_url = properties.property(send_types.optional_url("callback_url"))
    callback_auth = properties.property(
        send_types.Choice("callback_auth", webhook_auth.METHODS),
        required=True,
        default=webhook_auth.NONE,
    )
    callback_username = properties.property(
        types.AllowNone(
            mail_types.Checked(
                "callback_username", webhook_auth.check_username, webhook_auth.TEXT_MAX
            )
        )
    )
    callback_secret = sealing.secret(
        "callback_secret", webhook_auth.check_text, webhook_auth.TEXT_MAX
    )
    attachment_url = properties.property(send_types.optional_url("attachment_url"))

    def validate(self) -> None:
        """Hold the tenant to its instance's project and to one way to authenticate.

        Raises:
            MailValidationError: the two projects differ; a part of the
                authentication is missing, superfluous or of a wrong form.
        """
        super().validate()
        wanted = _PARTS[self.callback_auth]
        for name in sorted(_PARTS[webhook_auth.BASIC]):
            if (getattr(self, name) is not None) != (name in wanted):
                verb = "needs one" if name in wanted else "has none"
                mail_types.refuse(name, f"callback_auth {self.callback_auth} {verb}")
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
        for name in _PARTS[webhook_auth.BASIC] - _PARTS[self.callback_auth]:
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


def owner() -> tp.Any:
    """Return the property of what is below a tenant: whose it is, for good."""
    return relationships.relationship(MailSendTenant, required=True, read_only=True)
