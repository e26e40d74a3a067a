-- Seconds for the answer to a whole message, and the longest of RFC 5321 section 4.5.3.2
-- for every other one, where an account has the former default.
ALTER TABLE accounts ADD COLUMN end_timeout_seconds INTEGER NOT NULL DEFAULT 600;
UPDATE accounts SET timeout_seconds = 300 WHERE timeout_seconds = 60;
