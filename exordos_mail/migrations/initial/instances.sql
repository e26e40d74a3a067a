-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Versions, instances.
--
-- Timestamps are UTC without a zone, as everywhere in the platform's database.

CREATE TABLE mail_versions (
    uuid UUID PRIMARY KEY,
    name VARCHAR(255) NOT NULL UNIQUE,
    description VARCHAR(255) NOT NULL DEFAULT '',
    image VARCHAR(2048) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE mail_instances (
    uuid UUID PRIMARY KEY,
    -- user columns
    name VARCHAR(255) NOT NULL,
    description VARCHAR(255) NOT NULL DEFAULT '',
    project_id UUID NOT NULL,
    domain VARCHAR(253) NOT NULL,
    hostname VARCHAR(253) NOT NULL,
    host_certificate BOOLEAN NOT NULL DEFAULT TRUE,
    cpu INTEGER NOT NULL,
    ram INTEGER NOT NULL,
    disk_size INTEGER NOT NULL,
    version UUID NOT NULL REFERENCES mail_versions (uuid),
    smarthost VARCHAR(253),
    smarthost_port INTEGER NOT NULL DEFAULT 587,
    smarthost_tls VARCHAR(16) NOT NULL DEFAULT 'starttls',
    smarthost_username VARCHAR(256),
    smarthost_password TEXT,  -- an envelope, see sealed_box.py
    outbound_family VARCHAR(16) NOT NULL DEFAULT 'any',
    outbound_address VARCHAR(45),
    -- set by the triggers; of the version that was chosen, a later one of the same
    -- version's changes nothing
    image VARCHAR(2048) NOT NULL DEFAULT '',
    generation BIGINT NOT NULL DEFAULT 1,
    status VARCHAR(64) NOT NULL DEFAULT 'NEW',
    status_reason TEXT NOT NULL DEFAULT '',
    ipv4 VARCHAR(15),
    -- observed columns
    infra_status VARCHAR(64) NOT NULL DEFAULT 'NEW',
    infra_reason TEXT NOT NULL DEFAULT '',
    service_status VARCHAR(64) NOT NULL DEFAULT 'NEW',
    service_reason TEXT NOT NULL DEFAULT '',
    ipsv4 VARCHAR(15)[] NOT NULL DEFAULT '{}',
    applied_generation BIGINT NOT NULL DEFAULT 0,
    dkim_selector VARCHAR(63),
    dkim_public_key TEXT,
    dkim_keys JSONB[] NOT NULL DEFAULT '{}',
    -- what the node shows to clients, as it reports it
    certificates JSONB[] NOT NULL DEFAULT '{}',
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE INDEX mail_instances_project_id_idx ON mail_instances (project_id);

-- A name in the operator's zone is of one instance, also where somebody chooses a uuid
-- that begins like another one (standards/hostname.py).
CREATE UNIQUE INDEX mail_instances_hostname_idx
ON mail_instances (hostname) WHERE hostname ~ '^mx-[0-9a-f]{8}[.]';

CREATE INDEX mail_instances_version_idx ON mail_instances (version);

-- One verdict of two. A reason of an ERROR comes first, else that of the layer that is
-- not ready yet.
CREATE FUNCTION mail_instances_compute() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF 'ERROR' IN (NEW.infra_status, NEW.service_status) THEN
        NEW.status := 'ERROR';
        NEW.status_reason := concat_ws(
            '; ',
            CASE WHEN NEW.infra_status = 'ERROR'
                THEN nullif(NEW.infra_reason, '') END,
            CASE WHEN NEW.service_status = 'ERROR'
                THEN nullif(NEW.service_reason, '') END
        );
    ELSIF NEW.infra_status = 'ACTIVE' AND NEW.service_status = 'ACTIVE' THEN
        NEW.status := 'ACTIVE';
        NEW.status_reason := '';
    ELSE
        IF NEW.infra_status = 'NEW' AND NEW.service_status = 'NEW' THEN
            NEW.status := 'NEW';
        ELSE
            NEW.status := 'IN_PROGRESS';
        END IF;
        NEW.status_reason := CASE
            WHEN NEW.infra_status <> 'ACTIVE' THEN NEW.infra_reason
            ELSE NEW.service_reason
        END;
    END IF;
    NEW.ipv4 := NEW.ipsv4[1];
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_instances_compute
BEFORE INSERT OR UPDATE ON mail_instances
FOR EACH ROW EXECUTE FUNCTION mail_instances_compute();

-- Builders take an instance as changed while `updated_at` is another time than the one
-- they noted (gcl_sdk agents/universal/dm/models.py, get_updated_entities()). So it must
-- never be the same twice, also when the clock goes back: it only grows. It is the
-- database's time, since writers run on many machines. What builders observe must not
-- look like a change, or they would wake each other for ever.
CREATE FUNCTION mail_instances_count() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.disk_size < OLD.disk_size THEN
        RAISE EXCEPTION 'disk_size: the data disk cannot shrink'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.name, NEW.description, NEW.project_id, NEW.domain, NEW.hostname,
        NEW.host_certificate, NEW.cpu, NEW.ram, NEW.disk_size, NEW.version,
        NEW.smarthost, NEW.smarthost_port, NEW.smarthost_tls,
        NEW.smarthost_username, NEW.smarthost_password,
        NEW.outbound_family, NEW.outbound_address)
        IS DISTINCT FROM
        (OLD.name, OLD.description, OLD.project_id, OLD.domain, OLD.hostname,
        OLD.host_certificate, OLD.cpu, OLD.ram, OLD.disk_size, OLD.version,
        OLD.smarthost, OLD.smarthost_port, OLD.smarthost_tls,
        OLD.smarthost_username, OLD.smarthost_password,
        OLD.outbound_family, OLD.outbound_address)
    THEN
        NEW.generation := OLD.generation + 1;
    ELSIF NEW.generation <= OLD.generation THEN
        NEW.generation := OLD.generation;
        NEW.updated_at := OLD.updated_at;
        RETURN NEW;
    END IF;
    NEW.updated_at := greatest(
        clock_timestamp() AT TIME ZONE 'utc',
        OLD.updated_at + interval '1 microsecond'
    );
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_instances_count
BEFORE UPDATE ON mail_instances
FOR EACH ROW EXECUTE FUNCTION mail_instances_count();

-- A release of the element puts its own image into the version that it declares. It must
-- rebuild no machine: the image of an instance follows only who sets `version`.
-- Triggers fire in the order of their names: this one after the one that counts, which
-- does not know the column.
CREATE FUNCTION mail_instances_image() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.version <> OLD.version THEN
        -- an unknown version is for its foreign key to refuse
        NEW.image := coalesce(
            (SELECT image FROM mail_versions WHERE uuid = NEW.version), ''
        );
    ELSIF NEW.image <> OLD.image AND NEW.generation = OLD.generation THEN
        NEW.generation := OLD.generation + 1;
        NEW.updated_at := greatest(
            clock_timestamp() AT TIME ZONE 'utc',
            OLD.updated_at + interval '1 microsecond'
        );
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_instances_image
BEFORE INSERT OR UPDATE ON mail_instances
FOR EACH ROW EXECUTE FUNCTION mail_instances_image();

-- Tells listeners which instance has work for the builders and news for its node. Sent
-- with the transaction that makes the work, and only then. Equal notifications of one
-- transaction are one.
CREATE FUNCTION mail_instances_notify() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(
        'exordos_mail',
        CASE TG_OP WHEN 'DELETE' THEN OLD.uuid ELSE NEW.uuid END::text
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_instances_notify_existence
AFTER INSERT OR DELETE ON mail_instances
FOR EACH ROW EXECUTE FUNCTION mail_instances_notify();

-- Builders never wake themselves: what they observe does not change `generation`. A
-- changed account counts its instance's generation up, too.
CREATE TRIGGER mail_instances_notify_changes
AFTER UPDATE ON mail_instances
FOR EACH ROW WHEN (NEW.generation IS DISTINCT FROM OLD.generation)
EXECUTE FUNCTION mail_instances_notify();
