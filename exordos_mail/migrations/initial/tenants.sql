-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- The send service's tenants, what is below them, and the keys that seal their secrets.
--
-- A tenant's tag is another one whenever something changes that its node sees, be it of
-- the tenant or of what is below; and a new tag counts one generation of the instance.

CREATE TABLE mail_send_tenants (
    uuid UUID PRIMARY KEY,
    name VARCHAR(128) NOT NULL DEFAULT '',
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    slug VARCHAR(63) NOT NULL,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    limit_minute INTEGER,
    limit_hour INTEGER,
    limit_day INTEGER,
    callback_url VARCHAR(2000),
    callback_auth VARCHAR(16) NOT NULL DEFAULT 'none',
    callback_username VARCHAR(1000),
    -- an envelope, see controlplane/sealed_box.py
    callback_secret TEXT,
    attachment_url VARCHAR(2000),
    -- set by the triggers
    tag UUID NOT NULL DEFAULT gen_random_uuid(),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (instance, slug)
);

-- Pages are in the order of the uuid, here and below.
CREATE INDEX mail_send_tenants_page_idx ON mail_send_tenants (instance, uuid);

CREATE INDEX mail_send_tenants_project_id_idx ON mail_send_tenants (project_id);

CREATE TABLE mail_send_api_keys (
    uuid UUID PRIMARY KEY,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    tenant UUID NOT NULL REFERENCES mail_send_tenants (uuid) ON DELETE CASCADE,
    scopes VARCHAR(16)[] NOT NULL,
    -- SHA-256, in hexadecimal digits
    key_hash VARCHAR(64) NOT NULL UNIQUE,
    -- of a declared key its envelope, see controlplane/sealed_box.py
    key TEXT,
    expires_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE INDEX mail_send_api_keys_page_idx ON mail_send_api_keys (tenant, uuid);

CREATE TABLE mail_send_relays (
    uuid UUID PRIMARY KEY,
    name VARCHAR(255) NOT NULL DEFAULT '',
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    tenant UUID NOT NULL REFERENCES mail_send_tenants (uuid) ON DELETE CASCADE,
    slug VARCHAR(63) NOT NULL,
    host VARCHAR(253) NOT NULL,
    port INTEGER NOT NULL,
    tls VARCHAR(16) NOT NULL,
    tls_verify BOOLEAN NOT NULL,
    username VARCHAR(256),
    -- an envelope, see controlplane/sealed_box.py
    password TEXT,
    connection_seconds INTEGER NOT NULL,
    connection_messages INTEGER NOT NULL,
    concurrency INTEGER NOT NULL,
    timeout_seconds INTEGER NOT NULL,
    limit_minute INTEGER,
    limit_hour INTEGER,
    limit_day INTEGER,
    over_limit VARCHAR(16) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (tenant, slug)
);

CREATE INDEX mail_send_relays_page_idx ON mail_send_relays (tenant, uuid);

CREATE TABLE mail_send_suppressions (
    uuid UUID PRIMARY KEY,
    name VARCHAR(255) NOT NULL DEFAULT '',
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    tenant UUID NOT NULL REFERENCES mail_send_tenants (uuid) ON DELETE CASCADE,
    address VARCHAR(254) NOT NULL,
    reason VARCHAR(500) NOT NULL,
    expires_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (tenant, address)
);

CREATE INDEX mail_send_suppressions_page_idx ON mail_send_suppressions (tenant, uuid);

-- Written by the builders' process; who seals takes the newest.
CREATE TABLE mail_sealing_keys (
    key_id VARCHAR(255) PRIMARY KEY,
    -- X25519, base64
    public_key VARCHAR(64) NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE FUNCTION mail_send_tenants_tag() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.tag := gen_random_uuid();
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_send_tenants_tag
BEFORE UPDATE ON mail_send_tenants
FOR EACH ROW WHEN (
    (NEW.name, NEW.slug, NEW.active,
    NEW.limit_minute, NEW.limit_hour, NEW.limit_day,
    NEW.callback_url, NEW.callback_auth, NEW.callback_username,
    NEW.callback_secret, NEW.attachment_url)
    IS DISTINCT FROM
    (OLD.name, OLD.slug, OLD.active,
    OLD.limit_minute, OLD.limit_hour, OLD.limit_day,
    OLD.callback_url, OLD.callback_auth, OLD.callback_username,
    OLD.callback_secret, OLD.attachment_url)
)
EXECUTE FUNCTION mail_send_tenants_tag();

-- One generation for each instance that a statement concerns. In the deletion of an
-- instance its row is gone already.
CREATE FUNCTION mail_send_tenants_count() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_instances
    SET generation = generation + 1,
        updated_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE uuid IN (SELECT instance FROM changed);
    IF TG_OP = 'INSERT' AND EXISTS (
        SELECT FROM mail_send_tenants
        WHERE instance IN (SELECT instance FROM changed)
        GROUP BY instance HAVING count(*) > 1000
    ) THEN
        RAISE EXCEPTION 'an instance has at most 1000 tenants'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION mail_send_tenants_count_updates() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_instances
    SET generation = generation + 1,
        updated_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE uuid IN (
        SELECT changed.instance
        FROM changed JOIN before USING (uuid)
        WHERE changed.tag <> before.tag
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_send_tenants_count_inserts
AFTER INSERT ON mail_send_tenants REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_tenants_count();

CREATE TRIGGER mail_send_tenants_count_deletes
AFTER DELETE ON mail_send_tenants REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_tenants_count();

CREATE TRIGGER mail_send_tenants_count_updates
AFTER UPDATE ON mail_send_tenants
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_tenants_count_updates();

-- The instance first, as everywhere: so concurrent changes queue, and each sees all that
-- the others made when it counts. In the deletion of a tenant its row is gone already.
CREATE FUNCTION mail_send_tenants_touch(tenants UUID[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM mail_instances
    WHERE uuid IN (SELECT instance FROM mail_send_tenants WHERE uuid = ANY(tenants))
    ORDER BY uuid FOR NO KEY UPDATE;
    UPDATE mail_send_tenants SET tag = gen_random_uuid() WHERE uuid = ANY(tenants);
END
$$;

-- Its arguments are the most rows that a tenant may have, and what they are called.
CREATE FUNCTION mail_send_parts_insert() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    most INTEGER := TG_ARGV[0];
    over BOOLEAN;
BEGIN
    PERFORM mail_send_tenants_touch(array(SELECT DISTINCT tenant FROM changed));
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %I WHERE tenant = ANY($1)'
        ' GROUP BY tenant HAVING count(*) > $2)',
        TG_TABLE_NAME
    ) INTO over USING array(SELECT DISTINCT tenant FROM changed), most;
    IF over THEN
        RAISE EXCEPTION 'a tenant has at most % %', most, TG_ARGV[1]
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION mail_send_parts_delete() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_send_tenants_touch(array(SELECT DISTINCT tenant FROM changed));
    RETURN NULL;
END
$$;

-- Its arguments are the columns that no node sees.
CREATE FUNCTION mail_send_parts_update() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_send_tenants_touch(array(
        SELECT DISTINCT changed.tenant
        FROM changed JOIN before USING (uuid)
        WHERE to_jsonb(changed) - TG_ARGV <> to_jsonb(before) - TG_ARGV
    ));
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_send_api_keys_insert
AFTER INSERT ON mail_send_api_keys REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_insert('100', 'API keys');

CREATE TRIGGER mail_send_api_keys_delete
AFTER DELETE ON mail_send_api_keys REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_delete();

CREATE TRIGGER mail_send_api_keys_update
AFTER UPDATE ON mail_send_api_keys REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_update(
    'description', 'project_id', 'updated_at', 'key'
);

CREATE TRIGGER mail_send_relays_insert
AFTER INSERT ON mail_send_relays REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_insert('100', 'relays');

CREATE TRIGGER mail_send_relays_delete
AFTER DELETE ON mail_send_relays REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_delete();

CREATE TRIGGER mail_send_relays_update
AFTER UPDATE ON mail_send_relays REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_update(
    'description', 'project_id', 'updated_at', 'name'
);

CREATE TRIGGER mail_send_suppressions_insert
AFTER INSERT ON mail_send_suppressions REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_insert('10000', 'suppressions');

CREATE TRIGGER mail_send_suppressions_delete
AFTER DELETE ON mail_send_suppressions REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_delete();

CREATE TRIGGER mail_send_suppressions_update
AFTER UPDATE ON mail_send_suppressions REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_update(
    'description', 'project_id', 'updated_at', 'name'
);
