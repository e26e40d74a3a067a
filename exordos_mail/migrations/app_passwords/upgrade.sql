-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- App passwords of accounts.

-- A request takes the instance before its accounts: in the same order nobody ends as the
-- victim of a deadlock.
LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE;

ALTER TABLE mail_accounts
    ADD COLUMN main_password_for_mail BOOLEAN NOT NULL DEFAULT TRUE,
    -- what a node is told of the account's app passwords; set by the triggers below
    ADD COLUMN app_passwords TEXT;

CREATE TABLE mail_app_passwords (
    uuid UUID PRIMARY KEY,
    name VARCHAR(128) NOT NULL,
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    account UUID NOT NULL REFERENCES mail_accounts (uuid) ON DELETE CASCADE,
    scopes VARCHAR(16)[] NOT NULL,
    sender VARCHAR(254),
    -- SHA-256, in hexadecimal digits
    password_hash VARCHAR(64) NOT NULL,
    -- of a declared one its envelope, see controlplane/sealed_box.py
    password TEXT,
    expires_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (account, name),
    -- of one account alone: a clash tells nobody of what another account has
    UNIQUE (account, password_hash)
);

-- A page, in the order of the uuid.
CREATE INDEX mail_app_passwords_page_idx ON mail_app_passwords (account, uuid);

-- What a node sees of an account: the new columns too. The arguments are those that
-- mail_documents_of gives (initial/documents.sql).
DROP TRIGGER mail_accounts_documents_update ON mail_accounts;

CREATE TRIGGER mail_accounts_documents_update
AFTER UPDATE ON mail_accounts
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_documents_updated(
    'accounts', 'mail_document_bucket(login::text)',
    'login, password_hash, active, mailbox, quota_bytes, quota_messages, suspended,'
    ' main_password_for_mail, app_passwords', 'f'
);

-- The app passwords of an account in canonical JSON (protocol/documents.py); NULL without
-- any. It is kept in the account's row (docs/adr/0046), so it is that of the moment of
-- the last change: one that expires later stays in it until the next one, and the node
-- looks at the time itself.
CREATE FUNCTION mail_app_passwords_told(of UUID) RETURNS text
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

-- The trigger of accounts sees whether that is another text, and does the rest. In the
-- deletion of an account its row is gone already, and so nothing is found.
CREATE FUNCTION mail_app_passwords_tell() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_accounts AS known SET app_passwords = found.told
    FROM (
        SELECT one.account, mail_app_passwords_told(one.account) AS told
        FROM (SELECT DISTINCT account FROM changed) AS one
    ) AS found
    WHERE known.uuid = found.account AND known.app_passwords IS DISTINCT FROM found.told;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_app_passwords_documents_insert
AFTER INSERT ON mail_app_passwords REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_app_passwords_tell();

CREATE TRIGGER mail_app_passwords_documents_update
AFTER UPDATE ON mail_app_passwords REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_app_passwords_tell();

CREATE TRIGGER mail_app_passwords_documents_delete
AFTER DELETE ON mail_app_passwords REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_app_passwords_tell();

CREATE TRIGGER mail_app_passwords_limit
AFTER INSERT ON mail_app_passwords REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'account', '50', 'an account has at most %s app passwords'
);

-- An address that the account may send from now; whether it still may is the node's to
-- say when mail is sent. A catch-all is no address.
CREATE FUNCTION mail_app_passwords_check_sender() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM mail_accounts AS known
        WHERE known.uuid = NEW.account AND (
            NEW.sender = known.username || '@' || known.domain
            OR EXISTS (
                SELECT FROM mail_aliases AS one
                WHERE one.instance = known.instance
                    AND one.local_part = split_part(NEW.sender, '@', 1)
                    AND one.domain = split_part(NEW.sender, '@', 2)
                    AND one.local_part <> '*' AND one.enabled AND one.send_as
                    AND known.username || '@' || known.domain = ANY(one.targets)
            )
        )
    ) THEN
        RAISE EXCEPTION 'sender: the account''s own address, or that of an enabled alias'
            ' with send_as that has the account''s address among its targets'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_app_passwords_sender
AFTER INSERT OR UPDATE OF sender ON mail_app_passwords
FOR EACH ROW WHEN (NEW.sender IS NOT NULL)
EXECUTE FUNCTION mail_app_passwords_check_sender();
