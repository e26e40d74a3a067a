# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Imports: mailboxes that are moved in from other IMAP servers.

Safe while the API of the release before still runs: it makes no imports, and an empty
collection is told to nodes that read it.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("imports")

migration_step = sql_step.SQLStep(
    "5c2e9a07-4d1b-4f3a-8e66-0b7f4c1d9e07",
    depends=["0006-usage.py"],
    upgrade=((_DIRECTORY / "upgrade.sql").read_text(),),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
