-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Imports of accounts.

-- A request takes the instance before its accounts: in the same order nobody ends as the
-- victim of a deadlock.
LOCK TABLE mail_instances, mail_accounts IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE mail_imports (
    uuid UUID PRIMARY KEY,
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    -- that of the account; set by a trigger
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    account UUID NOT NULL REFERENCES mail_accounts (uuid) ON DELETE CASCADE,
    host VARCHAR(253) NOT NULL,
    port INTEGER NOT NULL,
    tls VARCHAR(16) NOT NULL,
    ca TEXT,
    username VARCHAR(256) NOT NULL,
    -- an envelope, see controlplane/sealed_box.py; NULL when the run has ended
    password TEXT,
    folders VARCHAR(255)[],
    exclude VARCHAR(255)[],
    dry_run BOOLEAN NOT NULL DEFAULT FALSE,
    run INTEGER NOT NULL DEFAULT 1,
    stopped BOOLEAN NOT NULL DEFAULT FALSE,
    -- observed columns: how far the run is
    state VARCHAR(16) NOT NULL DEFAULT 'waiting',
    error VARCHAR(500) NOT NULL DEFAULT '',
    started_at TIMESTAMP,
    ended_at TIMESTAMP,
    folders_total BIGINT NOT NULL DEFAULT 0,
    messages_total BIGINT NOT NULL DEFAULT 0,
    messages_done BIGINT NOT NULL DEFAULT 0,
    messages_copied BIGINT NOT NULL DEFAULT 0,
    octets_copied BIGINT NOT NULL DEFAULT 0,
    report JSONB[] NOT NULL DEFAULT '{}',
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- A page, in the order of the uuid.
CREATE INDEX mail_imports_page_idx ON mail_imports (account, uuid);

CREATE INDEX mail_imports_project_id_idx ON mail_imports (project_id);

CREATE INDEX mail_imports_instance_idx ON mail_imports (instance);

SELECT mail_documents_of(
    'mail_imports', 'imports', 'uuid', ARRAY[
        'account', 'host', 'port', 'tls', 'ca', 'username', 'password', 'folders',
        'exclude', 'dry_run', 'run', 'stopped'
    ], TRUE
);

CREATE TRIGGER mail_imports_limit
AFTER INSERT ON mail_imports REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'account', '10', 'an account has at most %s imports'
);

CREATE TRIGGER mail_imports_limit_of_instance
AFTER INSERT ON mail_imports REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'instance', '4000', 'the accounts of an instance have at most %s imports'
);

CREATE FUNCTION mail_imports_belong() RETURNS trigger
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
        RAISE EXCEPTION 'the account has no mailbox that mail could be moved into;'
            ' set mailbox: true of the account first'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_imports_belong
BEFORE INSERT ON mail_imports
FOR EACH ROW EXECUTE FUNCTION mail_imports_belong();
