-- Which key has made a key: that one is revoked with it. NULL: the admin or the
-- control plane. Keys that are there already count as theirs.

ALTER TABLE api_keys ADD COLUMN made_by TEXT;
