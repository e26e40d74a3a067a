-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

LOCK TABLE mail_instances, mail_domains, mail_accounts, mail_app_passwords
    IN ACCESS EXCLUSIVE MODE;

DROP TRIGGER mail_app_passwords_documents_update ON mail_app_passwords;
DROP FUNCTION mail_app_passwords_tell_changed;

CREATE TRIGGER mail_app_passwords_documents_update
AFTER UPDATE ON mail_app_passwords REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_app_passwords_tell();

CREATE OR REPLACE FUNCTION mail_app_passwords_told(of UUID) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT '[' || string_agg(
        '{"expires_at":'
            || coalesce(floor(extract(epoch FROM expires_at))::bigint::text, 'null')
            || ',"hash":"' || password_hash || '","scopes":["' || array_to_string(
                array(SELECT one FROM unnest(scopes) AS one ORDER BY one COLLATE "C"),
                '","'
            ) || '"],"sender":' || coalesce(to_json(sender)::text, 'null') || '}',
        ',' ORDER BY password_hash COLLATE "C"
    ) || ']'
    FROM mail_app_passwords
    WHERE account = of
        AND (expires_at IS NULL OR expires_at > now() AT TIME ZONE 'utc')
$$;

UPDATE mail_accounts SET app_passwords = mail_app_passwords_told(uuid)
WHERE app_passwords IS NOT NULL;

DROP TRIGGER mail_accounts_usage_update ON mail_accounts;
DROP TRIGGER mail_accounts_usage_delete ON mail_accounts;
DROP FUNCTION mail_accounts_usage, mail_accounts_count_usage;

ALTER TABLE mail_instances DROP COLUMN mailbox_usage_bytes;
ALTER TABLE mail_domains DROP COLUMN mailbox_usage_bytes;
ALTER TABLE mail_app_passwords DROP COLUMN last_used_at;

ALTER TABLE mail_accounts
    DROP COLUMN usage_bytes,
    DROP COLUMN usage_messages,
    DROP COLUMN usage_at,
    DROP COLUMN last_login_smtp,
    DROP COLUMN last_login_imap,
    DROP COLUMN last_login_pop3,
    DROP COLUMN last_login_sieve;
