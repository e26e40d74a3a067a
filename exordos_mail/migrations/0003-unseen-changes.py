# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Let no change of an instance go unseen, and pages and bulk changes be fast.

Safe while the API of the release before still runs: nothing that it knows of changes
its meaning.
"""

from exordos_mail.controlplane import sql_step

# Builders take an instance as changed while `updated_at` is another time than
# the one they noted (gcl_sdk agents/universal/dm/models.py,
# get_updated_entities()). So it must never be the same twice, also when the
# clock goes back: it only grows. It is the database's time, since writers run
# on many machines.
_COUNT = """
CREATE OR REPLACE FUNCTION mail_instances_count() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.disk_size < OLD.disk_size THEN
        RAISE EXCEPTION 'disk_size: the data disk cannot shrink'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.name, NEW.description, NEW.project_id, NEW.domain,
        NEW.cpu, NEW.ram, NEW.disk_size, NEW.version)
        IS DISTINCT FROM
        (OLD.name, OLD.description, OLD.project_id, OLD.domain,
        OLD.cpu, OLD.ram, OLD.disk_size, OLD.version)
    THEN
        NEW.generation := OLD.generation + 1;
    ELSIF NEW.generation <= OLD.generation THEN
        NEW.generation := OLD.generation;
        NEW.updated_at := OLD.updated_at;
        RETURN NEW;
    END IF;
    NEW.updated_at := greatest(
        clock_timestamp() AT TIME ZONE 'utc',
        OLD.updated_at + interval '1 microsecond'
    );
    RETURN NEW;
END
$$
"""

# As it was in 0000.
_COUNT_BEFORE = """
CREATE OR REPLACE FUNCTION mail_instances_count() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.disk_size < OLD.disk_size THEN
        RAISE EXCEPTION 'disk_size: the data disk cannot shrink'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.name, NEW.description, NEW.project_id, NEW.domain,
        NEW.cpu, NEW.ram, NEW.disk_size, NEW.version)
        IS DISTINCT FROM
        (OLD.name, OLD.description, OLD.project_id, OLD.domain,
        OLD.cpu, OLD.ram, OLD.disk_size, OLD.version)
    THEN
        NEW.generation := OLD.generation + 1;
        IF NEW.updated_at = OLD.updated_at THEN
            NEW.updated_at := clock_timestamp() AT TIME ZONE 'utc';
        END IF;
    ELSIF NEW.generation <= OLD.generation THEN
        NEW.generation := OLD.generation;
        NEW.updated_at := OLD.updated_at;
    END IF;
    RETURN NEW;
END
$$
"""

UPGRADE = (
    _COUNT,
    # A page of accounts in order of their uuid.
    "CREATE INDEX mail_accounts_page_idx ON mail_accounts (instance, uuid)",
    # PostgreSQL plans the statements of a trigger once for a connection. Planned
    # at a change of one account, its join of all rows with all rows would take
    # a quarter of a second for a thousand. Loops that it cannot do without then
    # look dear enough to be compiled, which takes half a second: not that, either.
    "ALTER FUNCTION mail_accounts_count_updates() SET enable_nestloop TO off",
    "ALTER FUNCTION mail_accounts_count_updates() SET jit TO off",
)

DOWNGRADE = (
    "ALTER FUNCTION mail_accounts_count_updates() RESET ALL",
    "DROP INDEX mail_accounts_page_idx",
    _COUNT_BEFORE,
)

migration_step = sql_step.SQLStep(
    "9b0c4f57-7a53-4d3f-8a26-6d1c5e0b7f38",
    depends=["0002-account-shards.py"],
    upgrade=UPGRADE,
    downgrade=DOWNGRADE,
)
