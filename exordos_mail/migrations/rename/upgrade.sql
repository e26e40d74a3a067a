-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- What leads to an account's address goes on when the account gets another one
-- (docs/adr/0056): targets of aliases, and the sender that an app password is bound to.
--
-- For all rows of the statement at once: two accounts may swap their addresses. A target
-- with a tag leads to the mailbox of the address without it (docs/adr/0042). One that is
-- an alias's address leads to that alias and not to the account.
CREATE FUNCTION mail_accounts_renamed() RETURNS trigger
LANGUAGE plpgsql SET jit TO off AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM changed JOIN before USING (uuid)
        WHERE (changed.username, changed.domain) <> (before.username, before.domain)
    ) THEN
        RETURN NULL;
    END IF;

    UPDATE mail_app_passwords AS known
    SET sender = changed.username || '@' || changed.domain,
        updated_at = now() AT TIME ZONE 'utc'
    FROM changed JOIN before USING (uuid)
    WHERE known.account = changed.uuid
        AND known.sender = before.username || '@' || before.domain
        AND (changed.username, changed.domain) <> (before.username, before.domain);

    -- Imports are told to the node with the login of their account.
    UPDATE mail_document_buckets AS known SET tag = gen_random_uuid()
    FROM mail_imports AS one
    JOIN changed ON changed.uuid = one.account
    JOIN before ON before.uuid = changed.uuid
    WHERE known.instance = one.instance AND known.collection = 'imports'
        AND known.bucket = one.uuid::text
        AND (changed.username, changed.domain) <> (before.username, before.domain);

    WITH moved AS (
        SELECT instance, before.username AS old_name, before.domain AS old_domain,
            changed.username AS new_name, changed.domain AS new_domain,
            changed.mailbox
        FROM changed JOIN before USING (uuid, instance)
        WHERE (changed.username, changed.domain) <> (before.username, before.domain)
    ), target AS (
        SELECT one.uuid, one.instance, part.place, part.address,
            split_part(part.address, '@', 1) AS local_part,
            split_part(split_part(part.address, '@', 1), '+', 1) AS base,
            split_part(part.address, '@', 2) AS domain
        FROM mail_aliases AS one
        CROSS JOIN unnest(one.targets) WITH ORDINALITY AS part (address, place)
        WHERE one.instance IN (SELECT instance FROM moved)
            -- Of one account, most of 100,000 aliases are left out at a glance.
            AND ((SELECT count(*) FROM moved) > 1
                OR strpos(one.targets::text, (SELECT min(old_name) FROM moved)) > 0)
    ), matched AS (
        -- Two conditions of equality, each of which is hashed: with OR in the place of
        -- the second, 500 accounts would take minutes.
        SELECT target.uuid, target.place, target.instance, target.domain,
            target.local_part, 1 AS choice, moved.new_name, moved.new_domain,
            '' AS rest
        FROM target JOIN moved ON moved.instance = target.instance
            AND moved.old_domain = target.domain AND moved.old_name = target.local_part
        UNION ALL
        SELECT target.uuid, target.place, target.instance, target.domain,
            target.local_part, 2, moved.new_name, moved.new_domain,
            substr(target.local_part, length(target.base) + 1)
        FROM target JOIN moved ON moved.instance = target.instance
            AND moved.old_domain = target.domain AND moved.old_name = target.base
        WHERE moved.mailbox AND target.base <> target.local_part
    ), led AS (
        SELECT DISTINCT ON (uuid, place) uuid, place,
            new_name || rest || '@' || new_domain AS address
        FROM matched
        WHERE NOT EXISTS (
            SELECT FROM mail_aliases AS other
            WHERE other.instance = matched.instance AND other.domain = matched.domain
                AND other.local_part = matched.local_part
        )
        ORDER BY uuid, place, choice
    ), anew AS (
        SELECT uuid, array_agg(address ORDER BY place) AS targets
        FROM (
            -- Each address once: the new one may have been among them.
            SELECT DISTINCT ON (uuid, address) target.uuid, target.place,
                coalesce(led.address, target.address) AS address
            FROM target LEFT JOIN led USING (uuid, place)
            WHERE target.uuid IN (SELECT uuid FROM led)
            ORDER BY uuid, address, target.place
        ) AS one
        GROUP BY uuid
    )
    UPDATE mail_aliases AS known
    SET targets = anew.targets, updated_at = now() AT TIME ZONE 'utc'
    FROM anew WHERE known.uuid = anew.uuid;

    -- Longest local part and address (RFC 5321 section 4.5.3.1).
    IF EXISTS (
        SELECT FROM mail_aliases CROSS JOIN unnest(targets) AS address
        WHERE updated_at = now() AT TIME ZONE 'utc'
            AND instance IN (SELECT instance FROM changed)
            AND (length(address) > 254 OR position('@' IN address) > 65)
    ) THEN
        RAISE EXCEPTION 'an alias leads to this account with a tag, and with the new name'
            ' that target would be longer than an address may be; choose a shorter name, or'
            ' change the alias first' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER mail_accounts_renamed
AFTER UPDATE ON mail_accounts REFERENCING NEW TABLE AS changed OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION mail_accounts_renamed();
