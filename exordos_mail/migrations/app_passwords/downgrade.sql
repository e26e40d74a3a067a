-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE;

DROP TABLE mail_app_passwords;

DROP FUNCTION
    mail_app_passwords_tell, mail_app_passwords_told, mail_app_passwords_check_sender;

DROP TRIGGER mail_accounts_documents_update ON mail_accounts;

CREATE TRIGGER mail_accounts_documents_update
AFTER UPDATE ON mail_accounts
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_documents_updated(
    'accounts', 'mail_document_bucket(login::text)',
    'login, password_hash, active, mailbox, quota_bytes, quota_messages, suspended',
    'f'
);

ALTER TABLE mail_accounts
    DROP COLUMN main_password_for_mail,
    DROP COLUMN app_passwords;
