-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

DROP TRIGGER mail_accounts_documents_update ON mail_accounts;

CREATE TRIGGER mail_accounts_documents_update
AFTER UPDATE ON mail_accounts
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_documents_updated(
    'accounts', 'mail_document_bucket(login::text)',
    'login, password_hash, active', 'f'
);

DROP TRIGGER mail_instances_mailboxes ON mail_instances;
DROP FUNCTION mail_instances_mailboxes;

ALTER TABLE mail_accounts
    DROP COLUMN mailbox,
    DROP COLUMN quota_bytes,
    DROP COLUMN quota_messages,
    DROP COLUMN suspended;

ALTER TABLE mail_instances
    DROP COLUMN mailboxes,
    DROP COLUMN mailbox_quota_bytes,
    DROP COLUMN mailbox_quota_messages;
