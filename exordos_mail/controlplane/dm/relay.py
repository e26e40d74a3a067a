# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Relays of a tenant of the send service."""

import typing as tp

from exordos_mail.controlplane.dm import noun, stored
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema import relay as schema
from exordos_mail.standards import relay as standard


class MailSendRelay(stored.Stored):
    """A server that takes a tenant's mail; see `schema.relay`."""

    vars().update(noun.members(schema.NOUN))

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
