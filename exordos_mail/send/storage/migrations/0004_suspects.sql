-- Messages with which workers have died (queue/claim.py, SUSPECT): there are few.
CREATE INDEX messages_suspect
    ON messages (tenant_id, account_id, priority, due_at, id)
    WHERE lost >= 3 AND state IN ('queued', 'scheduled', 'deferred');
