-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- An alias whose mail would come back to it is refused when it is written
-- (docs/adr/0045).

-- The aliases that take the mail of some addresses, by address. As on the node: an
-- address's own alias or mailbox; else those of the address without its tag; else the
-- domain's catch-all. An alias counts whether it is enabled or not, so that a ring never
-- begins by a switch.
CREATE FUNCTION mail_aliases_taking(of_instance UUID, addresses text[])
RETURNS TABLE (address text, alias UUID)
-- A function in SQL would be planned anew at each call, which takes longer than all else;
-- this one is planned once, by indexes: never does it read all of a table.
LANGUAGE plpgsql STABLE STRICT
SET plan_cache_mode TO force_generic_plan
SET enable_hashjoin TO off SET enable_mergejoin TO off SET jit TO off AS $$
BEGIN
    RETURN QUERY
    WITH here AS (
        SELECT one.address, split_part(one.address, '@', 1) AS local_part, known.name
        FROM unnest(addresses) AS one (address)
        JOIN mail_domains AS known
            ON known.instance = of_instance AND known.name = split_part(one.address, '@', 2)
    ), named AS (
        SELECT here.address, here.name, form.local_part, form.place
        FROM here CROSS JOIN LATERAL (
            VALUES (1, here.local_part), (2, split_part(here.local_part, '+', 1)),
                (3, '*')
        ) AS form (place, local_part)
    ), taken AS (
        SELECT named.address, named.place, one.uuid
        FROM named JOIN mail_aliases AS one
            ON one.domain = named.name AND one.local_part = named.local_part
        WHERE one.instance = of_instance
        UNION ALL
        SELECT named.address, named.place, NULL
        FROM named JOIN mail_accounts AS one
            ON one.domain = named.name AND one.username = named.local_part
        WHERE one.instance = of_instance AND one.mailbox
    ), nearest AS (
        SELECT DISTINCT ON (taken.address) taken.address, taken.uuid
        FROM taken ORDER BY taken.address, taken.place
    )
    SELECT nearest.address, nearest.uuid FROM nearest WHERE nearest.uuid IS NOT NULL;
END
$$;

-- The addresses from one to another, each reached by way of the one before, as a text.
CREATE FUNCTION mail_alias_path(
    start text, finish text, reached text[], via text[]
) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    path text[] := ARRAY[finish];
BEGIN
    LOOP
        path := via[array_position(reached, path[1])] || path;
        EXIT WHEN path[1] = start;
    END LOOP;
    IF finish <> start THEN
        path := path || start;
    END IF;
    IF cardinality(path) > 8 THEN
        path := path[:4] || '...'::text || path[cardinality(path) - 2:];
    END IF;
    RETURN array_to_string(path, ' -> ');
END
$$;

-- Goes over aliases breadth first, each address once, so that any other ring has an end,
-- too. Whoever writes an alias holds the instance: of two that would make a ring
-- together the second one sees the first.
--
-- The two numbers bound what a write may cost: 50 aliases in a row, 10,000 addresses.
CREATE FUNCTION mail_aliases_refuse_ring() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    own text := NEW.local_part || '@' || NEW.domain;
    fresh text[] := NEW.targets;
    fresh_via text[] := array_fill(own, ARRAY[cardinality(NEW.targets)]);
    reached text[] := '{}';
    via text[] := '{}';
    led_on text[];
    takers UUID[];
    back integer;
    total bigint := 0;
BEGIN
    PERFORM FROM mail_instances WHERE uuid = NEW.instance FOR NO KEY UPDATE;
    FOR place IN 1..50 LOOP
        reached := reached || fresh;
        via := via || fresh_via;
        SELECT array_agg(address), array_agg(alias) INTO led_on, takers
        FROM mail_aliases_taking(NEW.instance, fresh);
        IF takers IS NULL THEN
            RETURN NULL;
        END IF;
        back := array_position(takers, NEW.uuid);
        IF back IS NOT NULL THEN
            RAISE EXCEPTION 'mail for % would come back to it: %; leave out one of'
                ' these targets', own, mail_alias_path(own, led_on[back], reached, via)
                USING ERRCODE = 'restrict_violation';
        END IF;
        SELECT total + sum(cardinality(targets)) INTO total
        FROM mail_aliases WHERE uuid = ANY(takers);
        IF total > 10000 THEN
            RAISE EXCEPTION 'targets: over other aliases they lead to more than 10000'
                ' addresses; have lists of lists lead to fewer'
                USING ERRCODE = 'check_violation';
        END IF;
        SELECT array_agg(target), array_agg(through) INTO fresh, fresh_via
        FROM (
            SELECT DISTINCT ON (target) target, one.address AS through
            FROM (
                SELECT DISTINCT ON (alias) alias, address
                FROM unnest(led_on, takers) AS pair (address, alias)
                ORDER BY alias, address
            ) AS one
            JOIN mail_aliases ON uuid = one.alias
            CROSS JOIN unnest(targets) AS target
            WHERE NOT EXISTS (SELECT FROM unnest(reached) AS known WHERE known = target)
            ORDER BY target, one.address
        ) AS next;
        IF fresh IS NULL THEN
            RETURN NULL;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'targets: they lead over more than 50 aliases in a row; name the last'
        ' ones instead' USING ERRCODE = 'check_violation';
END
$$;

CREATE TRIGGER mail_aliases_refuse_ring
AFTER INSERT OR UPDATE OF local_part, domain, targets ON mail_aliases
FOR EACH ROW EXECUTE FUNCTION mail_aliases_refuse_ring();
