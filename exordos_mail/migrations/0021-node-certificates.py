# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The certificates that a node shows, as it reports them.

Safe while the API of the release before still runs: the column has a default, and
only the builder writes it.
"""

from exordos_mail.controlplane import sql_step

UPGRADE = (
    "ALTER TABLE mail_instances ADD COLUMN certificates JSONB[] NOT NULL DEFAULT '{}'",
)

DOWNGRADE = ("ALTER TABLE mail_instances DROP COLUMN certificates",)

migration_step = sql_step.SQLStep(
    "0c2f6f0e-6d0c-4d0e-9a2c-6d3f5a1be021",
    depends=["0020-send-tenants.py"],
    upgrade=UPGRADE,
    downgrade=DOWNGRADE,
)
