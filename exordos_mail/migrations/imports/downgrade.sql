-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE;

DROP TABLE mail_imports;

DROP FUNCTION mail_imports_belong;

DELETE FROM mail_document_buckets WHERE collection = 'imports';
