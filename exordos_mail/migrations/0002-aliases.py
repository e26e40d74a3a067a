# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Aliases, and what holds them to each other, to accounts and to domains.

Safe while the API of the release before still runs: it makes no aliases, and without
any the new triggers find nothing.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("aliases")

migration_step = sql_step.SQLStep(
    "1f5b8e42-6c3d-4a97-b0d8-92c4e7a1d302",
    depends=["0001-mailboxes.py"],
    upgrade=(
        (_DIRECTORY / "upgrade.sql").read_text(),
        (_DIRECTORY / "rings.sql").read_text(),
    ),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
