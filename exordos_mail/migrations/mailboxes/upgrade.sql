-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Mailboxes of accounts.

-- A request takes the instance before its accounts: in the same order nobody ends as the
-- victim of a deadlock.
LOCK TABLE mail_instances, mail_accounts IN ACCESS EXCLUSIVE MODE;

ALTER TABLE mail_instances
    ADD COLUMN mailboxes BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN mailbox_quota_bytes BIGINT,
    ADD COLUMN mailbox_quota_messages BIGINT,
    ADD COLUMN mailbox_overcommit BOOLEAN NOT NULL DEFAULT FALSE,
    -- set by the triggers below: what mailboxes with a limit of their own may hold
    -- together, and how many have that of the instance
    ADD COLUMN mailboxes_limited_bytes NUMERIC NOT NULL DEFAULT 0,
    ADD COLUMN mailboxes_without_limit BIGINT NOT NULL DEFAULT 0,
    -- and all together; NULL while one of them has no limit
    ADD COLUMN mailbox_quota_sum_bytes BIGINT DEFAULT 0;

ALTER TABLE mail_accounts
    ADD COLUMN mailbox BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN quota_bytes BIGINT,
    ADD COLUMN quota_messages BIGINT,
    ADD COLUMN suspended VARCHAR(16) NOT NULL DEFAULT 'none';

-- Counts a change of these columns, as mail_instances_count does those that it knows.
-- Triggers fire in the order of their names: this one after that one.
CREATE FUNCTION mail_instances_mailboxes() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.generation = OLD.generation THEN
        NEW.generation := OLD.generation + 1;
        NEW.updated_at := greatest(
            clock_timestamp() AT TIME ZONE 'utc',
            OLD.updated_at + interval '1 microsecond'
        );
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_instances_mailboxes
BEFORE UPDATE ON mail_instances
FOR EACH ROW WHEN (
    (NEW.mailboxes, NEW.mailbox_quota_bytes, NEW.mailbox_quota_messages,
    NEW.mailbox_overcommit)
    IS DISTINCT FROM
    (OLD.mailboxes, OLD.mailbox_quota_bytes, OLD.mailbox_quota_messages,
    OLD.mailbox_overcommit)
)
EXECUTE FUNCTION mail_instances_mailboxes();

-- Mail programs look for mailboxes in the DNS.
CREATE TRIGGER mail_dns_checks_of_mailboxes
AFTER UPDATE ON mail_instances
FOR EACH ROW WHEN (NEW.mailboxes <> OLD.mailboxes)
EXECUTE FUNCTION mail_dns_checks_of_instance();

-- What a node sees of an account: the new columns too. The arguments are those that
-- mail_documents_of gives (initial/documents.sql).
DROP TRIGGER mail_accounts_documents_update ON mail_accounts;

CREATE TRIGGER mail_accounts_documents_update
AFTER UPDATE ON mail_accounts
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_documents_updated(
    'accounts', 'mail_document_bucket(login::text)',
    'login, password_hash, active, mailbox, quota_bytes, quota_messages, suspended',
    'f'
);

-- How much the mailboxes may hold together (docs/adr/0043). Counted, because a sum over
-- 100,000 accounts at each change of one would cost more than the change.
--
-- The rule holds for the limits that there are: a mailbox without one would have nothing
-- refused, and its deletion would then be refused, as the sum would be known by it.
CREATE FUNCTION mail_instances_quotas() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    known NUMERIC := NEW.mailboxes_limited_bytes
        + NEW.mailboxes_without_limit::numeric * coalesce(NEW.mailbox_quota_bytes, 0);
BEGIN
    NEW.mailbox_quota_sum_bytes := CASE
        WHEN NEW.mailbox_quota_bytes IS NOT NULL OR NEW.mailboxes_without_limit = 0
        THEN least(known, 9223372036854775807)
    END;
    IF NEW.mailboxes AND NOT NEW.mailbox_overcommit
        AND known > NEW.disk_size * 1073741824::numeric
    THEN
        RAISE EXCEPTION '%', format(
            'the limits of the mailboxes are %s octets together, and disk_size is %s GiB'
            ' (%s octets): lower them, let disk_size grow, or say mailbox_overcommit:'
            ' true', known, NEW.disk_size, NEW.disk_size * 1073741824::numeric
        ) USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER mail_instances_quotas
BEFORE UPDATE ON mail_instances
FOR EACH ROW WHEN (
    (NEW.mailboxes, NEW.mailbox_quota_bytes, NEW.mailbox_overcommit, NEW.disk_size,
    NEW.mailboxes_limited_bytes, NEW.mailboxes_without_limit)
    IS DISTINCT FROM
    (OLD.mailboxes, OLD.mailbox_quota_bytes, OLD.mailbox_overcommit, OLD.disk_size,
    OLD.mailboxes_limited_bytes, OLD.mailboxes_without_limit)
)
EXECUTE FUNCTION mail_instances_quotas();

-- In the deletion of an instance its row is gone already, and so nothing is found.
CREATE FUNCTION mail_instances_count_quotas(of UUID, limited NUMERIC, others BIGINT)
RETURNS void LANGUAGE sql AS $$
    UPDATE mail_instances
    SET mailboxes_limited_bytes = mailboxes_limited_bytes + limited,
        mailboxes_without_limit = mailboxes_without_limit + others
    WHERE uuid = of
$$;

-- Each kind of change has a statement of its own, whose plan is kept: PostgreSQL knows
-- only by the trigger which of the two tables there are.
CREATE FUNCTION mail_accounts_quotas() RETURNS trigger
LANGUAGE plpgsql SET jit TO off AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM mail_instances_count_quotas(
            instance, coalesce(sum(quota_bytes), 0), count(*) - count(quota_bytes)
        )
        FROM changed WHERE mailbox GROUP BY instance;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM mail_instances_count_quotas(
            instance, -coalesce(sum(quota_bytes), 0), count(quota_bytes) - count(*)
        )
        FROM before WHERE mailbox GROUP BY instance;
    ELSE
        PERFORM mail_instances_count_quotas(
            instance, coalesce(sum(sign * quota_bytes), 0),
            coalesce(sum(sign) FILTER (WHERE quota_bytes IS NULL), 0)
        )
        FROM (
            SELECT instance, quota_bytes, 1 AS sign FROM changed WHERE mailbox
            UNION ALL SELECT instance, quota_bytes, -1 FROM before WHERE mailbox
        ) AS one
        GROUP BY instance
        HAVING coalesce(sum(sign * quota_bytes), 0) <> 0
            OR coalesce(sum(sign) FILTER (WHERE quota_bytes IS NULL), 0) <> 0;
    END IF;
    RETURN NULL;
END
$$;

-- After the triggers that make the changes of an instance queue: triggers fire in the
-- order of their names.
CREATE TRIGGER mail_accounts_quotas_insert
AFTER INSERT ON mail_accounts REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_quotas();

CREATE TRIGGER mail_accounts_quotas_update
AFTER UPDATE ON mail_accounts REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_quotas();

CREATE TRIGGER mail_accounts_quotas_delete
AFTER DELETE ON mail_accounts REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_quotas();
