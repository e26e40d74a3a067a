# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The DKIM keys that an instance's domains sign with, as its node gets them.

Each domain has a bucket of its own, whose tag is another one whenever other keys sign
(migrations/initial/dkim_keys.sql), so who wants to know whether anything has changed
opens no key.
"""

import logging
import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane import keyring, sealed_box
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.documents import collection
from exordos_mail.protocol import documents

LOG = logging.getLogger(__name__)


class SigningKey(tp.TypedDict):
    """A private key as a node gets it."""

    algorithm: str  # one of dkim.ALGORITHMS
    private_key: str  # PKCS#8 PEM


_TAGS = """
SELECT buckets.bucket, buckets.tag::text AS tag
FROM mail_document_buckets AS buckets
WHERE buckets.instance = %s AND buckets.collection = 'dkim_keys' AND EXISTS (
    SELECT FROM mail_dkim_keys AS keys
    WHERE keys.domain = buckets.bucket::uuid AND keys.state = 'signing'
)
ORDER BY buckets.bucket
"""

_KEYS = """
SELECT
    domains.uuid::text AS bucket, domains.name, keys.uuid, keys.selector,
    keys.algorithm, keys.private_key
FROM mail_domains AS domains
JOIN mail_dkim_keys AS keys ON keys.domain = domains.uuid AND keys.state = 'signing'
WHERE domains.instance = %s AND domains.uuid = ANY(%s::uuid[])
ORDER BY domains.name, keys.selector
"""


class DKIMKeys:
    """The keys that sign: `{domain: {selector: SigningKey}}`."""

    name = "dkim_keys"

    def digests(self, view: collection.View) -> dict[str, str]:
        """Return the tags of the domains that sign, by their uuid."""
        return {row["bucket"]: row["tag"] for row in view.rows(_TAGS)}

    def texts(
        self, view: collection.View, buckets: tp.Collection[str]
    ) -> collection.Texts:
        """Return the documents of these domains; those of other instances never."""
        found: dict[str, dict[str, dict[str, SigningKey]]] = {}
        closed: dict[str, str] = {}
        for row in view.rows(_KEYS, [one for one in buckets if _is_uuid(one)]):
            keys = found.setdefault(row["bucket"], {}).setdefault(row["name"], {})
            try:
                keys[row["selector"]] = opened(row, view.keys)
            except keyring.KeyringError as error:
                LOG.error("DKIM keys of the domain %s: %s", row["name"], error)
                closed[row["bucket"]] = row["name"]
        texts = {
            bucket: documents.text(document)
            for bucket, document in found.items()
            if bucket not in closed
        }
        names = ", ".join(closed.values())
        problem = f"the platform cannot read the DKIM keys of {names}"
        return collection.Texts(texts, problem if closed else "")


def opened(row: tp.Mapping[str, tp.Any], keys: keyring.Keyring) -> SigningKey:
    """Return the key of a row.

    Raises:
        keyring.KeyringError: it cannot be opened.
    """
    name = models.MailDKIMKey.envelope_row(row["uuid"])
    return {
        "algorithm": row["algorithm"],
        "private_key": sealed_box.open_(row["private_key"], name, keys),
    }


def _is_uuid(text: str) -> bool:
    try:
        sys_uuid.UUID(text)
    except ValueError:
        return False
    return True
