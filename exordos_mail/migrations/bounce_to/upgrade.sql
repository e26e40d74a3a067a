-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Where bounces of the mail of an account go (docs/adr/0057).

-- A request takes the instance before its accounts: in the same order nobody ends as the
-- victim of a deadlock.
LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE;

ALTER TABLE mail_accounts ADD COLUMN bounce_to VARCHAR(254);

-- What a node sees of an account: the new column too. The arguments are those that
-- mail_documents_of gives (initial/documents.sql).
DROP TRIGGER mail_accounts_documents_update ON mail_accounts;

CREATE TRIGGER mail_accounts_documents_update
AFTER UPDATE ON mail_accounts
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_documents_updated(
    'accounts', 'mail_document_bucket(login::text)',
    'login, password_hash, active, mailbox, quota_bytes, quota_messages, suspended,'
    ' main_password_for_mail, app_passwords, bounce_to', 'f'
);

-- It follows an account that gets another address, as targets of aliases do.
CREATE FUNCTION mail_accounts_bounces_follow() RETURNS trigger
LANGUAGE plpgsql SET jit TO off AS $$
BEGIN
    -- A statement that changes no row is one, too: without this there would be no end.
    IF NOT EXISTS (
        SELECT FROM changed JOIN before USING (uuid)
        WHERE (changed.username, changed.domain) <> (before.username, before.domain)
    ) THEN
        RETURN NULL;
    END IF;
    UPDATE mail_accounts AS known
    SET bounce_to = moved.now
    FROM (
        SELECT changed.instance, before.username, before.domain,
            before.username || '@' || before.domain AS before,
            changed.username || '@' || changed.domain AS now
        FROM changed JOIN before USING (uuid)
        WHERE (changed.username, changed.domain) <> (before.username, before.domain)
    ) AS moved
    WHERE known.instance = moved.instance AND known.bounce_to = moved.before
        AND NOT EXISTS (
            SELECT FROM mail_aliases AS other
            WHERE other.instance = moved.instance
                AND other.domain = moved.domain AND other.local_part = moved.username
        );
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_accounts_bounces_follow
AFTER UPDATE ON mail_accounts REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_bounces_follow();
