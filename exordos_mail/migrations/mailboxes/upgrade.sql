-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Mailboxes of accounts.

-- A request takes the instance before its accounts: in the same order nobody ends as the
-- victim of a deadlock.
LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE;

ALTER TABLE mail_instances
    ADD COLUMN mailboxes BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN mailbox_quota_bytes BIGINT,
    ADD COLUMN mailbox_quota_messages BIGINT;

ALTER TABLE mail_accounts
    ADD COLUMN mailbox BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN quota_bytes BIGINT,
    ADD COLUMN quota_messages BIGINT,
    ADD COLUMN suspended VARCHAR(16) NOT NULL DEFAULT 'none';

-- Counts a change of these columns, as mail_instances_count does those that it knows.
-- Triggers fire in the order of their names: this one after that one.
CREATE FUNCTION mail_instances_mailboxes() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.generation = OLD.generation THEN
        NEW.generation := OLD.generation + 1;
        NEW.updated_at := greatest(
            clock_timestamp() AT TIME ZONE 'utc',
            OLD.updated_at + interval '1 microsecond'
        );
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_instances_mailboxes
BEFORE UPDATE ON mail_instances
FOR EACH ROW WHEN (
    (NEW.mailboxes, NEW.mailbox_quota_bytes, NEW.mailbox_quota_messages)
    IS DISTINCT FROM
    (OLD.mailboxes, OLD.mailbox_quota_bytes, OLD.mailbox_quota_messages)
)
EXECUTE FUNCTION mail_instances_mailboxes();

-- What a node sees of an account: the new columns too. The arguments are those that
-- mail_documents_of gives (initial/documents.sql).
DROP TRIGGER mail_accounts_documents_update ON mail_accounts;

CREATE TRIGGER mail_accounts_documents_update
AFTER UPDATE ON mail_accounts
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_documents_updated(
    'accounts', 'mail_document_bucket(login::text)',
    'login, password_hash, active, mailbox, quota_bytes, quota_messages, suspended',
    'f'
);
