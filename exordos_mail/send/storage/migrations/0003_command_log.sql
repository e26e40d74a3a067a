-- Every call that may change something.  Rows outlive their tenants.

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
CREATE INDEX commands_of_tenant ON commands (tenant_id, id);
