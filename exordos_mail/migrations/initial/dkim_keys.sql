-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- DKIM keys of domains, and when to look at the keys of which domain (docs/adr/0029).

CREATE TABLE mail_dkim_keys (
    uuid UUID PRIMARY KEY,
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    domain UUID NOT NULL REFERENCES mail_domains (uuid) ON DELETE CASCADE,
    selector VARCHAR(63) NOT NULL,
    algorithm VARCHAR(16) NOT NULL,
    -- an envelope, see controlplane/sealed_box.py; wiped when the key is over
    private_key TEXT,
    public_key TEXT,
    own BOOLEAN NOT NULL DEFAULT FALSE,
    state VARCHAR(16) NOT NULL DEFAULT 'made',
    state_since TIMESTAMP NOT NULL,
    -- of two keys the later one has the larger, whatever the clock does
    number BIGINT GENERATED ALWAYS AS IDENTITY,
    -- largest time to live of the record that was seen, in seconds
    ttl INTEGER NOT NULL DEFAULT 3600,
    -- since when every authoritative server shows the record
    seen_since TIMESTAMP,
    -- the instance's generation in which the nodes were told to leave the key, and
    -- when they were known to have done so
    left_generation BIGINT,
    unused_since TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- The three selectors of a domain with aliases are used again.
CREATE UNIQUE INDEX mail_dkim_keys_selector_idx
ON mail_dkim_keys (domain, selector) WHERE state <> 'retired';

CREATE UNIQUE INDEX mail_dkim_keys_signing_idx
ON mail_dkim_keys (domain, algorithm) WHERE state = 'signing';

CREATE INDEX mail_dkim_keys_page_idx ON mail_dkim_keys (domain, uuid);

CREATE INDEX mail_dkim_keys_project_id_idx ON mail_dkim_keys (project_id);

-- Selectors of keys that users have deleted: caches may still have their records. For a
-- day at the least, in which a selector that tells the day would be given again.
CREATE TABLE mail_dkim_selectors (
    domain UUID NOT NULL REFERENCES mail_domains (uuid) ON DELETE CASCADE,
    selector VARCHAR(63) NOT NULL,
    until TIMESTAMP NOT NULL,
    PRIMARY KEY (domain, selector)
);

-- One row for each domain. What a user or the DNS did comes before what time did:
-- `urgent`.
CREATE TABLE mail_dkim_schedule (
    domain UUID PRIMARY KEY REFERENCES mail_domains (uuid) ON DELETE CASCADE,
    due_at TIMESTAMP NOT NULL,
    urgent BOOLEAN NOT NULL DEFAULT TRUE
);

CREATE INDEX mail_dkim_schedule_due_idx ON mail_dkim_schedule (urgent, due_at);

CREATE FUNCTION mail_dkim_domains_inserted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mail_dkim_schedule (domain, due_at)
    SELECT uuid, clock_timestamp() AT TIME ZONE 'utc' FROM changed;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_dkim_domains_inserted
AFTER INSERT ON mail_domains REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_dkim_domains_inserted();

CREATE FUNCTION mail_dkim_domains_updated() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_dkim_schedule
    SET due_at = clock_timestamp() AT TIME ZONE 'utc', urgent = TRUE
    WHERE domain = NEW.uuid;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_dkim_domains_updated
AFTER UPDATE ON mail_domains
FOR EACH ROW WHEN (
    (NEW.dkim_mode, NEW.dkim_rotation_days)
    IS DISTINCT FROM (OLD.dkim_mode, OLD.dkim_rotation_days)
) EXECUTE FUNCTION mail_dkim_domains_updated();

-- The documents of a domain's keys are a bucket of their own: those of the keys that
-- sign. In the deletion of a domain its row is gone already.
CREATE FUNCTION mail_dkim_domains_deleted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM mail_document_buckets AS known USING changed
    WHERE known.instance = changed.instance AND known.collection = 'dkim_keys'
        AND known.bucket = changed.uuid::text;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_dkim_domains_deleted
AFTER DELETE ON mail_domains REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_dkim_domains_deleted();

CREATE FUNCTION mail_dkim_keys_touch(domains UUID[], signs BOOLEAN[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    instances UUID[];
    buckets text[];
BEGIN
    UPDATE mail_dkim_schedule
    SET due_at = clock_timestamp() AT TIME ZONE 'utc', urgent = TRUE
    WHERE domain = ANY(domains);

    SELECT array_agg(found.instance), array_agg(found.uuid::text)
    INTO instances, buckets
    FROM (
        SELECT DISTINCT known.instance, known.uuid
        FROM unnest(domains, signs) AS touched (domain, signs)
        JOIN mail_domains AS known ON known.uuid = touched.domain
        WHERE touched.signs
    ) AS found;
    IF instances IS NOT NULL THEN
        PERFORM mail_documents_touch('dkim_keys', instances, buckets);
    END IF;
END
$$;

CREATE FUNCTION mail_dkim_keys_written() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_dkim_keys_touch(array_agg(domain), array_agg(state = 'signing'))
    FROM changed;
    RETURN NULL;
END
$$;

CREATE FUNCTION mail_dkim_keys_updated() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_dkim_keys_touch(
        array_agg(changed.domain),
        array_agg((changed.state = 'signing') <> (before.state = 'signing'))
    )
    FROM changed JOIN before USING (uuid);
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_dkim_keys_insert
AFTER INSERT ON mail_dkim_keys REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_dkim_keys_written();

CREATE TRIGGER mail_dkim_keys_limit
AFTER INSERT ON mail_dkim_keys REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'domain', '100', 'a domain has at most %s DKIM keys'
);

CREATE TRIGGER mail_dkim_keys_delete
AFTER DELETE ON mail_dkim_keys REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_dkim_keys_written();

-- Those that are past are removed with the next ones. In the deletion of a domain its
-- row is gone already.
CREATE FUNCTION mail_dkim_keys_deleted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM mail_dkim_selectors AS known USING changed
    WHERE known.domain = changed.domain
        AND known.until < clock_timestamp() AT TIME ZONE 'utc';
    INSERT INTO mail_dkim_selectors (domain, selector, until)
    SELECT changed.domain, changed.selector, max(
        clock_timestamp() AT TIME ZONE 'utc' + interval '2 hours'
        + greatest(make_interval(secs => changed.ttl), interval '1 day')
    )
    FROM changed JOIN mail_domains AS domains ON domains.uuid = changed.domain
    WHERE changed.public_key IS NOT NULL
    GROUP BY changed.domain, changed.selector
    ON CONFLICT (domain, selector) DO UPDATE SET until = EXCLUDED.until;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_dkim_keys_deleted
AFTER DELETE ON mail_dkim_keys REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_dkim_keys_deleted();

CREATE TRIGGER mail_dkim_keys_update
AFTER UPDATE ON mail_dkim_keys REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_dkim_keys_updated();
