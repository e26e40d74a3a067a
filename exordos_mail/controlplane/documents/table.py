# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Rows of a table as documents, straight from the database.

The texts are made in SQL, a bucket in a row: models of 10,000 accounts would take half
a second of the one thread that serves all plugins. Which buckets have changed is known
by triggers; `SELECT mail_documents_of(...)` in the migration of the table attaches them
(migrations/initial/documents.sql).
"""

import typing as tp

from exordos_mail.controlplane.documents import collection
from exordos_mail.protocol import documents

# The tag is that of the bucket now; the digest counts if it was computed for that one,
# and of documents of the form that they have in this release.
_KNOWN = """
SELECT known.bucket, known.tag::text AS tag, digests.digest, digests.form
FROM mail_document_buckets AS known
LEFT JOIN mail_document_digests AS digests USING (instance, collection, bucket, tag)
WHERE known.instance = %s AND known.collection = %s
"""

# Canonical JSON, as protocol/documents.py makes it.
_TEXTS = """
SELECT
    mail_document_bucket({key}::text) AS bucket,
    '{{' || string_agg(
        to_json({key}::text)::text || ':{{' || {document} || '}}',
        ',' ORDER BY {key}::text COLLATE "C"
    ) || '}}' AS content
FROM {table}
WHERE instance = %s AND ({where}) AND mail_document_bucket({key}::text) = ANY(%s)
GROUP BY 1
"""

_STORE = """
INSERT INTO mail_document_digests (instance, collection, form, bucket, tag, digest)
SELECT %s, %s, %s, changed.bucket, changed.tag, changed.digest
FROM unnest(%s::text[], %s::uuid[], %s::text[]) AS changed (bucket, tag, digest)
ON CONFLICT (instance, collection, bucket)
DO UPDATE SET tag = excluded.tag, digest = excluded.digest, form = excluded.form
"""


class TableCollection:
    """The rows of a table that has the column `instance`.

    Args:
        name: of the collection.
        table: of the database.
        key: the column whose value is the document's key.
        columns: the document's fields: columns, or what a node gets, in SQL.
        where: which rows a node gets, in SQL.
        only: fields that not every document has, with the condition in SQL that is
            true of the rows that have it.
    """

    def __init__(
        self,
        name: str,
        table: str,
        key: str,
        columns: tp.Mapping[str, str] | tp.Iterable[str],
        where: str = "TRUE",
        only: tp.Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        fields = columns if isinstance(columns, tp.Mapping) else {c: c for c in columns}
        self._texts = _TEXTS.format(
            key=key, document=_members(fields, only or {}), table=table, where=where
        )
        self._form = documents.digest(self._texts)

    def digests(self, view: collection.View) -> dict[str, str]:
        """Return the digests of all buckets that have documents.

        Without one snapshot for both questions, a change in between can only make a
        digest that is newer than its tag says: the next pass computes it once more.
        """
        known = view.rows(_KNOWN, self.name)
        stored = {row["bucket"]: row["digest"] for row in known if self._fits(row)}
        lacking = {row["bucket"]: row["tag"] for row in known if not self._fits(row)}
        texts = self.texts(view, lacking).texts
        found = {one: documents.digest(texts.get(one, "")) for one in lacking}
        if found and view.stores:
            view.queries.execute(
                _STORE,
                (
                    view.instance,
                    self.name,
                    self._form,
                    sorted(found),
                    [lacking[one] for one in sorted(found)],
                    [found[one] for one in sorted(found)],
                ),
            )
        found |= stored
        return {one: found[one] for one in sorted(found) if found[one]}

    def texts(
        self, view: collection.View, buckets: tp.Collection[str]
    ) -> collection.Texts:
        """See Collection."""
        rows = view.rows(self._texts, list(buckets)) if buckets else []
        return collection.Texts({row["bucket"]: row["content"] for row in rows})

    def _fits(self, row: tp.Mapping[str, tp.Any]) -> bool:
        return bool(row["form"] == self._form)


def _members(fields: tp.Mapping[str, str], only: tp.Mapping[str, str]) -> str:
    """Return the members of a row's document, in SQL.

    Args:
        fields: the value of each member, in SQL.
        only: on what condition a document has a member, in SQL.
    """
    always = {
        field: f"""'"{field}":' || coalesce(to_json({fields[field]})::text, 'null')"""
        for field in sorted(fields)
    }
    if not only:
        return " || ',' || ".join(always.values())
    # leaves NULL out
    members = (
        f"CASE WHEN {only[field]} THEN {text} END" if field in only else text
        for field, text in always.items()
    )
    return f"concat_ws(',', {', '.join(members)})"
