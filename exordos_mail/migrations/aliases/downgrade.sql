-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

LOCK TABLE mail_instances, mail_domains, mail_accounts IN ACCESS EXCLUSIVE MODE;

DROP TRIGGER mail_domains_keep_aliased ON mail_domains;
DROP TRIGGER mail_accounts_spare_aliases ON mail_accounts;

DROP TABLE mail_aliases;

DROP FUNCTION
    mail_aliases_set_key, mail_aliases_spare_mailboxes, mail_accounts_spare_aliases,
    mail_domains_keep_aliased, mail_aliases_refuse_ring, mail_alias_path,
    mail_aliases_taking;

DELETE FROM mail_document_buckets WHERE collection = 'aliases';
DELETE FROM mail_document_digests WHERE collection = 'aliases';
