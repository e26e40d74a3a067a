-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- What is kept stays on the disk: the release before removes no mail.

LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE;

DROP TRIGGER mail_accounts_take_back ON mail_accounts;
DROP TRIGGER mail_accounts_keep ON mail_accounts;
DROP TRIGGER mail_accounts_had_mailbox ON mail_accounts;
DROP TRIGGER mail_instances_retention ON mail_instances;

DROP TABLE mail_purges, mail_deleted_accounts;

DELETE FROM mail_document_buckets WHERE collection = 'purges';
DELETE FROM mail_document_digests WHERE collection = 'purges';

DROP FUNCTION
    mail_accounts_take_back, mail_accounts_keep, mail_deleted_accounts_purge,
    mail_accounts_had_mailbox;

ALTER TABLE mail_accounts DROP COLUMN had_mailbox;
ALTER TABLE mail_instances DROP COLUMN mailbox_retention_days;
