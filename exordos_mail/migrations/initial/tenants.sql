-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- The send service's tenants, what is below them, and the keys that seal their secrets.
--
-- A tenant is a document with a bucket of its own, whose tag is another one whenever
-- something changes that its node sees, be it of the tenant or of what is below.

CREATE TABLE mail_send_tenants (
    uuid UUID PRIMARY KEY,
    name VARCHAR(128) NOT NULL DEFAULT '',
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    id VARCHAR(63) NOT NULL,
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
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (instance, id)
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
    id VARCHAR(63) NOT NULL,
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
    UNIQUE (tenant, id)
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

SELECT mail_documents_of(
    'mail_send_tenants', 'tenants', 'uuid', ARRAY[
        'name', 'id', 'active', 'limit_minute', 'limit_hour', 'limit_day',
        'callback_url', 'callback_auth', 'callback_username', 'callback_secret',
        'attachment_url'
    ], TRUE
);

CREATE TRIGGER mail_send_tenants_limit
AFTER INSERT ON mail_send_tenants REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'instance', '1000', 'an instance has at most %s tenants'
);

-- In the deletion of a tenant its row is gone already.
CREATE FUNCTION mail_send_tenants_touch(tenants UUID[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    instances UUID[];
    buckets text[];
BEGIN
    SELECT array_agg(instance), array_agg(uuid::text) INTO instances, buckets
    FROM mail_send_tenants WHERE uuid = ANY(tenants);
    IF instances IS NOT NULL THEN
        PERFORM mail_documents_touch('tenants', instances, buckets);
    END IF;
END
$$;

-- A tenant may send from each domain of its instance that is in service.
CREATE FUNCTION mail_send_domains_touch(instances UUID[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_send_tenants_touch(array(
        SELECT uuid FROM mail_send_tenants WHERE instance = ANY(instances)
    ));
END
$$;

CREATE FUNCTION mail_send_domains_written() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_send_domains_touch(array(SELECT DISTINCT instance FROM changed));
    RETURN NULL;
END
$$;

CREATE FUNCTION mail_send_domains_updated() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_send_domains_touch(array(
        SELECT DISTINCT changed.instance
        FROM changed JOIN before USING (uuid)
        WHERE (changed.name, changed.enabled, changed.ownership)
            IS DISTINCT FROM (before.name, before.enabled, before.ownership)
    ));
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_domains_tenants_insert
AFTER INSERT ON mail_domains REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_domains_written();

CREATE TRIGGER mail_domains_tenants_delete
AFTER DELETE ON mail_domains REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_domains_written();

CREATE TRIGGER mail_domains_tenants_update
AFTER UPDATE ON mail_domains REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_domains_updated();

CREATE FUNCTION mail_send_parts_written() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_send_tenants_touch(array(SELECT DISTINCT tenant FROM changed));
    RETURN NULL;
END
$$;

-- Its arguments are the columns that no node sees.
CREATE FUNCTION mail_send_parts_updated() RETURNS trigger
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
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_written();

CREATE TRIGGER mail_send_api_keys_limit
AFTER INSERT ON mail_send_api_keys REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'tenant', '100', 'a tenant has at most %s API keys'
);

CREATE TRIGGER mail_send_api_keys_delete
AFTER DELETE ON mail_send_api_keys REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_written();

CREATE TRIGGER mail_send_api_keys_update
AFTER UPDATE ON mail_send_api_keys REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_updated(
    'description', 'project_id', 'updated_at', 'key'
);

CREATE TRIGGER mail_send_relays_insert
AFTER INSERT ON mail_send_relays REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_written();

CREATE TRIGGER mail_send_relays_limit
AFTER INSERT ON mail_send_relays REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'tenant', '100', 'a tenant has at most %s relays'
);

CREATE TRIGGER mail_send_relays_delete
AFTER DELETE ON mail_send_relays REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_written();

CREATE TRIGGER mail_send_relays_update
AFTER UPDATE ON mail_send_relays REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_updated(
    'description', 'project_id', 'updated_at', 'name'
);

CREATE TRIGGER mail_send_suppressions_insert
AFTER INSERT ON mail_send_suppressions REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_written();

CREATE TRIGGER mail_send_suppressions_limit
AFTER INSERT ON mail_send_suppressions REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'tenant', '10000', 'a tenant has at most %s suppressions'
);

CREATE TRIGGER mail_send_suppressions_delete
AFTER DELETE ON mail_send_suppressions REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_written();

CREATE TRIGGER mail_send_suppressions_update
AFTER UPDATE ON mail_send_suppressions REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_updated(
    'description', 'project_id', 'updated_at', 'name'
);
