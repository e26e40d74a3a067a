-- Accounts that reach no private address but those that the operator allows.
-- Who made the earlier ones is not known: only the service's own first account,
-- and those of the control plane, go on as they are.

ALTER TABLE accounts ADD COLUMN public_only INTEGER NOT NULL DEFAULT 1;
UPDATE accounts SET public_only = 0
WHERE managed = 1 OR (tenant_id = 'default' AND id = 'default');
