# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options of the server that takes the records of domains (docs/adr/0034)."""

from oslo_config import cfg

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.IPOpt(
            "dns_update_server",
            default=None,
            help=(
                "Address of the name server that takes updates (RFC 2136) of domains "
                "with publish = rfc2136. Without it nothing is published that way."
            ),
        ),
        cfg.PortOpt("dns_update_port", default=53, help="Its port, TCP."),
        cfg.StrOpt(
            "dns_update_key_file",
            default=None,
            help=(
                "File with its TSIG key (RFC 8945), as `tsig-keygen` writes it. Others "
                "must not be able to read it."
            ),
        ),
    ],
    group="mail",
)
