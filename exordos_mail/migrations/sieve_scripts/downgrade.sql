-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE;

DROP TABLE mail_sieve_scripts;

DROP FUNCTION mail_sieve_scripts_belong, mail_sieve_scripts_fit;

DELETE FROM mail_document_buckets WHERE collection = 'sieve_scripts';

DELETE FROM mail_document_digests WHERE collection = 'sieve_scripts';
