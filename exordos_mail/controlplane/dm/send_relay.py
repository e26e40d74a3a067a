# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Relays of a tenant of the send service."""

import typing as tp

from restalchemy.dm import properties, types

from exordos_mail.controlplane.dm import (
    fields,
    sealing,
    send_tenant,
    send_types,
    stored,
)
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.standards import relay as standard
from exordos_mail.standards import tenant as tenant_standard

_DEFAULTS = standard.DEFAULTS


def _count(field: str, highest: int) -> tp.Any:
    return properties.property(
        mail_types.Count(field, 1, highest), required=True, default=_DEFAULTS[field]
    )


class MailSendRelay(stored.Stored):
    """A server that takes a tenant's mail.

    Attributes:
        slug: its id in the service, unique in the tenant; `default` takes the
            place of the node's own exim4.
        host, port: where it listens; the port's default is that of `tls`.
        tls: one of `relay.PORTS`.
        tls_verify: whether its certificate is checked.
        username, password: to log in with; both or none.
        connection_seconds: how long a connection is used.
        connection_messages: how many messages a connection carries.
        concurrency: connections at a time.
        timeout_seconds: patience for one answer.
        limit_minute, limit_hour, limit_day: most messages in each; None: no limit.
        over_limit: what happens to a message over the limits.
    """

    __tablename__ = "mail_send_relays"
    __audit_resource_type__ = "mail_send_relay"
    __conflict__ = "a relay of this slug or uuid exists, or the tenant is gone"
    __sealed_field__ = "password"
    __secret_fields__ = frozenset(("password",))
    __owner__ = "tenant"
    __project_rule__ = "it is that of the tenant"

    name = fields.name()
    description = fields.description()
    project_id = fields.project_id()
    created_at = fields.moment()
    updated_at = fields.moment()
    tenant = send_tenant.owner()
    slug = properties.property(send_types.slug(), required=True, read_only=True)
    host = properties.property(send_types.host(), required=True)
    port = properties.property(
        mail_types.Count("port", 1, standard.PORT_MAX), required=True
    )
    tls = properties.property(
        send_types.Choice("tls", tuple(standard.PORTS)),
        required=True,
        default=_DEFAULTS["tls"],
    )
    tls_verify = properties.property(
        mail_types.Flag("tls_verify"), required=True, default=_DEFAULTS["tls_verify"]
    )
    username = properties.property(
        types.AllowNone(
            mail_types.Checked(
                "username",
                standard.check_credential,
                standard.CREDENTIAL_MAX,
                standard.CREDENTIAL_PATTERN,
            )
        )
    )
    password = sealing.secret(
        "password", standard.check_credential, standard.CREDENTIAL_MAX
    )
    connection_seconds = _count("connection_seconds", standard.CONNECTION_SECONDS_MAX)
    connection_messages = _count("connection_messages", tenant_standard.COUNT_MAX)
    concurrency = _count("concurrency", standard.CONCURRENCY_MAX)
    timeout_seconds = _count("timeout_seconds", standard.TIMEOUT_SECONDS_MAX)
    limit_minute = properties.property(send_types.optional_limit("limit_minute"))
    limit_hour = properties.property(send_types.optional_limit("limit_hour"))
    limit_day = properties.property(send_types.optional_limit("limit_day"))
    over_limit = properties.property(
        send_types.Choice("over_limit", standard.OVER_LIMIT),
        required=True,
        default=_DEFAULTS["over_limit"],
    )

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new relay.

        Raises:
            MailValidationError: a value breaks its rule; see also `validate`.
        """
        tls = kwargs.setdefault("tls", standard.tls_of(kwargs.get("port")))
        if not isinstance(tls, str) or tls not in standard.PORTS:
            tls = standard.STARTTLS  # the field's own rule refuses the other
        kwargs.setdefault("port", standard.PORTS[tls])
        super().__init__(**kwargs)

    def validate(self) -> None:
        """Hold the relay to safe credentials.

        Raises:
            MailValidationError: one of username and password without the other,
                both without TLS, or port 465 without implicit TLS.
        """
        super().validate()
        if (self.username is None) != (self.password is None):
            mail_types.refuse("password", standard.PAIR_RULE)
        if self.password is not None and self.tls == standard.PLAIN:
            mail_types.refuse("tls", standard.TLS_RULE)
        if not standard.fits(self.port, self.tls):
            mail_types.refuse("tls", standard.PORT_RULE)
