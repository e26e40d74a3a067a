# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The migrations of a next release: those of today and one more."""

import pathlib
import shutil

from tests.integration.support import migrations

STEP = "9000-toy"

#: What the step adds that has a name of its own.
ADDS = {"mail_accounts_toy_idx", "mail_toys", "mail_toys_pkey", "mail_toys_count"}

# All that a step does in earnest: it takes the locks, adds a table, a column, an index
# and a trigger, changes a function, and has every payload made anew.
_TEXT = '''"""Toys.

Safe while the API of the release before still runs: the column has a default.
"""

from exordos_mail.controlplane import sql_step

migration_step = sql_step.SQLStep(
    "0b5d1f3e-44a5-4b0b-9a8e-7d1c6f0e9000",
    depends=["{head}"],
    upgrade=(
        # A request takes the instance before its accounts: in the same order nobody
        # ends as the victim of a deadlock.
        "LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE",
        "CREATE TABLE mail_toys (uuid UUID PRIMARY KEY, instance UUID NOT NULL"
        " REFERENCES mail_instances (uuid) ON DELETE CASCADE)",
        "ALTER TABLE mail_accounts ADD COLUMN toy INTEGER NOT NULL DEFAULT 7",
        "CREATE INDEX mail_accounts_toy_idx ON mail_accounts (instance, toy)",
        "CREATE FUNCTION mail_toys_count() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER mail_toys_count AFTER INSERT ON mail_toys"
        " FOR EACH STATEMENT EXECUTE FUNCTION mail_toys_count()",
        "ALTER FUNCTION mail_instances_notify() SET jit TO off",
        "INSERT INTO mail_toys SELECT gen_random_uuid(), uuid FROM mail_instances",
        "UPDATE mail_instances SET generation = generation + 1,"
        " updated_at = clock_timestamp() AT TIME ZONE 'utc'",
    ),
    downgrade=(
        "ALTER FUNCTION mail_instances_notify() RESET ALL",
        "DROP TABLE mail_toys",
        "DROP FUNCTION mail_toys_count()",
        "DROP INDEX mail_accounts_toy_idx",
        "ALTER TABLE mail_accounts DROP COLUMN toy",
    ),
)
'''


def next_release(target: pathlib.Path) -> pathlib.Path:
    """Put the migrations of the next release into a new directory; return it."""
    shutil.copytree(migrations.directory("exordos_mail"), target)
    head = max(path.name for path in target.glob("[0-9]*.py"))
    (target / f"{STEP}.py").write_text(_TEXT.replace("{head}", head))
    return target
