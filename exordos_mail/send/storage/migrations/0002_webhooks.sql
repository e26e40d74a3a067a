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
