# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where bounces of the mail of an account go.

Safe while the API of the release before still runs: the column is NULL there.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("bounce_to")

migration_step = sql_step.SQLStep(
    "d27f90c4-1b86-4c3a-8e5f-63a1d9b70f11",
    depends=["0010-rename.py"],
    upgrade=((_DIRECTORY / "upgrade.sql").read_text(),),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
