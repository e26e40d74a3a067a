# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Where bounces of the send service's mail come to.

Safe while the API of the release before still runs: the column has a default, under
which nodes are told what they were told before.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("return_path")

migration_step = sql_step.SQLStep(
    "2f0a7f6e-93a4-4d0e-8f7b-52d9c06e7b09",
    depends=["0008-retention.py"],
    upgrade=((_DIRECTORY / "upgrade.sql").read_text(),),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
