-- The send service's first schema, for SQLite and PostgreSQL.
--
-- {{blob}}, {{clustered}}: see storage/sql.py, the only differences of the two.
-- Every *_at is a moment in milliseconds since 1970 (UTC).  Flags are 0 or 1.
-- The columns of a JSON text are named where they are written.

CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    active INTEGER NOT NULL,
    -- Messages a minute, an hour, a day; NULL: no limit.
    limit_minute INTEGER,
    limit_hour INTEGER,
    limit_day INTEGER,
    -- JSON list of the domains a sender may be of; NULL: any.
    sender_domains TEXT,
    callback_url TEXT,
    -- none, basic, bearer or signature.
    callback_auth TEXT NOT NULL,
    -- AES-256-GCM (vault.py): what callback_auth needs.
    callback_secret {{blob}},
    attachment_url TEXT,
    -- Written by the control plane: read-only in the service's own API.
    managed INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The last event number of each tenant.  The row is locked until the commit,
-- so that numbers become visible in their order, without gaps.
CREATE TABLE event_counters (
    tenant_id TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- SHA-256 of the key, hex: a key has 256 random bits, so no salt or cost.
    hash TEXT NOT NULL UNIQUE,
    -- Of send, read, manage, joined by blanks.
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_keys_of_tenant ON api_keys (tenant_id);

CREATE TABLE accounts (
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    -- implicit, starttls or none.
    tls TEXT NOT NULL,
    tls_verify INTEGER NOT NULL,
    username TEXT,
    -- AES-256-GCM (vault.py).
    password {{blob}},
    -- Grows with every change of what a connection depends on.
    version INTEGER NOT NULL,
    -- Seconds a connection lives, messages it carries, how many at a time.
    connection_seconds INTEGER NOT NULL,
    connection_messages INTEGER NOT NULL,
    concurrency INTEGER NOT NULL,
    -- Seconds to wait for one answer of the server.
    timeout_seconds INTEGER NOT NULL,
    limit_minute INTEGER,
    limit_hour INTEGER,
    limit_day INTEGER,
    -- Over the limit: defer or reject.
    over_limit TEXT NOT NULL,
    managed INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- Named places of files that messages attach.
CREATE TABLE storages (
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- local, s3, gcs or azure.
    protocol TEXT NOT NULL,
    -- AES-256-GCM (vault.py) of a JSON object (attachments/storages.py).
    config {{blob}} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- Narrow, because it is rewritten at each step: the content is beside it.
CREATE TABLE messages (
    tenant_id TEXT NOT NULL,
    -- UUID version 7: in the order of acceptance.
    id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    batch TEXT,
    -- 0 immediate, 1 high, 2 medium, 3 low.
    priority INTEGER NOT NULL,
    -- states.py has the table.
    state TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- Not before this moment; kept while suspended.
    due_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    -- How often a worker died with it.
    lost INTEGER NOT NULL,
    -- Who has claimed it.
    worker_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- When nothing more can happen; NULL before.
    final_at BIGINT,
    PRIMARY KEY (tenant_id, id)
) {{clustered}};
CREATE INDEX messages_queue
    ON messages (tenant_id, account_id, priority, due_at, id)
    WHERE state IN ('queued', 'scheduled', 'deferred');
CREATE INDEX messages_expiry ON messages (expires_at)
    WHERE state IN ('queued', 'scheduled', 'deferred');
CREATE INDEX messages_claimed ON messages (worker_id) WHERE worker_id IS NOT NULL;
CREATE INDEX messages_final ON messages (final_at) WHERE final_at IS NOT NULL;
CREATE INDEX messages_batch ON messages (tenant_id, batch) WHERE batch IS NOT NULL;

CREATE TABLE contents (
    message_id TEXT PRIMARY KEY,
    -- content.Content as MessagePack; written once.
    body {{blob}} NOT NULL
);

CREATE TABLE recipients (
    message_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    address TEXT NOT NULL,
    -- states.py has the table.
    state TEXT NOT NULL,
    -- The server's last answer: SMTP code, enhanced code (RFC 3463), text.
    code INTEGER,
    enhanced TEXT,
    reply TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (message_id, position)
) {{clustered}};

-- Every change of state, numbered per tenant.
CREATE TABLE events (
    tenant_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    -- events.py has the list.
    type TEXT NOT NULL,
    message_id TEXT,
    recipient TEXT,
    -- Who did it: admin, key:<id>, service.
    actor TEXT NOT NULL,
    -- JSON object: what events.py says of the type.
    details TEXT NOT NULL,
    PRIMARY KEY (tenant_id, seq)
) {{clustered}};
CREATE INDEX events_of_message ON events (message_id);

CREATE TABLE idempotency (
    tenant_id TEXT NOT NULL,
    -- "message:<key>" or "request:<key>".
    key TEXT NOT NULL,
    -- SHA-256 of what was sent with it, hex.
    content_hash TEXT NOT NULL,
    -- JSON: the answer that was given.
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE suppressions (
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- In normal form (address.py).
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- hard_failure or manual.
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (tenant_id, address)
);

CREATE TABLE suspensions (
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- A batch code; the empty text is every message of the tenant.
    batch TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, batch)
);

-- How many messages were claimed in a stretch of time, for the limits.
CREATE TABLE usage (
    -- "tenant <id>" or "account <tenant id> <id>".
    scope TEXT NOT NULL,
    -- minute, hour or day: the window these stretches are for (limits.py).
    span TEXT NOT NULL,
    -- The stretch's first moment.
    start_at BIGINT NOT NULL,
    claimed BIGINT NOT NULL,
    PRIMARY KEY (scope, span, start_at)
);

-- The processes that deliver.  A worker is dead when its beat stands still,
-- by the watcher's own steady clock: no wall clock takes part.
CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    -- Machine, boot and pid name space, and the process in it.
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    pid_started BIGINT NOT NULL,
    beat BIGINT NOT NULL
);
