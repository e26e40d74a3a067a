# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options of the node gateway (docs/adr/0010)."""

from oslo_config import cfg

from exordos_mail import constants as c

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.HostAddressOpt(
            "gateway_host",
            default=None,
            help="Address to listen on for nodes; without it, all of this machine.",
        ),
        cfg.PortOpt(
            "gateway_port",
            default=c.GATEWAY_PORT,
            help=(
                "Port to listen on for nodes. 0: no gateway; then the payloads carry "
                "everything, and each change costs the size of the instance."
            ),
        ),
    ],
    group="mail",
)


def is_open() -> bool:
    """Tell whether nodes get their content from a gateway."""
    return bool(CONF.mail.gateway_port)
