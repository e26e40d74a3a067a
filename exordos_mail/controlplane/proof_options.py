# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whether domains have to be proven (docs/adr/0028)."""

from oslo_config import cfg

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.BoolOpt(
            "require_domain_proof",
            default=False,
            help=(
                "Domains send and receive only while a TXT record in the DNS proves "
                "that they are the tenant's. Nodes take a change over at the next "
                "change of their instance."
            ),
        )
    ],
    group="mail",
)


def in_service() -> str:
    """Return the condition, in SQL, for a row of `mail_domains` to be in service."""
    if CONF.mail.require_domain_proof:
        return "(enabled AND ownership = 'proven')"
    return "enabled"
