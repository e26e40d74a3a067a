-- Accepted with `override_suppression`: the list is not looked at again.
ALTER TABLE messages ADD COLUMN suppression_override INTEGER NOT NULL DEFAULT 0;
-- Size of the stored content.
ALTER TABLE messages ADD COLUMN octets BIGINT NOT NULL DEFAULT 0;

-- What the tenant has waiting: messages that are not final, and their octets.
ALTER TABLE event_counters ADD COLUMN messages BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event_counters ADD COLUMN octets BIGINT NOT NULL DEFAULT 0;
UPDATE messages SET octets = (
    SELECT coalesce(max(length(c.body)), 0) FROM contents c
    WHERE c.message_id = messages.id
);
UPDATE event_counters SET
    messages = (
        SELECT count(*) FROM messages m
        WHERE m.tenant_id = event_counters.tenant_id AND m.final_at IS NULL
    ),
    octets = (
        SELECT coalesce(sum(m.octets), 0) FROM messages m
        WHERE m.tenant_id = event_counters.tenant_id AND m.final_at IS NULL
    );
-- The most of both; NULL: as the service is set.
ALTER TABLE tenants ADD COLUMN waiting_messages BIGINT;
ALTER TABLE tenants ADD COLUMN waiting_mib BIGINT;

-- Digest of tenant and address (records/messages.py): finds a recipient's messages.
ALTER TABLE recipients ADD COLUMN address_key BIGINT;
CREATE INDEX recipients_address ON recipients (address_key, message_id);

-- Host and port that the option --smtp gave the account; NULL: it did not.
ALTER TABLE accounts ADD COLUMN from_option TEXT;
