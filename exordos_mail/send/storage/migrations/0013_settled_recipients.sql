-- Only recipients with an outcome: acceptance wrote one page of this index a message.
-- Those that wait are found from the tenant's messages (records/messages.py).
DROP INDEX recipients_address;
CREATE INDEX recipients_address ON recipients (address_key, message_id)
    WHERE state <> 'waiting';
