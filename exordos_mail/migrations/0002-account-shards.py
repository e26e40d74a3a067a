# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Keep account of the shards of accounts that have changed.

Safe while the API of the release before still runs: two tables, a function and an
index are new, no table that it knows changes, and the triggers do the new part
for it.

Every instance counts one generation up, which has its payload made anew.
"""

from exordos_mail.controlplane import sql_step

# The same number as protocol/shards.py computes; 64 is its COUNT.
_SHARD = """
CREATE FUNCTION mail_account_shard(username text) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT get_byte(decode(md5(username), 'hex'), 0) % 64
$$
"""

# `version` counts the changes of a shard. Written by the triggers alone.
_SHARDS = """
CREATE TABLE mail_account_shards (
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    shard SMALLINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (instance, shard)
)
"""

# The digest that a shard had at a version. Written by the builder alone, whose
# transactions are long: a table of its own, so that no user ever waits for it.
_DIGESTS = """
CREATE TABLE mail_account_shard_digests (
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    shard SMALLINT NOT NULL,
    version BIGINT NOT NULL,
    digest VARCHAR(64) NOT NULL,
    PRIMARY KEY (instance, shard)
)
"""

# The generation first: it makes concurrent changes of an instance queue, so
# that they cannot block each other over shards. In the deletion of an instance
# its row is gone already, and so the join finds none.
_COUNT = """
CREATE OR REPLACE FUNCTION mail_accounts_count() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_instances
    SET generation = generation + 1,
        updated_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE uuid IN (SELECT instance FROM changed);

    INSERT INTO mail_account_shards AS known (instance, shard)
    SELECT DISTINCT instances.uuid, mail_account_shard(changed.username)
    FROM changed
    JOIN mail_instances AS instances ON instances.uuid = changed.instance
    ON CONFLICT (instance, shard) DO UPDATE SET version = known.version + 1;
    RETURN NULL;
END
$$
"""

_COUNT_UPDATES = """
CREATE OR REPLACE FUNCTION mail_accounts_count_updates() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_instances
    SET generation = generation + 1,
        updated_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE uuid IN (
        SELECT changed.instance
        FROM changed JOIN before USING (uuid)
        WHERE (changed.username, changed.password_hash, changed.active)
            IS DISTINCT FROM
            (before.username, before.password_hash, before.active)
    );

    INSERT INTO mail_account_shards AS known (instance, shard)
    SELECT DISTINCT changed.instance, mail_account_shard(names.username)
    FROM changed JOIN before USING (uuid),
        LATERAL (VALUES (changed.username), (before.username)) AS names (username)
    WHERE (changed.username, changed.password_hash, changed.active)
        IS DISTINCT FROM
        (before.username, before.password_hash, before.active)
    ON CONFLICT (instance, shard) DO UPDATE SET version = known.version + 1;
    RETURN NULL;
END
$$
"""

# Now with the instance's uuid, for the gateway of the nodes.
_NOTIFY = """
CREATE OR REPLACE FUNCTION mail_instances_notify() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(
        'exordos_mail',
        CASE TG_OP WHEN 'DELETE' THEN OLD.uuid ELSE NEW.uuid END::text
    );
    RETURN NULL;
END
$$
"""

UPGRADE = (
    # All pending steps are one transaction, and a request takes the instance before
    # its accounts: in the same order nobody ends as the victim of a deadlock.
    "LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE",
    _SHARD,
    "CREATE INDEX mail_accounts_shard_idx"
    " ON mail_accounts (instance, mail_account_shard(username))",
    _SHARDS,
    _DIGESTS,
    _COUNT,
    _COUNT_UPDATES,
    _NOTIFY,
    "INSERT INTO mail_account_shards (instance, shard)"
    " SELECT DISTINCT instance, mail_account_shard(username) FROM mail_accounts",
    "UPDATE mail_instances SET generation = generation + 1,"
    " updated_at = clock_timestamp() AT TIME ZONE 'utc'",
)

# As they were in 0000 and 0001.
_COUNT_BEFORE = """
CREATE OR REPLACE FUNCTION mail_accounts_count() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_instances
    SET generation = generation + 1,
        updated_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE uuid IN (SELECT instance FROM changed);
    RETURN NULL;
END
$$
"""

_COUNT_UPDATES_BEFORE = """
CREATE OR REPLACE FUNCTION mail_accounts_count_updates() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_instances
    SET generation = generation + 1,
        updated_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE uuid IN (
        SELECT changed.instance
        FROM changed JOIN before USING (uuid)
        WHERE (changed.username, changed.password_hash, changed.active)
            IS DISTINCT FROM
            (before.username, before.password_hash, before.active)
    );
    RETURN NULL;
END
$$
"""

_NOTIFY_BEFORE = """
CREATE OR REPLACE FUNCTION mail_instances_notify() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('exordos_mail', '');
    RETURN NULL;
END
$$
"""

DOWNGRADE = (
    _NOTIFY_BEFORE,
    _COUNT_UPDATES_BEFORE,
    _COUNT_BEFORE,
    "DROP TABLE mail_account_shard_digests",
    "DROP TABLE mail_account_shards",
    "DROP INDEX mail_accounts_shard_idx",
    "DROP FUNCTION mail_account_shard(text)",
)

migration_step = sql_step.SQLStep(
    "c1d5a4b6-2f0e-4c83-9a57-3f8e0d6b7a42",
    depends=["0001-notify-builders.py"],
    upgrade=UPGRADE,
    downgrade=DOWNGRADE,
)
