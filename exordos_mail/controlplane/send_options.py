# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options of what leaves nodes (docs/adr/0022)."""

import ipaddress

from oslo_config import cfg


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text))


CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.ListOpt(
            "send_private_networks",
            default=[],
            item_type=_network,
            help=(
                "Networks (CIDR) that nodes may connect to although they are not "
                "public: exim to hosts that take mail, the send service for "
                "callbacks, attachments and SMTP servers of tenants. Without any, "
                "they go to public addresses only."
            ),
        )
    ],
    group="mail",
)


def private_networks() -> list[str]:
    """Return the networks in the usual form.

    Raises:
        cfg.ConfigFileValueError: one of them is none.
    """
    return list(CONF.mail.send_private_networks)
