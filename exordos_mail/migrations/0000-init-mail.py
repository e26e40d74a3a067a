# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The first tables: versions, instances, accounts, DKIM keys.

Timestamps are UTC without a zone, as everywhere in the platform's database.
"""

from exordos_mail.controlplane import sql_step

UPGRADE = (
    """
CREATE TABLE mail_versions (
    uuid UUID PRIMARY KEY,
    name VARCHAR(255) NOT NULL UNIQUE,
    description VARCHAR(255) NOT NULL DEFAULT '',
    image VARCHAR(2048) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
)
""",
    """
CREATE TABLE mail_instances (
    uuid UUID PRIMARY KEY,
    -- user columns
    name VARCHAR(255) NOT NULL,
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    domain VARCHAR(253) NOT NULL,
    cpu INTEGER NOT NULL,
    ram INTEGER NOT NULL,
    disk_size INTEGER NOT NULL,
    version UUID NOT NULL REFERENCES mail_versions (uuid),
    -- set by the triggers
    generation BIGINT NOT NULL DEFAULT 1,
    status VARCHAR(64) NOT NULL DEFAULT 'NEW',
    status_reason TEXT NOT NULL DEFAULT '',
    ipv4 VARCHAR(15),
    -- observed columns
    infra_status VARCHAR(64) NOT NULL DEFAULT 'NEW',
    infra_reason TEXT NOT NULL DEFAULT '',
    service_status VARCHAR(64) NOT NULL DEFAULT 'NEW',
    service_reason TEXT NOT NULL DEFAULT '',
    ipsv4 VARCHAR(15)[] NOT NULL DEFAULT '{}',
    applied_generation BIGINT NOT NULL DEFAULT 0,
    dkim_selector VARCHAR(63),
    dkim_public_key TEXT,
    dkim_keys JSONB[] NOT NULL DEFAULT '{}',
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
)
""",
    "CREATE INDEX mail_instances_project_id_idx ON mail_instances (project_id)",
    "CREATE INDEX mail_instances_version_idx ON mail_instances (version)",
    """
CREATE TABLE mail_accounts (
    uuid UUID PRIMARY KEY,
    name VARCHAR(255) NOT NULL DEFAULT '',
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    username VARCHAR(64) NOT NULL,
    password_hash VARCHAR(256) NOT NULL,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (instance, username)
)
""",
    "CREATE INDEX mail_accounts_project_id_idx ON mail_accounts (project_id)",
    """
CREATE TABLE mail_dkim_keys (
    uuid UUID PRIMARY KEY,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    domain VARCHAR(253) NOT NULL,
    selector VARCHAR(63) NOT NULL,
    algorithm VARCHAR(64) NOT NULL,
    -- an envelope, see controlplane/keyring.py
    private_key TEXT NOT NULL,
    public_key TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (instance, domain, selector)
)
""",
    # One verdict of two. A reason of an ERROR comes first, else that of the
    # layer that is not ready yet.
    """
CREATE FUNCTION mail_instances_compute() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF 'ERROR' IN (NEW.infra_status, NEW.service_status) THEN
        NEW.status := 'ERROR';
        NEW.status_reason := concat_ws(
            '; ',
            CASE WHEN NEW.infra_status = 'ERROR'
                THEN nullif(NEW.infra_reason, '') END,
            CASE WHEN NEW.service_status = 'ERROR'
                THEN nullif(NEW.service_reason, '') END
        );
    ELSIF NEW.infra_status = 'ACTIVE' AND NEW.service_status = 'ACTIVE' THEN
        NEW.status := 'ACTIVE';
        NEW.status_reason := '';
    ELSE
        IF NEW.infra_status = 'NEW' AND NEW.service_status = 'NEW' THEN
            NEW.status := 'NEW';
        ELSE
            NEW.status := 'IN_PROGRESS';
        END IF;
        NEW.status_reason := CASE
            WHEN NEW.infra_status <> 'ACTIVE' THEN NEW.infra_reason
            ELSE NEW.service_reason
        END;
    END IF;
    NEW.ipv4 := NEW.ipsv4[1];
    RETURN NEW;
END
$$
""",
    # updated_at tells builders that a user changed something; what builders
    # observe must not look like it, or they would wake each other for ever.
    """
CREATE FUNCTION mail_instances_count() RETURNS trigger
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
""",
    """
CREATE TRIGGER mail_instances_compute
BEFORE INSERT OR UPDATE ON mail_instances
FOR EACH ROW EXECUTE FUNCTION mail_instances_compute()
""",
    """
CREATE TRIGGER mail_instances_count
BEFORE UPDATE ON mail_instances
FOR EACH ROW EXECUTE FUNCTION mail_instances_count()
""",
    # One generation for each instance that a statement concerns, however many
    # of its accounts it wrote.
    """
CREATE FUNCTION mail_accounts_count() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_instances
    SET generation = generation + 1,
        updated_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE uuid IN (SELECT instance FROM changed);
    RETURN NULL;
END
$$
""",
    # The same for UPDATE, for what a node gets to see.
    """
CREATE FUNCTION mail_accounts_count_updates() RETURNS trigger
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
""",
    """
CREATE TRIGGER mail_accounts_count_inserts
AFTER INSERT ON mail_accounts REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_count()
""",
    """
CREATE TRIGGER mail_accounts_count_deletes
AFTER DELETE ON mail_accounts REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_count()
""",
    """
CREATE TRIGGER mail_accounts_count_updates
AFTER UPDATE ON mail_accounts
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_count_updates()
""",
)

DOWNGRADE = (
    "DROP TABLE mail_dkim_keys",
    "DROP TABLE mail_accounts",
    "DROP TABLE mail_instances",
    "DROP TABLE mail_versions",
    "DROP FUNCTION mail_accounts_count_updates()",
    "DROP FUNCTION mail_accounts_count()",
    "DROP FUNCTION mail_instances_count()",
    "DROP FUNCTION mail_instances_compute()",
)

migration_step = sql_step.SQLStep(
    "64d81262-e31a-4f91-b57e-716c928e0f20",
    depends=[],
    upgrade=UPGRADE,
    downgrade=DOWNGRADE,
)
