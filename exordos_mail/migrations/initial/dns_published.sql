-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- DNS records that we have published, and when each domain is looked at next.
--
-- Neither refers to mail_domains: what we have made is removed after the domain, too. A
-- challenge of an authority stands beside, with the uuid of its certificate.

CREATE TABLE mail_dns_published (
    uuid UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    -- of mail_domains, or of mail_certificates
    domain UUID NOT NULL,
    -- where: rfc2136 or core
    via VARCHAR(16) NOT NULL,
    -- in the form of standards.dns.record
    name VARCHAR(253) NOT NULL,
    type VARCHAR(16) NOT NULL,
    value TEXT NOT NULL,
    -- FALSE: it was about to be published when this was written, and may be there
    published BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'utc')
);

-- A value may be longer than what an index takes.
CREATE UNIQUE INDEX mail_dns_published_idx
ON mail_dns_published (domain, via, name, type, md5(value));

CREATE TABLE mail_dns_publications (
    domain UUID PRIMARY KEY,
    -- failures since the last success
    failures INTEGER NOT NULL DEFAULT 0,
    next_at TIMESTAMP NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'utc')
);

CREATE INDEX mail_dns_publications_next_idx ON mail_dns_publications (next_at);

-- Have the publisher look at a domain at once.
CREATE FUNCTION mail_dns_publish() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    which UUID := coalesce(NEW.uuid, OLD.uuid);
BEGIN
    INSERT INTO mail_dns_publications AS p (domain) VALUES (which)
    ON CONFLICT (domain) DO UPDATE SET next_at = EXCLUDED.next_at;
    PERFORM pg_notify('exordos_mail_dns', which::text);
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_dns_publish_new
AFTER INSERT ON mail_domains
FOR EACH ROW WHEN (NEW.publish <> 'none' OR NEW.dkim_mode = 'cname')
EXECUTE FUNCTION mail_dns_publish();

CREATE TRIGGER mail_dns_publish_changed
AFTER UPDATE OF
    publish, dkim_mode, receives, dmarc_policy, dmarc_rua, tls_rua, mta_sts, ownership
ON mail_domains
FOR EACH ROW WHEN (
    NEW.publish <> 'none' OR OLD.publish <> 'none'
    OR NEW.dkim_mode = 'cname' OR OLD.dkim_mode = 'cname'
)
EXECUTE FUNCTION mail_dns_publish();

CREATE TRIGGER mail_dns_publish_gone
AFTER DELETE ON mail_domains
FOR EACH ROW WHEN (OLD.publish <> 'none' OR OLD.dkim_mode = 'cname')
EXECUTE FUNCTION mail_dns_publish();

-- Whatever changes the records of a domain has the checker look at it, and us.
CREATE FUNCTION mail_dns_publish_facts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_dns_publications SET next_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE domain = NEW.domain;
    IF FOUND THEN
        PERFORM pg_notify('exordos_mail_dns', NEW.domain::text);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_dns_publish_facts
AFTER UPDATE ON mail_dns_checks
FOR EACH ROW WHEN (
    (NEW.changed_at, NEW.security) IS DISTINCT FROM (OLD.changed_at, OLD.security)
)
EXECUTE FUNCTION mail_dns_publish_facts();

-- Challenges that an authority looks for in the DNS (RFC 8555 section 8.4), as long as an
-- order waits for that. Who has ordered has them published at once; when they go, the
-- publisher removes the records, whatever became of certificate and domain.
CREATE TABLE mail_acme_records (
    certificate UUID NOT NULL REFERENCES mail_certificates (uuid) ON DELETE CASCADE,
    name VARCHAR(253) NOT NULL,
    value VARCHAR(255) NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'utc'),
    PRIMARY KEY (certificate, name, value)
);

CREATE FUNCTION mail_acme_records_gone() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mail_dns_publications AS p (domain) VALUES (OLD.certificate)
    ON CONFLICT (domain) DO UPDATE SET next_at = EXCLUDED.next_at;
    PERFORM pg_notify('exordos_mail_dns', OLD.certificate::text);
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_acme_records_gone
AFTER DELETE ON mail_acme_records
FOR EACH ROW EXECUTE FUNCTION mail_acme_records_gone();

-- Nobody orders an own certificate, so nobody else would end a challenge of it.
CREATE FUNCTION mail_acme_records_end() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM mail_acme_records WHERE certificate = NEW.uuid;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_acme_records_end
AFTER UPDATE OF source ON mail_certificates
FOR EACH ROW WHEN (NEW.source <> 'acme' AND OLD.source = 'acme')
EXECUTE FUNCTION mail_acme_records_end();

-- A host name in a domain that we publish can be proven before it leads to its machine.
CREATE FUNCTION mail_host_certificates_published() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mail_host_certificate_hasten(NEW.instance);
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_host_certificates_published
AFTER UPDATE OF publish, ownership ON mail_domains
FOR EACH ROW WHEN (
    NEW.publish = 'rfc2136' AND NEW.ownership = 'proven'
    AND (OLD.publish, OLD.ownership) IS DISTINCT FROM (NEW.publish, NEW.ownership)
) EXECUTE FUNCTION mail_host_certificates_published();
