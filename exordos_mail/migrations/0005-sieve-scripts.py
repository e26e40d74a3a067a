# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Sieve scripts of accounts, which the control plane keeps.

Safe while the API of the release before still runs: it makes no scripts, and without
any nodes are told what they were told before.
"""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("sieve_scripts")

migration_step = sql_step.SQLStep(
    "e2a94c7d-5b16-4f08-9d3a-61c7f0b8a505",
    depends=["0004-health.py"],
    upgrade=((_DIRECTORY / "upgrade.sql").read_text(),),
    downgrade=((_DIRECTORY / "downgrade.sql").read_text(),),
)
