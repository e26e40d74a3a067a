# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mailboxes of deleted accounts: kept for a while, restored, or removed for good.

Safe while the API of the release before still runs: triggers keep what it deletes.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("retention")

migration_step = sql_step.SQLStep(
    "c4a1e97b-5d20-4f6a-b3c8-0e9d7a2f4c08",
    depends=["0007-imports.py"],
    upgrade=((_DIRECTORY / "upgrade.sql").read_text(),),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
