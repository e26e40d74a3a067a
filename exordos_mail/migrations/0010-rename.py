# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Accounts that get another address: what leads to the old one follows.

Safe while the API of the release before still runs: it renames no account.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("rename")

migration_step = sql_step.SQLStep(
    "8c1d5b0e-7a3f-4e52-9d16-b4f0c2a97e10",
    depends=["0009-return-path.py"],
    upgrade=((_DIRECTORY / "upgrade.sql").read_text(),),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
