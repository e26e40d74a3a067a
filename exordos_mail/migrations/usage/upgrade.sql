-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- What nodes see of mailboxes and logins (docs/adr/0049). Observed columns: no request
-- sets them, and they count no generation.

-- A request takes the instance before what is below it: in the same order nobody ends as
-- the victim of a deadlock.
LOCK TABLE mail_instances, mail_domains, mail_accounts, mail_app_passwords
    IN ACCESS EXCLUSIVE MODE;

ALTER TABLE mail_accounts
    ADD COLUMN usage_bytes BIGINT,
    ADD COLUMN usage_messages BIGINT,
    ADD COLUMN usage_at TIMESTAMP,
    ADD COLUMN last_login_smtp TIMESTAMP,
    ADD COLUMN last_login_imap TIMESTAMP,
    ADD COLUMN last_login_pop3 TIMESTAMP,
    ADD COLUMN last_login_sieve TIMESTAMP;

ALTER TABLE mail_app_passwords ADD COLUMN last_used_at TIMESTAMP;

-- Sums over accounts, set by the triggers below; NULL until one is known.
ALTER TABLE mail_domains ADD COLUMN mailbox_usage_bytes BIGINT;
ALTER TABLE mail_instances ADD COLUMN mailbox_usage_bytes BIGINT;

-- Counted, as quotas are (docs/adr/0043). The instance is held by whoever writes
-- accounts. In its deletion its row is gone already, and so nothing is found.
CREATE FUNCTION mail_accounts_count_usage(of UUID, names text[], sums bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_instances
    SET mailbox_usage_bytes = coalesce(mailbox_usage_bytes, 0)
        + (SELECT sum(one) FROM unnest(sums) AS one)
    WHERE uuid = of;
    IF FOUND THEN
        -- In one order, whoever writes several domains.
        PERFORM FROM mail_domains
        WHERE instance = of AND name = ANY(names) ORDER BY uuid FOR NO KEY UPDATE;
        UPDATE mail_domains AS known
        SET mailbox_usage_bytes = coalesce(mailbox_usage_bytes, 0) + more
        FROM unnest(names, sums) AS changed (name, more)
        WHERE known.instance = of AND known.name = changed.name;
    END IF;
END
$$;

-- Each kind of change has a statement of its own, see mail_accounts_quotas.
CREATE FUNCTION mail_accounts_usage() RETURNS trigger
LANGUAGE plpgsql SET jit TO off AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM mail_accounts_count_usage(
            instance, array_agg(domain::text), array_agg(more)
        )
        FROM (
            SELECT instance, domain, -sum(usage_bytes)::bigint AS more
            FROM before WHERE usage_bytes IS NOT NULL GROUP BY instance, domain
        ) AS found
        GROUP BY instance;
    ELSE
        PERFORM mail_accounts_count_usage(
            instance, array_agg(domain::text), array_agg(more)
        )
        FROM (
            SELECT instance, domain, sum(sign * usage_bytes)::bigint AS more
            FROM (
                SELECT instance, domain, usage_bytes, 1 AS sign FROM changed
                UNION ALL SELECT instance, domain, usage_bytes, -1 FROM before
            ) AS one
            WHERE usage_bytes IS NOT NULL
            GROUP BY instance, domain
            -- the second: one of 0 octets is known for the first time
            HAVING sum(sign * usage_bytes) <> 0 OR sum(sign) <> 0
        ) AS found
        GROUP BY instance;
    END IF;
    RETURN NULL;
END
$$;

-- After the triggers that make the changes of an instance queue: triggers fire in the
-- order of their names.
CREATE TRIGGER mail_accounts_usage_update
AFTER UPDATE ON mail_accounts REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_usage();

CREATE TRIGGER mail_accounts_usage_delete
AFTER DELETE ON mail_accounts REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_usage();

-- A node is told the uuid, by which it says that one was used.
CREATE OR REPLACE FUNCTION mail_app_passwords_told(of UUID) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT '[' || string_agg(
        '{"expires_at":'
            || coalesce(floor(extract(epoch FROM expires_at))::bigint::text, 'null')
            || ',"hash":"' || password_hash || '","scopes":["' || array_to_string(
                array(SELECT one FROM unnest(scopes) AS one ORDER BY one COLLATE "C"),
                '","'
            ) || '"],"sender":' || coalesce(to_json(sender)::text, 'null')
            || ',"uuid":"' || uuid || '"}',
        ',' ORDER BY password_hash COLLATE "C"
    ) || ']'
    FROM mail_app_passwords
    WHERE account = of
        AND (expires_at IS NULL OR expires_at > now() AT TIME ZONE 'utc')
$$;

UPDATE mail_accounts SET app_passwords = mail_app_passwords_told(uuid)
WHERE app_passwords IS NOT NULL;

-- That one was used is not told: without this, one that has expired meanwhile would leave
-- the text then.
CREATE FUNCTION mail_app_passwords_tell_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mail_accounts AS known SET app_passwords = found.told
    FROM (
        SELECT one.account, mail_app_passwords_told(one.account) AS told
        FROM (
            SELECT DISTINCT changed.account FROM changed JOIN before USING (uuid)
            WHERE (changed.scopes, changed.sender, changed.password_hash,
                changed.expires_at)
                IS DISTINCT FROM
                (before.scopes, before.sender, before.password_hash, before.expires_at)
        ) AS one
    ) AS found
    WHERE known.uuid = found.account AND known.app_passwords IS DISTINCT FROM found.told;
    RETURN NULL;
END
$$;

DROP TRIGGER mail_app_passwords_documents_update ON mail_app_passwords;

CREATE TRIGGER mail_app_passwords_documents_update
AFTER UPDATE ON mail_app_passwords
REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_app_passwords_tell_changed();
