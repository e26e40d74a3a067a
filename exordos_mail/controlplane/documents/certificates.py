# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The certificates of an instance as its node gets them, with their keys in plain.

Each has a bucket of its own. Its digest is kept with its tag, as that of a table is, so
that keys are opened for what has changed and for what a node asks for.
"""

import typing as tp

from exordos_mail.controlplane import sealed_box
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.documents import collection, table
from exordos_mail.protocol import documents

_CERTIFICATES = """
SELECT uuid::text AS uuid, hostname, chain, private_key
FROM mail_certificates
WHERE instance = %s AND uuid::text = ANY(%s)
    AND chain IS NOT NULL AND private_key IS NOT NULL
ORDER BY uuid
"""


class Document(tp.TypedDict):
    """A certificate as a node gets it.

    Attributes:
        names: the host names that it is for.
        chain, private_key: PEM.
    """

    names: list[str]
    chain: str
    private_key: str


class Certificates(table.TableCollection):
    """The certificates that there are; those that are still awaited are not told."""

    def __init__(self) -> None:
        fields = {name: name for name in Document.__annotations__}
        super().__init__("certificates", "mail_certificates", "uuid", fields)

    def texts(
        self, view: collection.View, buckets: tp.Collection[str]
    ) -> collection.Texts:
        """See Collection."""
        rows = view.rows(_CERTIFICATES, list(buckets)) if buckets else []
        return collection.Texts(
            {
                row["uuid"]: documents.text({row["uuid"]: _document(row, view)})
                for row in rows
            }
        )


def _document(row: tp.Mapping[str, tp.Any], view: collection.View) -> Document:
    """Return a document.

    Raises:
        keyring.KeyringError: its key cannot be opened.
    """
    bound_to = models.model_of("certificate").envelope_row(row["uuid"])
    key = sealed_box.open_(row["private_key"], bound_to, view.keys)
    return {"names": [row["hostname"]], "chain": row["chain"], "private_key": key}
