-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Sieve scripts of accounts.

-- A request takes the instance before its accounts: in the same order nobody ends as the
-- victim of a deadlock.
LOCK TABLE mail_instances, mail_accounts IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE mail_sieve_scripts (
    uuid UUID PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    -- that of the account; set by a trigger
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    account UUID NOT NULL REFERENCES mail_accounts (uuid) ON DELETE CASCADE,
    content TEXT NOT NULL,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    -- observed columns: what the node found of the content of this SHA-256
    checked_digest VARCHAR(64),
    checked_error VARCHAR(1024) NOT NULL DEFAULT '',
    checked_line INTEGER,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (account, name)
);

-- A page, in the order of the uuid.
CREATE INDEX mail_sieve_scripts_page_idx ON mail_sieve_scripts (account, uuid);

CREATE INDEX mail_sieve_scripts_project_id_idx ON mail_sieve_scripts (project_id);

SELECT mail_documents_of(
    'mail_sieve_scripts', 'sieve_scripts', 'uuid',
    ARRAY['account', 'content', 'enabled', 'name']
);

CREATE TRIGGER mail_sieve_scripts_limit
AFTER INSERT ON mail_sieve_scripts REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'account', '10', 'an account has at most %s Sieve scripts'
);

CREATE TRIGGER mail_sieve_scripts_limit_of_instance
AFTER INSERT ON mail_sieve_scripts REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'instance', '20000', 'the accounts of an instance have at most %s Sieve scripts'
);

CREATE FUNCTION mail_sieve_scripts_belong() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    has_mailbox boolean;
BEGIN
    SELECT instance, mailbox INTO NEW.instance, has_mailbox
    FROM mail_accounts WHERE uuid = NEW.account;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the account is gone' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF NOT has_mailbox THEN
        RAISE EXCEPTION 'the account has no mailbox, so no mail would come to the script;'
            ' set mailbox: true of the account first'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_sieve_scripts_belong
BEFORE INSERT ON mail_sieve_scripts
FOR EACH ROW EXECUTE FUNCTION mail_sieve_scripts_belong();

-- A node and its gateway have the texts of several buckets in memory at once.
CREATE FUNCTION mail_sieve_scripts_fit() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    most constant bigint := 16777216;
BEGIN
    PERFORM FROM mail_instances WHERE uuid = NEW.instance FOR NO KEY UPDATE;
    IF (
        SELECT sum(octet_length(content)) FROM mail_sieve_scripts
        WHERE instance = NEW.instance
    ) > most THEN
        RAISE EXCEPTION 'content: the Sieve scripts of an instance have at most %'
            ' octets altogether', most USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_sieve_scripts_fit
AFTER INSERT OR UPDATE OF content ON mail_sieve_scripts
FOR EACH ROW EXECUTE FUNCTION mail_sieve_scripts_fit();
