# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""App passwords of accounts, and whether an account's own password logs in to mail.

Safe while the API of the release before still runs: it makes no app passwords, the new
columns have defaults, under which nodes are told what they were told before, and no row
is written.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("app_passwords")

migration_step = sql_step.SQLStep(
    "7d0c4f1e-93ab-4e6a-8c25-3f8b6a2d4e03",
    depends=["0002-aliases.py"],
    upgrade=((_DIRECTORY / "upgrade.sql").read_text(),),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
