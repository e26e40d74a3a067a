-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- MTA-STS policies of domains, kept by gservice (controlplane/policies).
--
-- A row is there as long as a policy is wanted, or somebody may still hold one. It is
-- looked at when it is due, so domains without a policy cost nothing.

CREATE TABLE mail_domain_policies (
    uuid UUID PRIMARY KEY REFERENCES mail_domains (uuid) ON DELETE CASCADE,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    -- of the domain
    name VARCHAR(253) NOT NULL,
    -- off, testing, enforce or leaving; since when, and until when somebody may hold an
    -- older policy
    stage VARCHAR(16) NOT NULL DEFAULT 'off',
    since TIMESTAMP,
    binds_until TIMESTAMP,
    -- the host of the policy, and until when older ones stay in it
    hostname VARCHAR(253) NOT NULL DEFAULT '',
    former JSONB NOT NULL DEFAULT '{}',
    -- since when the DNS shows the record, and the last failure that a report has told
    seen_at TIMESTAMP,
    failed_at TIMESTAMP,
    -- what is served, from which generation of the instance on
    policy TEXT,
    policy_id VARCHAR(32),
    generation BIGINT NOT NULL DEFAULT 0,
    -- the id that the record has: of what is served for sure
    record_id VARCHAR(32),
    -- when to look again; null: when something changes
    due_at TIMESTAMP DEFAULT (clock_timestamp() AT TIME ZONE 'utc')
);

CREATE INDEX mail_domain_policies_due_idx ON mail_domain_policies (due_at);

CREATE INDEX mail_domain_policies_instance_idx ON mail_domain_policies (instance);

SELECT mail_documents_of(
    'mail_domain_policies', 'policies', 'name', ARRAY['policy']
);

CREATE FUNCTION mail_domain_policies_want() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mail_domain_policies (uuid, instance, name)
    VALUES (NEW.uuid, NEW.instance, NEW.name)
    ON CONFLICT (uuid) DO UPDATE SET due_at = excluded.due_at;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_domain_policies_want_new
AFTER INSERT ON mail_domains
FOR EACH ROW WHEN (NEW.mta_sts <> 'off')
EXECUTE FUNCTION mail_domain_policies_want();

CREATE TRIGGER mail_domain_policies_want_changed
AFTER UPDATE ON mail_domains
FOR EACH ROW WHEN (
    (NEW.mta_sts, NEW.receives) IS DISTINCT FROM (OLD.mta_sts, OLD.receives)
    AND 'off' <> ANY(ARRAY[NEW.mta_sts, OLD.mta_sts])
)
EXECUTE FUNCTION mail_domain_policies_want();

-- Another host, or a node that serves what it was told.
CREATE FUNCTION mail_domain_policies_follow() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_domain_policies
    SET due_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE instance = NEW.uuid
        AND (hostname <> NEW.hostname OR record_id IS DISTINCT FROM policy_id);
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_domain_policies_follow
AFTER UPDATE ON mail_instances
FOR EACH ROW WHEN (
    (NEW.hostname, NEW.applied_generation)
    IS DISTINCT FROM (OLD.hostname, OLD.applied_generation)
)
EXECUTE FUNCTION mail_domain_policies_follow();
