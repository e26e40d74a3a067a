-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Accounts, and which shards of an instance's accounts have changed.

CREATE TABLE mail_accounts (
    uuid UUID PRIMARY KEY,
    name VARCHAR(255) NOT NULL DEFAULT '',
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    username VARCHAR(64) NOT NULL,
    password_hash VARCHAR(256) NOT NULL,
    -- of a declared password its envelope, see controlplane/keyring.py and
    -- controlplane/dm/declared.py
    password TEXT,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (instance, username)
);

CREATE INDEX mail_accounts_project_id_idx ON mail_accounts (project_id);

-- A page of accounts, in the order of their uuid.
CREATE INDEX mail_accounts_page_idx ON mail_accounts (instance, uuid);

-- The same number as protocol/shards.py computes; 64 is its COUNT.
CREATE FUNCTION mail_account_shard(username text) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT get_byte(decode(md5(username), 'hex'), 0) % 64
$$;

CREATE INDEX mail_accounts_shard_idx ON mail_accounts (instance, mail_account_shard(username));

-- `version` counts the changes of a shard. Written by the triggers alone.
CREATE TABLE mail_account_shards (
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    shard SMALLINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (instance, shard)
);

-- The digest that a shard had at a version. Written by the builder alone, whose
-- transactions are long: a table of its own, so that no user ever waits for it.
CREATE TABLE mail_account_shard_digests (
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    shard SMALLINT NOT NULL,
    version BIGINT NOT NULL,
    digest VARCHAR(64) NOT NULL,
    PRIMARY KEY (instance, shard)
);

-- One generation for each instance that a statement concerns, however many of its
-- accounts it wrote. The generation first: it makes concurrent changes of an instance
-- queue, so that they cannot block each other over shards. In the deletion of an instance
-- its row is gone already, and so the join finds none.
CREATE FUNCTION mail_accounts_count() RETURNS trigger
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
$$;

-- The same for UPDATE, for what a node gets to see.
-- PostgreSQL plans the statements of a trigger once for a connection. Planned at a change
-- of one account, its join of all rows with all rows would take a quarter of a second for
-- a thousand. Loops that it cannot do without then look dear enough to be compiled, which
-- takes half a second: not that, either.
CREATE FUNCTION mail_accounts_count_updates() RETURNS trigger
LANGUAGE plpgsql SET enable_nestloop TO off SET jit TO off AS $$
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
$$;

CREATE TRIGGER mail_accounts_count_inserts
AFTER INSERT ON mail_accounts REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_count();

CREATE TRIGGER mail_accounts_count_deletes
AFTER DELETE ON mail_accounts REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_count();

CREATE TRIGGER mail_accounts_count_updates
AFTER UPDATE ON mail_accounts
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_count_updates();

-- Whoever sets another hash knows nothing of the declared password: without it the
-- platform sees that the declaration does not hold any more.
CREATE FUNCTION mail_accounts_forget_password() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.password IS NOT DISTINCT FROM OLD.password THEN
        NEW.password := NULL;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_accounts_forget_password
BEFORE UPDATE OF password_hash ON mail_accounts
FOR EACH ROW WHEN (NEW.password_hash IS DISTINCT FROM OLD.password_hash)
EXECUTE FUNCTION mail_accounts_forget_password();
