-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

DROP TRIGGER mail_dns_checks_of_return_path ON mail_instances;
DROP TRIGGER mail_instances_return_path ON mail_instances;

ALTER TABLE mail_instances DROP COLUMN outbound_return_path;
