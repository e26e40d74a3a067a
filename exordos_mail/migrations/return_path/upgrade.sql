-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Where bounces of the send service's mail come to.

ALTER TABLE mail_instances
    ADD COLUMN outbound_return_path VARCHAR(16) NOT NULL DEFAULT 'sender';

-- It counts as a change, as those of mailboxes do.
CREATE TRIGGER mail_instances_return_path
BEFORE UPDATE ON mail_instances
FOR EACH ROW WHEN (NEW.outbound_return_path <> OLD.outbound_return_path)
EXECUTE FUNCTION mail_instances_mailboxes();

-- The host has a record for it.
CREATE TRIGGER mail_dns_checks_of_return_path
AFTER UPDATE ON mail_instances
FOR EACH ROW WHEN (NEW.outbound_return_path <> OLD.outbound_return_path)
EXECUTE FUNCTION mail_dns_checks_of_instance();
