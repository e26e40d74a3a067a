-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Certificates, how they are ordered from an authority, and its challenges.

CREATE TABLE mail_certificates (
    uuid UUID PRIMARY KEY,
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    hostname VARCHAR(253) NOT NULL,
    source VARCHAR(16) NOT NULL DEFAULT 'acme',
    chain TEXT,
    -- an envelope, see controlplane/sealed_box.py
    private_key TEXT,
    -- observed columns
    state VARCHAR(16) NOT NULL DEFAULT 'waiting',
    reason VARCHAR(1024) NOT NULL DEFAULT '',
    serial VARCHAR(40) NOT NULL DEFAULT '',
    sha256 VARCHAR(64) NOT NULL DEFAULT '',
    tlsa VARCHAR(80) NOT NULL DEFAULT '',
    tlsa_next VARCHAR(80) NOT NULL DEFAULT '',
    automatic BOOLEAN NOT NULL DEFAULT FALSE,
    not_before TIMESTAMP,
    not_after TIMESTAMP,
    renew_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (instance, hostname)
);

CREATE INDEX mail_certificates_page_idx ON mail_certificates (instance, uuid);

CREATE INDEX mail_certificates_project_id_idx ON mail_certificates (project_id);

CREATE INDEX mail_certificates_not_after_idx ON mail_certificates (not_after);

SELECT mail_documents_of(
    'mail_certificates', 'certificates', 'uuid',
    ARRAY['hostname', 'chain', 'private_key'], TRUE
);

CREATE TRIGGER mail_certificates_limit
AFTER INSERT ON mail_certificates REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_at_most(
    'instance', '4000', 'an instance has at most %s certificates'
);

-- When the service of controlplane/certificates looks at one again. `next_key` is the
-- envelope of the key that the next certificate will have: it is there before the order
-- is, so that whoever is killed in between goes on with the same key.
CREATE TABLE mail_certificate_orders (
    certificate UUID PRIMARY KEY
        REFERENCES mail_certificates (uuid) ON DELETE CASCADE,
    next_key TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    due_at TIMESTAMP NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'utc')
);

CREATE INDEX mail_certificate_orders_due_idx ON mail_certificate_orders (due_at);

CREATE FUNCTION mail_certificates_order() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.source = 'acme' THEN
        INSERT INTO mail_certificate_orders (certificate) VALUES (NEW.uuid)
        ON CONFLICT (certificate) DO NOTHING;
    ELSE
        DELETE FROM mail_certificate_orders WHERE certificate = NEW.uuid;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_certificates_order
AFTER INSERT OR UPDATE OF source ON mail_certificates
FOR EACH ROW EXECUTE FUNCTION mail_certificates_order();

-- When the host name of an instance is looked at, which gets a certificate by itself; null:
-- when something changes.
CREATE TABLE mail_host_certificates (
    instance UUID PRIMARY KEY REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    -- in vain, in a row
    looks INTEGER NOT NULL DEFAULT 0,
    due_at TIMESTAMP
);

CREATE INDEX mail_host_certificates_due_idx ON mail_host_certificates (due_at);

CREATE FUNCTION mail_host_certificates_want() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mail_host_certificates (instance, due_at)
    VALUES (NEW.uuid, CASE
        WHEN NEW.host_certificate THEN clock_timestamp() AT TIME ZONE 'utc'
    END)
    ON CONFLICT (instance) DO UPDATE SET looks = 0, due_at = excluded.due_at;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_host_certificates_want_new
AFTER INSERT ON mail_instances
FOR EACH ROW EXECUTE FUNCTION mail_host_certificates_want();

CREATE TRIGGER mail_host_certificates_want_changed
AFTER UPDATE ON mail_instances
FOR EACH ROW WHEN (
    (NEW.hostname, NEW.host_certificate)
    IS DISTINCT FROM (OLD.hostname, OLD.host_certificate)
) EXECUTE FUNCTION mail_host_certificates_want();

-- Has host names looked at that still wait to lead to their machine.
CREATE FUNCTION mail_host_certificate_hasten(of UUID) RETURNS void
LANGUAGE sql AS $$
    UPDATE mail_host_certificates
    SET looks = 0, due_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE instance = of AND due_at IS NOT NULL
$$;

CREATE FUNCTION mail_host_certificates_moved() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_host_certificate_hasten(NEW.uuid);
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_host_certificates_moved
AFTER UPDATE ON mail_instances
FOR EACH ROW WHEN (NEW.ipsv4 IS DISTINCT FROM OLD.ipsv4)
EXECUTE FUNCTION mail_host_certificates_moved();

-- Accounts at authorities, by the address of the directory.
CREATE TABLE mail_acme_accounts (
    directory VARCHAR(2000) PRIMARY KEY,
    -- an envelope, see controlplane/keyring.py
    account_key TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'utc')
);

-- What nodes show at /.well-known/acme-challenge/ (RFC 8555 section 8.3).
CREATE TABLE mail_acme_challenges (
    uuid UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    certificate UUID NOT NULL REFERENCES mail_certificates (uuid) ON DELETE CASCADE,
    token VARCHAR(255) NOT NULL,
    key_authorization VARCHAR(512) NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'utc'),
    UNIQUE (instance, token)
);

CREATE INDEX mail_acme_challenges_certificate_idx ON mail_acme_challenges (certificate);

SELECT mail_documents_of(
    'mail_acme_challenges', 'challenges', 'token', ARRAY['key_authorization']
);
