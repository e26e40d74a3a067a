-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE;

DROP TRIGGER mail_accounts_bounces_follow ON mail_accounts;
DROP FUNCTION mail_accounts_bounces_follow;

DROP TRIGGER mail_accounts_documents_update ON mail_accounts;

CREATE TRIGGER mail_accounts_documents_update
AFTER UPDATE ON mail_accounts
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_documents_updated(
    'accounts', 'mail_document_bucket(login::text)',
    'login, password_hash, active, mailbox, quota_bytes, quota_messages, suspended,'
    ' main_password_for_mail, app_passwords', 'f'
);

ALTER TABLE mail_accounts DROP COLUMN bounce_to;
