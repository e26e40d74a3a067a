# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How long, and how many, deliveries are kept (docs/adr/0039)."""

from oslo_config import cfg

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.IntOpt(
            "deliveries_keep_days",
            default=7,
            min=1,
            max=3650,
            help="Deliveries of an instance's mail older than this are removed.",
        ),
        cfg.IntOpt(
            "deliveries_keep_rows",
            default=100_000,
            min=1,
            help="At most so many deliveries of each instance are kept, the newest.",
        ),
    ],
    group="mail",
)


def keep_days() -> int:
    """Return the days that a delivery is kept."""
    return int(CONF.mail.deliveries_keep_days)


def keep_rows() -> int:
    """Return the deliveries that are kept of one instance."""
    return int(CONF.mail.deliveries_keep_rows)
