# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the send service's tenants, and of the key that seals their secrets.

A tenant's tag is another one whenever something changes that its node sees, be it of
the tenant or of what is below; and a new tag counts one generation of the instance.

Safe while the API of the release before still runs: everything here is new, and the
table of instances, which it knows, gets no more than references to it.
"""

from exordos_mail.controlplane import sql_step

_TENANTS = """
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
)
"""

_API_KEYS = """
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
)
"""

_SMTP_ACCOUNTS = """
CREATE TABLE mail_send_smtp_accounts (
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
)
"""

_SUPPRESSIONS = """
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
)
"""

# Written by the builders' process; who seals takes the newest.
_SEALING_KEYS = """
CREATE TABLE mail_sealing_keys (
    key_id VARCHAR(255) PRIMARY KEY,
    -- X25519, base64
    public_key VARCHAR(64) NOT NULL,
    created_at TIMESTAMP NOT NULL
)
"""

_TAG = """
CREATE FUNCTION mail_send_tenants_tag() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.tag := gen_random_uuid();
    RETURN NEW;
END
$$
"""

_TAG_UPDATES = """
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
EXECUTE FUNCTION mail_send_tenants_tag()
"""

# One generation for each instance that a statement concerns. In the deletion of an
# instance its row is gone already.
_COUNT = """
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
$$
"""

_COUNT_UPDATES = """
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
$$
"""

# The instance first, as everywhere: so concurrent changes queue, and each sees all
# that the others made when it counts. In the deletion of a tenant its row is gone
# already.
_TOUCH = """
CREATE FUNCTION mail_send_tenants_touch(tenants UUID[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM mail_instances
    WHERE uuid IN (SELECT instance FROM mail_send_tenants WHERE uuid = ANY(tenants))
    ORDER BY uuid FOR NO KEY UPDATE;
    UPDATE mail_send_tenants SET tag = gen_random_uuid() WHERE uuid = ANY(tenants);
END
$$
"""

# Its arguments are the most rows that a tenant may have, and what they are called.
_PARTS_INSERT = """
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
$$
"""

_PARTS_DELETE = """
CREATE FUNCTION mail_send_parts_delete() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_send_tenants_touch(array(SELECT DISTINCT tenant FROM changed));
    RETURN NULL;
END
$$
"""

# Its arguments are the columns that no node sees.
_PARTS_UPDATE = """
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
$$
"""

_COUNT_TENANTS = (
    """
CREATE TRIGGER mail_send_tenants_count_inserts
AFTER INSERT ON mail_send_tenants REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_tenants_count()
""",
    """
CREATE TRIGGER mail_send_tenants_count_deletes
AFTER DELETE ON mail_send_tenants REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_tenants_count()
""",
    """
CREATE TRIGGER mail_send_tenants_count_updates
AFTER UPDATE ON mail_send_tenants
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_tenants_count_updates()
""",
)


def _watch(
    table: str, most: int, noun: str, unseen: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the triggers of a table below tenants."""
    hidden = ("description", "project_id", "updated_at", *unseen)
    return (
        f"""
CREATE TRIGGER {table}_insert
AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_insert('{most}', '{noun}')
""",
        f"""
CREATE TRIGGER {table}_delete
AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_delete()
""",
        f"""
CREATE TRIGGER {table}_update
AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_send_parts_update(
    {", ".join(f"'{name}'" for name in hidden)}
)
""",
    )


UPGRADE = (
    _TENANTS,
    _API_KEYS,
    _SMTP_ACCOUNTS,
    _SUPPRESSIONS,
    _SEALING_KEYS,
    # Pages are in order of the uuid.
    "CREATE INDEX mail_send_tenants_page_idx ON mail_send_tenants (instance, uuid)",
    "CREATE INDEX mail_send_tenants_project_id_idx ON mail_send_tenants (project_id)",
    "CREATE INDEX mail_send_api_keys_page_idx ON mail_send_api_keys (tenant, uuid)",
    "CREATE INDEX mail_send_smtp_accounts_page_idx"
    " ON mail_send_smtp_accounts (tenant, uuid)",
    "CREATE INDEX mail_send_suppressions_page_idx"
    " ON mail_send_suppressions (tenant, uuid)",
    _TAG,
    _TAG_UPDATES,
    _COUNT,
    _COUNT_UPDATES,
    _TOUCH,
    _PARTS_INSERT,
    _PARTS_DELETE,
    _PARTS_UPDATE,
    *_COUNT_TENANTS,
    *_watch("mail_send_api_keys", 100, "API keys", ("key",)),
    *_watch("mail_send_smtp_accounts", 100, "SMTP accounts", ("name",)),
    *_watch("mail_send_suppressions", 10_000, "suppressions", ("name",)),
)

DOWNGRADE = (
    "DROP TABLE mail_sealing_keys",
    "DROP TABLE mail_send_suppressions",
    "DROP TABLE mail_send_smtp_accounts",
    "DROP TABLE mail_send_api_keys",
    "DROP TABLE mail_send_tenants",
    "DROP FUNCTION mail_send_parts_update()",
    "DROP FUNCTION mail_send_parts_delete()",
    "DROP FUNCTION mail_send_parts_insert()",
    "DROP FUNCTION mail_send_tenants_touch(UUID[])",
    "DROP FUNCTION mail_send_tenants_count_updates()",
    "DROP FUNCTION mail_send_tenants_count()",
    "DROP FUNCTION mail_send_tenants_tag()",
)

migration_step = sql_step.SQLStep(
    "75170d8f-e913-4f81-855f-808852ba3c53",
    depends=["0011-pinned-images.py"],
    upgrade=UPGRADE,
    downgrade=DOWNGRADE,
)
