-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Aliases of an instance.

-- A request takes the instance before what belongs to it: in the same order nobody ends
-- as the victim of a deadlock.
LOCK TABLE mail_instances, mail_domains, mail_accounts IN ACCESS EXCLUSIVE MODE;

CREATE TABLE mail_aliases (
    uuid UUID PRIMARY KEY,
    name VARCHAR(255) NOT NULL DEFAULT '',
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    local_part VARCHAR(64) NOT NULL,
    domain VARCHAR(253) NOT NULL,
    -- key of its document; set by a trigger
    document_key VARCHAR(318) NOT NULL,
    targets TEXT[] NOT NULL,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    send_as BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (instance, domain, local_part),
    -- NO ACTION, so that the deletion of an instance may take domains and aliases in any
    -- order
    FOREIGN KEY (instance, domain) REFERENCES mail_domains (instance, name)
);

CREATE INDEX mail_aliases_local_part_idx ON mail_aliases (instance, local_part);

CREATE INDEX mail_aliases_project_id_idx ON mail_aliases (project_id);

-- A page of aliases, in the order of their uuid.
CREATE INDEX mail_aliases_page_idx ON mail_aliases (instance, uuid);

SELECT mail_documents_of(
    'mail_aliases', 'aliases', 'document_key', ARRAY['targets', 'enabled', 'send_as']
);

CREATE TRIGGER mail_aliases_limit
AFTER INSERT ON mail_aliases REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'instance', '100000', 'an instance has at most %s aliases'
);

-- In the primary domain the local part alone, elsewhere the whole address, as the key of
-- an account.
CREATE FUNCTION mail_aliases_set_key() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    own text := (SELECT domain FROM mail_instances WHERE uuid = NEW.instance);
BEGIN
    NEW.domain := coalesce(NEW.domain, own);
    NEW.document_key := NEW.local_part
        || CASE WHEN NEW.domain = own THEN '' ELSE '@' || NEW.domain END;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_aliases_set_key
BEFORE INSERT OR UPDATE OF local_part, domain ON mail_aliases
FOR EACH ROW EXECUTE FUNCTION mail_aliases_set_key();

-- Mail of one address goes to one place: into a mailbox, or to an alias's targets. An
-- account without a mailbox takes no mail, so it may share its address with an alias.
-- Whoever writes either holds the instance, so that of two at once the second one sees
-- the first.
CREATE FUNCTION mail_aliases_spare_mailboxes() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM mail_instances WHERE uuid = NEW.instance FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM mail_accounts
        WHERE instance = NEW.instance AND domain = NEW.domain
            AND username = NEW.local_part AND mailbox
    ) THEN
        RAISE EXCEPTION 'an account with a mailbox has the address %@%; choose another'
            ' address, or take the mailbox from the account first',
            NEW.local_part, NEW.domain USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_aliases_spare_mailboxes
AFTER INSERT OR UPDATE OF local_part, domain ON mail_aliases
FOR EACH ROW EXECUTE FUNCTION mail_aliases_spare_mailboxes();

CREATE FUNCTION mail_accounts_spare_aliases() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM mail_instances WHERE uuid = NEW.instance FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM mail_aliases
        WHERE instance = NEW.instance AND domain = NEW.domain
            AND local_part = NEW.username
    ) THEN
        RAISE EXCEPTION 'an alias has the address %@%, so an account of this address'
            ' has no mailbox; delete the alias first',
            NEW.username, NEW.domain USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_accounts_spare_aliases
AFTER INSERT OR UPDATE OF username, domain, mailbox ON mail_accounts
FOR EACH ROW WHEN (NEW.mailbox) EXECUTE FUNCTION mail_accounts_spare_aliases();

-- As mail_domains_keep_used does for accounts.
CREATE FUNCTION mail_domains_keep_aliased() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    first_few text[];
    total bigint;
BEGIN
    SELECT array_agg(local_part || '@' || domain ORDER BY local_part)
        FILTER (WHERE place <= 5), count(*)
    INTO first_few, total
    FROM (
        SELECT local_part, domain, row_number() OVER (ORDER BY local_part) AS place
        FROM mail_aliases WHERE instance = OLD.instance AND domain = OLD.name
    ) AS found;
    IF total > 0 AND NOT OLD."primary"
        AND EXISTS (SELECT FROM mail_instances WHERE uuid = OLD.instance)
    THEN
        RAISE EXCEPTION 'aliases are in this domain: %; delete them first',
            array_to_string(first_few, ', ')
            || CASE WHEN total > 5 THEN format(' and %s more', total - 5) ELSE '' END
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;

CREATE TRIGGER mail_domains_keep_aliased
BEFORE DELETE ON mail_domains
FOR EACH ROW EXECUTE FUNCTION mail_domains_keep_aliased();
