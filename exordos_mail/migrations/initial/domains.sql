-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Mail domains of an instance.

CREATE TABLE mail_domains (
    uuid UUID PRIMARY KEY,
    -- user columns
    name VARCHAR(253) NOT NULL,
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    receives BOOLEAN NOT NULL DEFAULT FALSE,
    publish VARCHAR(16) NOT NULL DEFAULT 'none',
    dkim_mode VARCHAR(16) NOT NULL DEFAULT 'txt',
    dkim_rotation_days INTEGER,
    dmarc_policy VARCHAR(16) NOT NULL DEFAULT 'none',
    dmarc_rua VARCHAR(254),
    tls_rua VARCHAR(254),
    mta_sts VARCHAR(16) NOT NULL DEFAULT 'off',
    -- set by the trigger below
    "primary" BOOLEAN NOT NULL DEFAULT FALSE,
    -- observed columns: no request sets them, and they count no generation
    ownership VARCHAR(16) NOT NULL DEFAULT 'unproven',
    publish_state VARCHAR(16) NOT NULL DEFAULT 'none',
    publish_reason VARCHAR(1024),
    checked_at TIMESTAMP,
    check_asked_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (instance, name)
);

CREATE INDEX mail_domains_project_id_idx ON mail_domains (project_id);

-- Pages are in the order of the uuid.
CREATE INDEX mail_domains_page_idx ON mail_domains (instance, uuid);

-- Who looks at a name looks at it for all instances.
CREATE INDEX mail_domains_name_idx ON mail_domains (name);

CREATE UNIQUE INDEX mail_domains_primary_idx ON mail_domains (instance) WHERE "primary";

-- A proof of ownership may decide what a node does.
SELECT mail_documents_of(
    'mail_domains', 'domains', 'name',
    ARRAY['primary', 'enabled', 'receives', 'ownership']
);

CREATE TRIGGER mail_domains_limit
AFTER INSERT ON mail_domains REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'instance', '1000', 'an instance has at most %s domains'
);

-- The primary domain has the uuid of its instance, so whoever knows the one knows the
-- other. It belongs to the generation that the instance begins with.
CREATE FUNCTION mail_domains_make_primary() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('exordos_mail.new_instance', NEW.uuid::text, TRUE);
    INSERT INTO mail_domains (
        uuid, name, project_id, instance, "primary", created_at, updated_at
    ) VALUES (
        NEW.uuid, NEW.domain, NEW.project_id, NEW.uuid, TRUE,
        NEW.created_at, NEW.created_at
    );
    PERFORM set_config('exordos_mail.new_instance', '', TRUE);
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_domains_make_primary
AFTER INSERT ON mail_instances
FOR EACH ROW EXECUTE FUNCTION mail_domains_make_primary();

CREATE FUNCTION mail_domain_covers(domain text, name text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT name = domain OR right(name, length(domain) + 1) = '.' || domain
$$;

-- A domain that something needs is not deleted. Whoever deletes one holds the instance,
-- so nothing comes to need it meanwhile. In the deletion of an instance its row is gone
-- already, and so nothing is found.
CREATE FUNCTION mail_domains_keep_used() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    host text := (SELECT hostname FROM mail_instances WHERE uuid = OLD.instance);
    need text;
    people text[];
    total bigint;
BEGIN
    IF host IS NULL THEN
        RETURN OLD;
    END IF;
    IF OLD."primary" THEN
        need := 'the primary domain is deleted with its instance';
    ELSIF mail_domain_covers(OLD.name, host) AND NOT EXISTS (
        SELECT FROM mail_domains
        WHERE instance = OLD.instance AND uuid <> OLD.uuid
            AND mail_domain_covers(name, host)
    ) THEN
        need := 'the host name of the instance is in this domain;'
            ' give the instance another hostname first';
    END IF;
    SELECT array_agg(username || '@' || domain ORDER BY username)
        FILTER (WHERE place <= 5), count(*)
    INTO people, total
    FROM (
        SELECT username, domain, row_number() OVER (ORDER BY username) AS place
        FROM mail_accounts WHERE instance = OLD.instance AND domain = OLD.name
    ) AS found;
    IF need IS NULL AND total > 0 THEN
        need := format(
            'accounts live in this domain: %s%s; delete them first',
            array_to_string(people, ', '),
            CASE WHEN total > 5 THEN format(' and %s more', total - 5) ELSE '' END
        );
    END IF;
    IF need IS NOT NULL THEN
        RAISE EXCEPTION '%', need USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;

CREATE TRIGGER mail_domains_keep_used
BEFORE DELETE ON mail_domains
FOR EACH ROW EXECUTE FUNCTION mail_domains_keep_used();
