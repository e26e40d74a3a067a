-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

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
    -- The most that may wait; NULL: as the service is set.
    waiting_messages BIGINT,
    waiting_mib BIGINT,
    -- Written by the control plane: read-only in the service's own API.
    managed INTEGER NOT NULL,
    -- As the control plane names it.
    managed_uuid TEXT,
    -- Another one with each content.
    managed_tag TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX tenants_managed ON tenants (managed_uuid)
    WHERE managed_uuid IS NOT NULL;

-- The last event number of each tenant.  The row is locked until the commit,
-- so that numbers become visible in their order, without gaps.
CREATE TABLE event_counters (
    tenant_id TEXT PRIMARY KEY,
    last BIGINT NOT NULL,
    -- What the tenant has waiting: messages that are not final, and their octets.
    messages BIGINT NOT NULL DEFAULT 0,
    octets BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- SHA-256 of the key, hex: a key has 256 random bits, so no salt or cost.
    hash TEXT NOT NULL UNIQUE,
    -- Of send, read, manage, joined by blanks.
    scopes TEXT NOT NULL,
    -- The key that made this one, and is revoked with it. NULL: the admin or the
    -- control plane.
    made_by TEXT,
    -- Written by the control plane.
    managed INTEGER NOT NULL DEFAULT 0,
    -- 1: nothing that it submits is ever sent.
    test INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_keys_of_tenant ON api_keys (tenant_id);

CREATE TABLE relays (
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
    -- Seconds a connection lives, messages it carries, how many at a time.
    connection_seconds INTEGER NOT NULL,
    connection_messages INTEGER NOT NULL,
    concurrency INTEGER NOT NULL,
    -- Seconds to wait for one answer of the server, and for that to a whole message.
    timeout_seconds INTEGER NOT NULL,
    end_timeout_seconds INTEGER NOT NULL DEFAULT 600,
    limit_minute INTEGER,
    limit_hour INTEGER,
    limit_day INTEGER,
    -- Over the limit: defer or reject.
    over_limit TEXT NOT NULL,
    -- 1: reaches no private address but those that the operator allows.
    public_only INTEGER NOT NULL DEFAULT 1,
    -- Host and port that the option --smtp gave the relay; NULL: it did not.
    from_option TEXT,
    managed INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- Relays that the control plane has taken away, as long as a message names them.
CREATE TABLE removed_relays (
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
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

-- Mailboxes that a tenant's bounces are read from (bounce_mailboxes/).
CREATE TABLE bounce_mailboxes (
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    active INTEGER NOT NULL,
    -- imap or pop3.
    protocol TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    -- implicit or starttls.
    tls TEXT NOT NULL,
    -- PEM; NULL: the system's authorities.
    ca TEXT,
    username TEXT NOT NULL,
    -- AES-256-GCM (vault.py); NULL: it was left out of an export.
    password {{blob}},
    folder TEXT NOT NULL,
    -- keep, move or delete.
    after TEXT NOT NULL,
    move_to TEXT,
    period_seconds INTEGER NOT NULL,
    -- Seconds to wait for one answer of the server.
    answer_seconds INTEGER NOT NULL,
    idle INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- How far each of them is read.
CREATE TABLE bounce_polls (
    tenant_id TEXT NOT NULL,
    mailbox_id TEXT NOT NULL,
    -- IMAP: what the last UID is of (RFC 3501 section 2.3.1.1); NULL: nothing was read.
    uidvalidity BIGINT,
    last_uid BIGINT NOT NULL,
    -- The poll that is under way, who makes it, and since when. A changed mailbox has
    -- none; when that row of workers is gone, nobody makes it.
    poll_id TEXT,
    worker_id TEXT,
    -- The next poll is not before.
    due_at BIGINT NOT NULL,
    -- Polls that failed since the last that went well.
    failures INTEGER NOT NULL,
    -- For people, without a secret. NULL: the last poll did not fail.
    last_error TEXT,
    attempted_at BIGINT,
    polled_at BIGINT,
    -- The mail at which the last poll failed, and how many did in a row.
    stuck_uid TEXT,
    stuck_times INTEGER NOT NULL,
    -- Mail that was read, by what it is; mail that cannot be; events that were written.
    bounces BIGINT NOT NULL,
    complaints BIGINT NOT NULL,
    others BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    events BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, mailbox_id),
    FOREIGN KEY (tenant_id, mailbox_id)
        REFERENCES bounce_mailboxes (tenant_id, id) ON DELETE CASCADE
);

-- Single mails of them: with IMAP those alone that something is left to do with, with
-- POP3 all that were read and are there.
CREATE TABLE bounce_mails (
    tenant_id TEXT NOT NULL,
    mailbox_id TEXT NOT NULL,
    -- IMAP: the UID. POP3: the unique id (RFC 1939 section 7).
    uid TEXT NOT NULL,
    -- done, removing (to be moved or deleted) or again (to be read again).
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, mailbox_id, uid),
    -- Of the row that a poll has locked, so that a removal of the mailbox waits for it.
    FOREIGN KEY (tenant_id, mailbox_id)
        REFERENCES bounce_polls (tenant_id, mailbox_id) ON DELETE CASCADE
) {{clustered}};

-- Narrow, because it is rewritten at each step: the content is beside it.
CREATE TABLE messages (
    tenant_id TEXT NOT NULL,
    -- UUID version 7: in the order of acceptance.
    id TEXT NOT NULL,
    relay_id TEXT NOT NULL,
    batch TEXT,
    -- 0 immediate, 1 high, 2 medium, 3 low.
    priority INTEGER NOT NULL,
    -- states.py has the table.
    state TEXT NOT NULL,
    sender TEXT NOT NULL,
    -- Empty: there is none, or it was erased (queue/erasure.py).
    subject TEXT NOT NULL,
    -- Digests (queue/keys.py) of the sender, of the subject, and of the Message-ID when
    -- the caller has made it, else NULL.
    sender_key BIGINT,
    subject_key BIGINT,
    message_key BIGINT,
    -- 1: accepted with `override_suppression`, the list is not looked at again.
    suppression_override INTEGER NOT NULL DEFAULT 0,
    -- 1: accepted with a test key, it is never handed to a server.
    test INTEGER NOT NULL DEFAULT 0,
    -- Size of the stored content.
    octets BIGINT NOT NULL DEFAULT 0,
    -- Not before this moment; kept while suspended.
    due_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    -- How often a worker died with it.
    orphaned INTEGER NOT NULL,
    -- Who has claimed it.
    worker_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- When nothing more can happen; NULL before.
    final_at BIGINT,
    PRIMARY KEY (tenant_id, id)
) {{clustered}};
CREATE INDEX messages_queue
    ON messages (tenant_id, relay_id, priority, due_at, id)
    WHERE state IN ('queued', 'scheduled', 'deferred');
CREATE INDEX messages_expiry ON messages (expires_at)
    WHERE state IN ('queued', 'scheduled', 'deferred');
CREATE INDEX messages_claimed ON messages (worker_id) WHERE worker_id IS NOT NULL;
CREATE INDEX messages_final ON messages (final_at) WHERE final_at IS NOT NULL;
-- Messages with which workers have died (queue/claim.py, SUSPECT): there are few.
CREATE INDEX messages_suspect
    ON messages (tenant_id, relay_id, priority, due_at, id)
    WHERE orphaned >= 3 AND state IN ('queued', 'scheduled', 'deferred');
CREATE INDEX messages_batch ON messages (tenant_id, batch) WHERE batch IS NOT NULL;
-- Those that something may still happen to: the ends of the indexes below.
CREATE INDEX messages_unfinished ON messages (tenant_id, id)
    WHERE final_at IS NULL;
-- Only when final, as recipients_address: acceptance writes nothing here.
CREATE INDEX messages_sender ON messages (sender_key, id)
    WHERE final_at IS NOT NULL;
CREATE INDEX messages_subject ON messages (subject_key, id)
    WHERE final_at IS NOT NULL;
CREATE INDEX messages_message_id ON messages (message_key, id)
    WHERE message_key IS NOT NULL;

CREATE TABLE contents (
    message_id TEXT PRIMARY KEY,
    -- content.Content as MessagePack; written once.
    body {{blob}} NOT NULL
);

-- What callers write on messages for themselves (content/labels.py): of a message that
-- has any, so that the others cost nothing. They stay as long as an event of theirs.
CREATE TABLE labels (
    tenant_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    -- As in the body; NULL: none.
    reference TEXT,
    -- labels.Labels as MessagePack; written once.
    body {{blob}} NOT NULL,
    PRIMARY KEY (tenant_id, message_id)
) {{clustered}};
CREATE INDEX labels_reference ON labels (tenant_id, reference, message_id)
    WHERE reference IS NOT NULL;

-- To find messages by; of messages that are there.
CREATE TABLE tags (
    tenant_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (tenant_id, message_id, tag)
) {{clustered}};
CREATE INDEX tags_messages ON tags (tenant_id, tag, message_id);

CREATE TABLE recipients (
    message_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    address TEXT NOT NULL,
    -- Digest of tenant and address (queue/keys.py): finds a recipient's messages.
    address_key BIGINT,
    -- states.py has the table.
    state TEXT NOT NULL,
    -- The server's last answer: SMTP code, enhanced code (RFC 3463), text.
    code INTEGER,
    enhanced TEXT,
    reply TEXT,
    -- What became of it after it was sent (states.OUTCOMES); the answer is of it then.
    outcome TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (message_id, position)
) {{clustered}};
-- Only recipients with an outcome: else acceptance wrote a page of this index for each
-- message. Those that wait are found from the tenant's messages (messages/records.py).
CREATE INDEX recipients_address ON recipients (address_key, message_id)
    WHERE state <> 'waiting';

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
    -- manual, hard_bounce, complaint or unsubscribe.
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (tenant_id, address)
);

-- Apart from what the tenant and the service write: neither replaces the other.
CREATE TABLE managed_suppressions (
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- In normal form (address.py).
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (tenant_id, address)
);
-- Every entry there is; an address may have one of each kind.
CREATE VIEW suppressed AS
SELECT tenant_id, address, reason, source, created_at, expires_at
FROM suppressions
UNION ALL
SELECT tenant_id, address, reason, 'managed' AS source, created_at, expires_at
FROM managed_suppressions;

CREATE TABLE suspensions (
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- A batch code; the empty text is every message of the tenant.
    batch TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, batch)
);

-- The whole service sends nothing: at most one row (queue/pause.py).
CREATE TABLE pauses (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    created_at BIGINT NOT NULL
);

-- Calls that cancel or remove many messages (queue/sweep.py), with how far each has come.
CREATE TABLE sweeps (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- cancel or remove.
    action TEXT NOT NULL,
    -- sweep.Selection as JSON; empty when it has ended.
    wanted TEXT NOT NULL,
    -- Who called: admin or key:<id>.
    actor TEXT NOT NULL,
    -- Id of the last message that was looked at, and of the last one that is meant.
    position TEXT NOT NULL,
    last TEXT NOT NULL,
    -- How many messages were cancelled or removed.
    changed BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX sweeps_open ON sweeps (updated_at) WHERE ended_at IS NULL;

-- Calls that have an address erased (queue/erasure.py), with how far each has come.
CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    -- In normal form (address.py); empty when it has ended.
    address TEXT NOT NULL,
    -- Who called: admin or key:<id>.
    actor TEXT NOT NULL,
    -- Id of the last message that may be concerned.
    last TEXT NOT NULL,
    -- How far it has looked through the messages that are not final, and how many of
    -- them it waits for.
    position TEXT NOT NULL,
    waiting BIGINT NOT NULL,
    -- Number of the last event that it has looked at among those of messages that are
    -- gone, and of the last that may be concerned; -1: it has not begun with them.
    seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    -- How many messages and events it has changed.
    messages BIGINT NOT NULL,
    events BIGINT NOT NULL,
    -- 1: the address is on the suppression list, and stays there.
    suppressed INTEGER NOT NULL,
    -- Not before this moment.
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX erasures_open ON erasures (due_at) WHERE ended_at IS NULL;
-- Two calls about one address while it is being erased are one job.
CREATE UNIQUE INDEX erasures_address ON erasures (tenant_id, address)
    WHERE ended_at IS NULL;

-- How many messages were claimed in a stretch of time, for the limits.
CREATE TABLE usage (
    -- "tenant <id>" or "relay <tenant id> <id>".
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

-- How far each tenant's webhook has come.  A row is made with the first batch.
CREATE TABLE webhooks (
    tenant_id TEXT PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    -- Number of the last event that the receiver has taken.
    cursor BIGINT NOT NULL,
    -- The batch that is under way, so that a retry is the same one.  Its id,
    -- and the number of its last event. NULL: none.
    batch_id TEXT,
    batch_last BIGINT,
    -- The address that the columns below are about. A new one begins anew.
    url TEXT NOT NULL,
    -- Attempts that failed since the last success, and when the first of them was.
    failures INTEGER NOT NULL,
    failing_since BIGINT,
    -- For people, without a secret. NULL: the last attempt did not fail.
    last_error TEXT,
    -- The next attempt is not before.
    due_at BIGINT NOT NULL,
    delivered_at BIGINT,
    -- Switched off until somebody switches it on: gone or failing.
    disabled_at BIGINT,
    disabled_reason TEXT,
    -- Who delivers now.  When that row of workers is gone, nobody does.
    worker_id TEXT
);

-- Every call that may change something.  Rows outlive their tenants. A list is in the
-- order of ids, with the tenant as a filter: another index would be written by every
-- call and read by none.
CREATE TABLE commands (
    -- UUID version 7: in the order of the calls.
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    -- Who called: admin or key:<id>.
    actor TEXT NOT NULL,
    -- Empty: of no tenant.
    tenant_id TEXT NOT NULL,
    method TEXT NOT NULL,
    -- As it was called, with the query.
    path TEXT NOT NULL,
    -- 1: makes sense in another service too (api/route.py).
    replayable INTEGER NOT NULL,
    -- JSON, secrets masked. NULL: no body, or mail.
    request TEXT,
    status INTEGER NOT NULL,
    -- JSON object: what commands/summary.py leaves of the answer.
    result TEXT NOT NULL
) {{clustered}};

-- Keys that stored secrets may be sealed with (vault.py): a process that does not have
-- all of them does not start, and one that seals with another key writes no secret.
CREATE TABLE secrets_keys (
    -- vault.digest of the key: 64 hexadecimal digits.
    digest TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL
);

-- Keys of the links by which recipients unsubscribe (unsubscribe/link_keys.py).
CREATE TABLE link_keys (
    id TEXT PRIMARY KEY,
    -- AES-256-GCM (vault.py).
    secret {{blob}} NOT NULL,
    created_at BIGINT NOT NULL
);

-- Whether the command log still leads to the present configuration: at most one row.
CREATE TABLE purged_commands (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    -- Commands that made the configuration are missing from before this moment.
    before BIGINT NOT NULL
);
