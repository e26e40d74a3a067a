# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What mailboxes hold, and when accounts and app passwords last logged in.

Safe while the API of the release before still runs: the new columns are written by what
nodes tell alone, and are null until they do. Nodes are told the uuids of app passwords,
which an older image does not take: it keeps the accounts that it has.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("usage")

migration_step = sql_step.SQLStep(
    "2f6b8c1d-0a57-4c3e-9e41-6d2a7f5b1e06",
    depends=["0005-sieve-scripts.py"],
    upgrade=((_DIRECTORY / "upgrade.sql").read_text(),),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
