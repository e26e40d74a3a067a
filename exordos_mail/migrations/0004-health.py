# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the services of an instance's nodes are like.

Safe while the API of the release before still runs: the new column has a default, which
says that nothing is known, and no row is written.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("health")

migration_step = sql_step.SQLStep(
    "3b9e7a52-6c1d-4f08-9e47-5d20c8f1b604",
    depends=["0003-app-passwords.py"],
    upgrade=((_DIRECTORY / "upgrade.sql").read_text(),),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
