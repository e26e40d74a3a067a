-- Whether the command log still leads to the present configuration: at most one row.

CREATE TABLE purged_commands (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    -- Commands that made the configuration are missing from before this moment.
    before BIGINT NOT NULL
);
