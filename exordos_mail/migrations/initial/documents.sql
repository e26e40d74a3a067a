-- SPDX-FileCopyrightText: 2026 The exordos_mail authors
-- SPDX-License-Identifier: Apache-2.0

-- Which documents of an instance its node has to be told anew (docs/adr/0025).
--
-- `SELECT mail_documents_of(...)` makes the rows of a table the documents of a
-- collection: each statement that changes what a node sees of them gives their buckets
-- new tags, and counts one generation of the instance, however many rows it wrote.

-- The same number as protocol/documents.py computes; 64 is its COUNT.
CREATE FUNCTION mail_document_bucket(key text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (get_byte(decode(md5(key), 'hex'), 0) % 64)::text
$$;

-- The tag is another one after every change, also after a restored backup. Written by
-- the triggers alone.
CREATE TABLE mail_document_buckets (
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    collection VARCHAR(64) NOT NULL,
    bucket VARCHAR(64) NOT NULL,
    tag UUID NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (instance, collection, bucket)
);

-- The digest that a bucket had under a tag, and of which form its documents were: another
-- release may make them otherwise. Written by the builder alone, whose
-- transactions are long: a table of its own, so that no user ever waits for it.
CREATE TABLE mail_document_digests (
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    collection VARCHAR(64) NOT NULL,
    bucket VARCHAR(64) NOT NULL,
    tag UUID NOT NULL,
    digest VARCHAR(64) NOT NULL,
    form VARCHAR(64) NOT NULL,
    PRIMARY KEY (instance, collection, bucket)
);

-- The generation first: it makes concurrent changes of an instance queue, so that they
-- cannot block each other over buckets, and each sees all that the others made. In the
-- deletion of an instance its row is gone already, and so nothing is found. What is made
-- with an instance belongs to its first generation.
CREATE FUNCTION mail_documents_touch(of text, instances UUID[], buckets text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM mail_instances
    WHERE uuid = ANY(instances) ORDER BY uuid FOR NO KEY UPDATE;
    UPDATE mail_instances
    SET generation = generation + 1,
        updated_at = clock_timestamp() AT TIME ZONE 'utc'
    WHERE uuid = ANY(instances)
        AND uuid::text
            <> coalesce(current_setting('exordos_mail.new_instance', TRUE), '');

    INSERT INTO mail_document_buckets AS known (instance, collection, bucket)
    SELECT DISTINCT found.uuid, of, changed.bucket
    FROM unnest(instances, buckets) AS changed (instance, bucket)
    JOIN mail_instances AS found ON found.uuid = changed.instance
    ON CONFLICT (instance, collection, bucket) DO UPDATE SET tag = gen_random_uuid();
END
$$;

-- Arguments of the triggers: the collection; the bucket of a row and what a node sees of
-- it, in SQL; whether a bucket goes with its row.
CREATE FUNCTION mail_documents_written() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    instances UUID[];
    buckets text[];
BEGIN
    EXECUTE format(
        'SELECT array_agg(instance), array_agg(bucket)'
        ' FROM (SELECT DISTINCT instance, %s AS bucket FROM changed) AS found',
        TG_ARGV[1]
    ) INTO instances, buckets;
    PERFORM mail_documents_touch(TG_ARGV[0], instances, buckets);
    IF TG_OP = 'DELETE' AND TG_ARGV[3]::boolean THEN
        DELETE FROM mail_document_buckets
        WHERE instance = ANY(instances) AND collection = TG_ARGV[0]
            AND bucket = ANY(buckets);
    END IF;
    RETURN NULL;
END
$$;

-- A join of all rows with all rows, planned as loops, would take a quarter of a second
-- for a thousand. Loops that PostgreSQL cannot do without then look dear enough to be
-- compiled, which takes half a second: not that, either.
CREATE FUNCTION mail_documents_updated() RETURNS trigger
LANGUAGE plpgsql SET enable_nestloop TO off SET jit TO off AS $$
DECLARE
    instances UUID[];
    buckets text[];
BEGIN
    EXECUTE format(
        'WITH seen_before AS (SELECT *, ROW(%2$s) AS seen FROM before),'
        ' seen_now AS (SELECT *, ROW(%2$s) AS seen FROM changed),'
        ' differing AS ('
        ' SELECT uuid FROM seen_now JOIN seen_before USING (uuid)'
        ' WHERE seen_now.seen IS DISTINCT FROM seen_before.seen),'
        ' touched AS ('
        ' SELECT instance, %1$s AS bucket FROM changed JOIN differing USING (uuid)'
        ' UNION SELECT instance, %1$s FROM before JOIN differing USING (uuid))'
        ' SELECT array_agg(instance), array_agg(bucket) FROM touched',
        TG_ARGV[1], TG_ARGV[2]
    ) INTO instances, buckets;
    IF instances IS NOT NULL THEN
        PERFORM mail_documents_touch(TG_ARGV[0], instances, buckets);
    END IF;
    RETURN NULL;
END
$$;

-- The table has the columns `uuid` and `instance`; `key` is the column that the documents
-- are spread by, `columns` those that a node sees. With `own` each row has a bucket.
CREATE FUNCTION mail_documents_of(
    of_table text, collection text, key text, columns text[], own boolean DEFAULT FALSE
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    bucket text := format(
        CASE WHEN own THEN '%I::text' ELSE 'mail_document_bucket(%I::text)' END, key
    );
    seen text := (
        SELECT string_agg(quote_ident(name), ', ')
        FROM unnest(array_prepend(key, columns)) AS named (name)
    );
    events text[] := ARRAY[
        'insert', 'REFERENCING NEW TABLE AS changed', 'written',
        'delete', 'REFERENCING OLD TABLE AS changed', 'written',
        'update', 'REFERENCING NEW TABLE AS changed OLD TABLE AS before', 'updated'
    ];
BEGIN
    FOR event IN 0..2 LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER %s ON %I %s FOR EACH STATEMENT'
            ' EXECUTE FUNCTION mail_documents_%s(%L, %L, %L, %L)',
            of_table || '_documents_' || events[event * 3 + 1], events[event * 3 + 1],
            of_table, events[event * 3 + 2], events[event * 3 + 3],
            collection, bucket, seen, own
        );
    END LOOP;
    -- What a table of this name had before it was dropped counts no more.
    DELETE FROM mail_document_buckets AS known
    WHERE known.collection = mail_documents_of.collection;
    EXECUTE format(
        'INSERT INTO mail_document_buckets (instance, collection, bucket)'
        ' SELECT DISTINCT instance, %L, %s FROM %I', collection, bucket, of_table
    );
    IF NOT own THEN
        EXECUTE format(
            'CREATE INDEX %I ON %I (instance, (%s))',
            of_table || '_bucket_idx', of_table, bucket
        );
    END IF;
END
$$;

-- After an INSERT: its arguments are the column that names the owner, the most rows that
-- one may have, and how to say so. It comes after the trigger that makes the changes of
-- an instance queue: triggers fire in the order of their names.
CREATE FUNCTION mail_at_most() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    over BOOLEAN;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %1$I WHERE %2$I IN (SELECT %2$I FROM changed)'
        ' GROUP BY %2$I HAVING count(*) > $1)',
        TG_TABLE_NAME, TG_ARGV[0]
    ) INTO over USING TG_ARGV[1]::integer;
    IF over THEN
        RAISE EXCEPTION '%', format(TG_ARGV[2], TG_ARGV[1])
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
