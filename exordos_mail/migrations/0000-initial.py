# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The first schema, as plain SQL in the directory `initial`."""

import pathlib

from exordos_mail.controlplane import sql_step

_DIRECTORY = pathlib.Path(__file__).with_name("initial")

# In the order of their references.
UPGRADE = tuple(
    (_DIRECTORY / f"{noun}.sql").read_text()
    for noun in ("instances", "accounts", "tenants")
)

DOWNGRADE = (
    """
DROP TABLE
    mail_versions, mail_instances, mail_dkim_keys,
    mail_accounts, mail_account_shards, mail_account_shard_digests,
    mail_send_tenants, mail_send_api_keys, mail_send_relays,
    mail_send_suppressions, mail_sealing_keys
""",
    """
DROP FUNCTION
    mail_instances_compute, mail_instances_count, mail_instances_image,
    mail_instances_notify,
    mail_account_shard, mail_accounts_count, mail_accounts_count_updates,
    mail_accounts_forget_password,
    mail_send_tenants_tag, mail_send_tenants_count, mail_send_tenants_count_updates,
    mail_send_tenants_touch,
    mail_send_parts_insert, mail_send_parts_delete, mail_send_parts_update
""",
)

migration_step = sql_step.SQLStep(
    "3f3c1f0d-93a6-4b7e-8d0e-5c6b1a7f2e90",
    depends=[],
    upgrade=UPGRADE,
    downgrade=DOWNGRADE,
)
