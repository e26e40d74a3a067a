-- Keys that stored secrets may be sealed with (vault.py): a process that does not have
-- all of them does not start, and one that seals with another key writes no secret.

CREATE TABLE secrets_keys (
    -- vault.digest of the key: 64 hexadecimal digits.
    digest TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL
);
