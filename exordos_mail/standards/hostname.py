# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The host name of an instance: greeting, certificate, target of MX and PTR records."""

import collections.abc as abc
import uuid as sys_uuid

from exordos_mail.standards import address, rule

RULE = (
    "a host name is one of the instance's domains or a name below one; of the"
    " operator's zone, the instance has one name only"
)

#: Label before the domain where the operator has no zone.
LABEL = "mail"


def in_zone(instance: sys_uuid.UUID, zone: str) -> str:
    """Return the only name that an instance may have in the operator's zone."""
    return f"mx-{instance.hex[:8]}.{zone}"


def default(instance: sys_uuid.UUID, domain: str, zone: str) -> str:
    """Return the host name of an instance that says none.

    Args:
        domain: the primary one.
        zone: of the operator; "": there is none.
    """
    if zone:
        return in_zone(instance, zone)
    name = f"{LABEL}.{domain}"
    return name if len(name) <= address.DOMAIN_MAX else domain


def check(
    name: str, instance: sys_uuid.UUID, domains: abc.Iterable[str], zone: str
) -> None:
    """Check whether an instance may have a host name.

    In the operator's zone no other name than its own, whatever domains it has: the
    operator's DNS may answer for it.

    Raises:
        RuleError: it may not.
    """
    if zone and covers(zone, name):
        good = name == in_zone(instance, zone)
    else:
        good = any(covers(one, name) for one in domains)
    if not good:
        raise rule.RuleError(RULE)


def covers(domain: str, name: str) -> bool:
    """Tell whether a name is a domain, or below it."""
    return name == domain or name.endswith(f".{domain}")
