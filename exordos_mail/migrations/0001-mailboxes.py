# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mailboxes: whether there are any, what they may hold, and who is suspended.

Safe while the API of the release before still runs: each column has a default, under
which nodes are told what they were told before, and no row is written.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("mailboxes")

migration_step = sql_step.SQLStep(
    "c6d5a3b0-2f47-4d0b-9a51-7be4d1f60a01",
    depends=["0000-initial.py"],
    upgrade=((_DIRECTORY / "upgrade.sql").read_text(),),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
