-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Deleted accounts whose mail is kept (docs/adr/0051).

-- A request takes the instance before what is below it: in the same order nobody ends as
-- the victim of a deadlock.
LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE;

ALTER TABLE mail_instances
    ADD COLUMN mailbox_retention_days INTEGER NOT NULL DEFAULT 14;

-- As the other fields of mailboxes (mailboxes/upgrade.sql).
CREATE TRIGGER mail_instances_retention
BEFORE UPDATE ON mail_instances
FOR EACH ROW WHEN (NEW.mailbox_retention_days <> OLD.mailbox_retention_days)
EXECUTE FUNCTION mail_instances_mailboxes();

-- Whether there may be mail of it on the disk: also of one that has no mailbox any more.
ALTER TABLE mail_accounts ADD COLUMN had_mailbox BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE mail_accounts SET had_mailbox = TRUE WHERE mailbox OR usage_bytes IS NOT NULL;

CREATE FUNCTION mail_accounts_had_mailbox() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.had_mailbox := TRUE;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_accounts_had_mailbox
BEFORE INSERT OR UPDATE OF mailbox ON mail_accounts
FOR EACH ROW WHEN (NEW.mailbox) EXECUTE FUNCTION mail_accounts_had_mailbox();

CREATE TABLE mail_deleted_accounts (
    -- of the account; mail is kept under this name
    uuid UUID NOT NULL,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    project_id UUID NOT NULL,
    name VARCHAR(255) NOT NULL,
    username VARCHAR(64) NOT NULL,
    domain VARCHAR(253) NOT NULL,
    usage_bytes BIGINT,
    usage_messages BIGINT,
    -- kept, or purging: the node is to remove the mail
    state VARCHAR(16) NOT NULL,
    deleted_at TIMESTAMP NOT NULL,
    purge_at TIMESTAMP NOT NULL,
    -- the row as it was, without the envelope of a declared password
    account JSONB NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    -- Somebody else may choose the same uuid.
    PRIMARY KEY (instance, uuid)
);

CREATE INDEX mail_deleted_accounts_project_id_idx ON mail_deleted_accounts (project_id);

CREATE INDEX mail_deleted_accounts_due_idx ON mail_deleted_accounts (purge_at)
WHERE state = 'kept';

-- What a node is told to remove. It says when that is done, and only then the row goes.
CREATE TABLE mail_purges (
    uuid UUID NOT NULL,
    instance UUID NOT NULL,
    PRIMARY KEY (instance, uuid),
    FOREIGN KEY (instance, uuid) REFERENCES mail_deleted_accounts (instance, uuid)
        ON DELETE CASCADE
);

SELECT mail_documents_of('mail_purges', 'purges', 'uuid', ARRAY[]::text[]);

CREATE FUNCTION mail_deleted_accounts_purge() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed WHERE state = 'purging') THEN
        INSERT INTO mail_purges (uuid, instance)
        SELECT uuid, instance FROM changed WHERE state = 'purging'
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_deleted_accounts_purge_insert
AFTER INSERT ON mail_deleted_accounts REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_deleted_accounts_purge();

CREATE TRIGGER mail_deleted_accounts_purge_update
AFTER UPDATE ON mail_deleted_accounts REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_deleted_accounts_purge();

-- In the deletion of an instance its row is gone already, and so nothing is kept: its
-- machine goes with all mail.
CREATE FUNCTION mail_accounts_keep() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mail_deleted_accounts (
        uuid, instance, project_id, name, username, domain, usage_bytes,
        usage_messages, state, deleted_at, purge_at, account, created_at, updated_at
    )
    SELECT
        gone.uuid, gone.instance, gone.project_id, gone.name, gone.username,
        gone.domain, gone.usage_bytes, gone.usage_messages,
        CASE known.mailbox_retention_days WHEN 0 THEN 'purging' ELSE 'kept' END,
        now() AT TIME ZONE 'utc',
        now() AT TIME ZONE 'utc'
            + make_interval(days => known.mailbox_retention_days),
        to_jsonb(gone) - '{password,app_passwords}'::text[],
        gone.created_at, now() AT TIME ZONE 'utc'
    FROM gone JOIN mail_instances AS known ON known.uuid = gone.instance
    WHERE gone.had_mailbox;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_accounts_keep
AFTER DELETE ON mail_accounts REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_keep();

-- A new account of the same uuid has the mail of the old one: it is in its home. So that is
-- not to be removed any more; while it is being removed there is no such account.
CREATE FUNCTION mail_accounts_take_back() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM mail_deleted_accounts AS known
        JOIN changed USING (instance, uuid) WHERE known.state = 'purging'
    ) THEN
        RAISE EXCEPTION 'the mail of a deleted account of this uuid is being removed;'
            ' wait until it is gone from deleted_accounts, or choose another uuid'
            USING ERRCODE = 'restrict_violation';
    END IF;
    WITH back AS (
        DELETE FROM mail_deleted_accounts AS known USING changed
        WHERE known.instance = changed.instance AND known.uuid = changed.uuid
        RETURNING known.uuid, known.account
    )
    UPDATE mail_accounts AS again
    SET had_mailbox = TRUE, usage_bytes = row.usage_bytes,
        usage_messages = row.usage_messages, usage_at = row.usage_at
    FROM back, jsonb_populate_record(NULL::mail_accounts, back.account) AS row
    WHERE again.uuid = back.uuid;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_accounts_take_back
AFTER INSERT ON mail_accounts REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_take_back();
