-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- DNS records of domains, as the checker (controlplane/dns) finds them.

CREATE TABLE mail_dns_records (
    uuid UUID PRIMARY KEY,
    project_id UUID NOT NULL,
    domain UUID NOT NULL REFERENCES mail_domains (uuid) ON DELETE CASCADE,
    name VARCHAR(253) NOT NULL,
    type VARCHAR(16) NOT NULL,
    value VARCHAR(4096) NOT NULL,
    purpose VARCHAR(16) NOT NULL,
    required BOOLEAN NOT NULL,
    state VARCHAR(16) NOT NULL DEFAULT 'waiting',
    expected VARCHAR(8192) NOT NULL,
    found TEXT[] NOT NULL DEFAULT '{}',
    fix VARCHAR(1024) NOT NULL DEFAULT '',
    since TIMESTAMP NOT NULL,
    checked_at TIMESTAMP,
    -- how often in a row something else was found that may pass by itself
    doubts INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- Pages are in the order of the uuid.
CREATE INDEX mail_dns_records_page_idx ON mail_dns_records (domain, uuid);

CREATE INDEX mail_dns_records_project_id_idx ON mail_dns_records (project_id);

-- When a domain is looked at next, and what was known of its zone the last time.
CREATE TABLE mail_dns_checks (
    domain UUID PRIMARY KEY REFERENCES mail_domains (uuid) ON DELETE CASCADE,
    project_id UUID NOT NULL,
    due_at TIMESTAMP NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'utc'),
    -- a user asked, and waits
    asked BOOLEAN NOT NULL DEFAULT FALSE,
    -- when something changed: the more time has gone by, the rarer are checks
    changed_at TIMESTAMP NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'utc'),
    zone VARCHAR(253) NOT NULL DEFAULT '',
    servers TEXT[] NOT NULL DEFAULT '{}',
    security VARCHAR(16) NOT NULL DEFAULT '',
    -- since when the proof of ownership is not seen any more
    unproven_since TIMESTAMP
);

CREATE INDEX mail_dns_checks_turn_idx
ON mail_dns_checks (project_id, asked DESC, due_at);

CREATE INDEX mail_dns_checks_due_idx ON mail_dns_checks (due_at);

-- Has domains looked at before their turn comes. For triggers of other tables as well.
CREATE FUNCTION mail_dns_check(domains UUID[], ask BOOLEAN) RETURNS void
LANGUAGE sql AS $$
    UPDATE mail_dns_checks SET
        due_at = clock_timestamp() AT TIME ZONE 'utc',
        changed_at = clock_timestamp() AT TIME ZONE 'utc',
        asked = asked OR ask
    WHERE domain = ANY (domains)
$$;

CREATE FUNCTION mail_dns_checks_begin() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mail_dns_checks (domain, project_id)
    SELECT uuid, project_id FROM changed;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_dns_checks_begin
AFTER INSERT ON mail_domains REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_dns_checks_begin();

CREATE FUNCTION mail_dns_checks_of_domain() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_dns_check(
        ARRAY[NEW.uuid], NEW.check_asked_at IS DISTINCT FROM OLD.check_asked_at
    );
    RETURN NULL;
END
$$;

-- What services observe is no reason to look again.
CREATE TRIGGER mail_dns_checks_of_domain
AFTER UPDATE ON mail_domains
FOR EACH ROW WHEN (
    (NEW.receives, NEW.dkim_mode, NEW.dmarc_policy, NEW.dmarc_rua, NEW.tls_rua,
    NEW.mta_sts, NEW.publish, NEW.check_asked_at)
    IS DISTINCT FROM
    (OLD.receives, OLD.dkim_mode, OLD.dmarc_policy, OLD.dmarc_rua, OLD.tls_rua,
    OLD.mta_sts, OLD.publish, OLD.check_asked_at)
) EXECUTE FUNCTION mail_dns_checks_of_domain();

CREATE FUNCTION mail_dns_checks_of_instance() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_dns_check(
        ARRAY(SELECT uuid FROM mail_domains WHERE instance = NEW.uuid), FALSE
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_dns_checks_of_instance
AFTER UPDATE ON mail_instances
FOR EACH ROW WHEN (
    (NEW.hostname, NEW.ipsv4, NEW.smarthost,
    NEW.outbound_family, NEW.outbound_address)
    IS DISTINCT FROM
    (OLD.hostname, OLD.ipsv4, OLD.smarthost,
    OLD.outbound_family, OLD.outbound_address)
) EXECUTE FUNCTION mail_dns_checks_of_instance();

CREATE FUNCTION mail_dns_checks_of_key() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_dns_check(ARRAY[NEW.domain], FALSE);
    RETURN NULL;
END
$$;

-- A key signs when all servers show it: they are asked when it is there to be seen.
CREATE TRIGGER mail_dns_checks_of_new_key
AFTER INSERT ON mail_dkim_keys
FOR EACH ROW EXECUTE FUNCTION mail_dns_checks_of_key();

CREATE TRIGGER mail_dns_checks_of_key
AFTER UPDATE ON mail_dkim_keys
FOR EACH ROW WHEN (NEW.state IS DISTINCT FROM OLD.state)
EXECUTE FUNCTION mail_dns_checks_of_key();

CREATE FUNCTION mail_dns_checks_of_policy() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_dns_check(ARRAY[NEW.uuid], FALSE);
    RETURN NULL;
END
$$;

-- The record tells of the policy that the node serves now.
CREATE TRIGGER mail_dns_checks_of_policy
AFTER UPDATE ON mail_domain_policies
FOR EACH ROW WHEN (NEW.record_id IS DISTINCT FROM OLD.record_id)
EXECUTE FUNCTION mail_dns_checks_of_policy();

-- The name of the machine is seen to lead to it: it gets its certificate.
CREATE FUNCTION mail_dns_records_of_host() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_host_certificate_hasten(instance) FROM mail_domains
    WHERE uuid = NEW.domain;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_dns_records_of_host
AFTER INSERT OR UPDATE ON mail_dns_records
FOR EACH ROW WHEN (NEW.purpose = 'host' AND NEW.state = 'ok')
EXECUTE FUNCTION mail_dns_records_of_host();
