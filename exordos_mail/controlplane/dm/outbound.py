# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How the mail of an instance leaves: what its fields must be together."""

import typing as tp

from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.standards import relay, rule, smarthost

#: Fields that say which machine the smarthost is, and which one the instance's is.
PLACES = frozenset(("smarthost", "hostname", "outbound_address"))

_HOST, _PORT, _TLS = "smarthost", "smarthost_port", "smarthost_tls"


def derive(values: dict[str, tp.Any]) -> None:
    """Set port and TLS of a new instance's smarthost where they are not given."""
    tls = values.setdefault(_TLS, relay.tls_of(values.get(_PORT)))
    if not isinstance(tls, str) or tls not in relay.PORTS:
        tls = relay.STARTTLS  # the field's own rule refuses the other
    values.setdefault(_PORT, relay.PORTS[tls])


def check(instance: tp.Any) -> None:
    """Hold the fields of an instance to each other.

    Raises:
        MailValidationError: they do not fit.
    """
    found = smarthost.fault(
        smarthost.Way(
            smarthost=instance.smarthost,
            port=instance.smarthost_port,
            tls=instance.smarthost_tls,
            username=instance.smarthost_username,
            password=instance.smarthost_password,
            family=instance.outbound_family,
            address=instance.outbound_address,
            return_path=instance.outbound_return_path,
        )
    )
    if found is not None:
        mail_types.refuse(*found)


def check_elsewhere(instance: tp.Any) -> None:
    """Refuse a smarthost that is the instance's own machine.

    Only one that is new: a node refuses it by itself, and rows stay readable.

    Raises:
        MailValidationError: mail would wait for ever.
    """
    if instance.smarthost is None:
        return
    own = (instance.hostname, instance.outbound_address, *instance.ipsv4)
    try:
        smarthost.check_elsewhere(instance.smarthost, own)
    except rule.RuleError as error:
        mail_types.refuse(_HOST, str(error))


def check_anew(instance: tp.Any, changed: tp.Collection[str]) -> None:
    """Let nobody send a password that cannot be read to a server of their choice.

    Raises:
        MailValidationError: another smarthost would get the password of the old one.
    """
    password = instance.smarthost_password
    if _HOST in changed and password is not None and not instance.has_new_secret():
        mail_types.refuse("smarthost_password", smarthost.ANEW_RULE)
