# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The imports of an instance as its node gets them, with their passwords in plain.

Each has a bucket of its own, whose tag is another one whenever it changes: a digest
would tell whoever reads it whether a password was guessed.
"""

import typing as tp

from exordos_mail.controlplane import keyring, sealed_box
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.documents import collection
from exordos_mail.protocol import documents

_TAGS = """
SELECT bucket, tag::text AS tag
FROM mail_document_buckets
WHERE instance = %s AND collection = 'imports'
ORDER BY bucket
"""
_IMPORTS = """
SELECT
    known.uuid::text AS uuid,
    accounts.username || '@' || accounts.domain AS login,
    known.account::text AS mailbox,
    known.host, known.port, known.tls, known.ca, known.username, known.password,
    known.folders::text[] AS folders,
    coalesce(known.exclude, '{}')::text[] AS exclude,
    known.dry_run, known.run, known.stopped
FROM mail_imports AS known
JOIN mail_accounts AS accounts ON accounts.uuid = known.account
WHERE known.instance = %s AND known.uuid::text = ANY(%s)
ORDER BY known.uuid
"""


class Imports:
    """`{uuid: document}`, see dataplane/services/imports/job.py."""

    name = "imports"

    def digests(self, view: collection.View) -> dict[str, str]:
        """Return the tags by uuid."""
        return {row["bucket"]: row["tag"] for row in view.rows(_TAGS)}

    def texts(
        self, view: collection.View, buckets: tp.Collection[str]
    ) -> collection.Texts:
        """Return the documents of these imports; those of other instances never."""
        rows = view.rows(_IMPORTS, list(buckets)) if buckets else []
        texts, problem = {}, ""
        for row in map(dict, rows):
            uuid = row.pop("uuid")
            try:
                texts[uuid] = documents.text({uuid: _opened(uuid, row, view.keys)})
            except keyring.KeyringError:
                problem = "the platform cannot read the passwords of imports"
        return collection.Texts(texts, problem)


def _opened(
    uuid: str, row: dict[str, tp.Any], keys: keyring.Keyring
) -> dict[str, tp.Any]:
    """Return a document with its password in plain.

    Raises:
        keyring.KeyringError: it cannot be opened.
    """
    if row["password"] is None:
        return row
    bound_to = models.model_of("mailbox_import").envelope_row(uuid)
    return {**row, "password": sealed_box.open_(row["password"], bound_to, keys)}
