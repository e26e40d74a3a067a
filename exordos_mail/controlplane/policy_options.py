# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options of the policies of domains (docs/adr/0032)."""

import datetime

from oslo_config import cfg

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.IntOpt(
            "mta_sts_testing_days",
            default=14,
            min=0,
            max=365,
            help=(
                "Days for which an MTA-STS policy is in mode testing, with its record "
                "shown and no failure told, before it is enforced."
            ),
        )
    ],
    group="mail",
)


def testing() -> datetime.timedelta:
    """Return how long testing lasts without failures."""
    return datetime.timedelta(days=CONF.mail.mta_sts_testing_days)


def are_records_judged() -> bool:
    """Return whether anybody looks at what the DNS shows."""
    return bool(getattr(CONF.mail, "dns_checks", True))
