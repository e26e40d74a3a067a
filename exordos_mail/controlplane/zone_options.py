# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The operator's zone, in which instances get host names (docs/adr/0028)."""

from oslo_config import cfg

from exordos_mail.standards import address


def _zone(text: str) -> str:
    return address.check_domain(text) if text else ""


CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.Opt(
            "zone",
            type=_zone,
            default="",
            help=(
                "Domain of the operator in which each instance gets the host name "
                "mx-<8 digits>.<zone>. Who answers for it in the DNS has to know the "
                "instances' addresses. Without one, the host name of an instance is "
                "mail.<its domain>."
            ),
        )
    ],
    group="mail",
)


def name() -> str:
    """Return the zone; "" if the operator has none.

    Raises:
        cfg.ConfigFileValueError: it is no domain in canonical form.
    """
    return str(CONF.mail.zone)
