-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Accounts.

CREATE TABLE mail_accounts (
    uuid UUID PRIMARY KEY,
    name VARCHAR(255) NOT NULL DEFAULT '',
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    username VARCHAR(64) NOT NULL,
    domain VARCHAR(253) NOT NULL,
    -- key of its document; set by a trigger
    login VARCHAR(318) NOT NULL,
    password_hash VARCHAR(256) NOT NULL,
    -- of a declared password its envelope, see controlplane/keyring.py and
    -- controlplane/dm/declared.py
    password TEXT,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (instance, login),
    -- NO ACTION, so that the deletion of an instance may take domains and accounts in
    -- any order
    FOREIGN KEY (instance, domain) REFERENCES mail_domains (instance, name)
);

CREATE INDEX mail_accounts_username_idx ON mail_accounts (instance, username);

CREATE INDEX mail_accounts_domain_idx ON mail_accounts (instance, domain, username);

CREATE INDEX mail_accounts_project_id_idx ON mail_accounts (project_id);

-- A page of accounts, in the order of their uuid.
CREATE INDEX mail_accounts_page_idx ON mail_accounts (instance, uuid);

SELECT mail_documents_of(
    'mail_accounts', 'accounts', 'login', ARRAY['password_hash', 'active']
);

-- In the primary domain the username alone, elsewhere the whole address: as a client
-- logs in, so that a node looks for one document.
CREATE FUNCTION mail_accounts_set_login() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    own text := (SELECT domain FROM mail_instances WHERE uuid = NEW.instance);
BEGIN
    NEW.domain := coalesce(NEW.domain, own);
    NEW.login := NEW.username
        || CASE WHEN NEW.domain = own THEN '' ELSE '@' || NEW.domain END;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_accounts_set_login
BEFORE INSERT OR UPDATE OF username, domain ON mail_accounts
FOR EACH ROW EXECUTE FUNCTION mail_accounts_set_login();

-- Whoever sets another hash knows nothing of the declared password: without it the
-- platform sees that the declaration does not hold any more.
CREATE FUNCTION mail_accounts_forget_password() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.password IS NOT DISTINCT FROM OLD.password THEN
        NEW.password := NULL;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_accounts_forget_password
BEFORE UPDATE OF password_hash ON mail_accounts
FOR EACH ROW WHEN (NEW.password_hash IS DISTINCT FROM OLD.password_hash)
EXECUTE FUNCTION mail_accounts_forget_password();
