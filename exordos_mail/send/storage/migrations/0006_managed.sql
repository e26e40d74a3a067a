-- Tenants that the control plane writes (control/), as it names them.

ALTER TABLE tenants ADD COLUMN managed_uuid TEXT;
-- Another one with each content.
ALTER TABLE tenants ADD COLUMN managed_tag TEXT;
CREATE UNIQUE INDEX tenants_managed ON tenants (managed_uuid)
    WHERE managed_uuid IS NOT NULL;

ALTER TABLE api_keys ADD COLUMN managed INTEGER NOT NULL DEFAULT 0;

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

-- Accounts that the control plane has taken away, as long as a message names them.
CREATE TABLE removed_accounts (
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
