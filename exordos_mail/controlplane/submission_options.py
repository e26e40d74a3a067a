# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options of submission by SMTP on nodes (docs/submission.md)."""

from oslo_config import cfg

_MOST = 1_000_000

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.IntOpt(
            "recipients_per_hour",
            default=1000,
            min=1,
            max=_MOST,
            help=(
                "How many recipients an account may reach by SMTP in an hour. Only "
                "those of accepted messages count. Nodes take a change over at the "
                "next change of their instance."
            ),
        )
    ],
    group="mail",
)


def rate_limit() -> str:
    """Return the limit as nodes get it, `1000 / 1h`.

    Raises:
        cfg.ConfigFileValueError: it is no number, or out of bounds.
    """
    return f"{CONF.mail.recipients_per_hour} / 1h"
