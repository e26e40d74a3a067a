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

DROP TRIGGER mail_accounts_quotas_insert ON mail_accounts;
DROP TRIGGER mail_accounts_quotas_update ON mail_accounts;
DROP TRIGGER mail_accounts_quotas_delete ON mail_accounts;
DROP FUNCTION mail_accounts_quotas, mail_instances_count_quotas;
DROP TRIGGER mail_instances_quotas ON mail_instances;
DROP FUNCTION mail_instances_quotas;
DROP TRIGGER mail_dns_checks_of_mailboxes ON mail_instances;
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
    DROP COLUMN mailbox_quota_messages,
    DROP COLUMN mailbox_overcommit,
    DROP COLUMN mailboxes_limited_bytes,
    DROP COLUMN mailboxes_without_limit,
    DROP COLUMN mailbox_quota_sum_bytes;
