# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The tenants of an instance as its node gets them, straight from the database.

Each has a bucket of its own, whose tag stands for the tenant and for everything below
it (migrations/initial/tenants.sql), so who wants to know whether anything has changed
reads one short row for a tenant and opens no secret. A document is made when a node
asks for it. See docs/adr/0022.
"""

import logging
import typing as tp

from exordos_mail.controlplane import keyring, proof_options, sealed_box
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.documents import collection
from exordos_mail.protocol import documents
from exordos_mail.schema import field, relay, tenant

LOG = logging.getLogger(__name__)

Row = dict[str, tp.Any]


_TAGS = """
SELECT bucket, tag::text AS tag
FROM mail_document_buckets
WHERE instance = %s AND collection = 'tenants'
ORDER BY bucket
"""

# Each of the queries below names its columns as the document does. Moments are in
# milliseconds, which is as fine as the send service has them.
_TENANTS = f"""
WITH in_service AS MATERIALIZED (
    SELECT coalesce(
        array_agg(name::text ORDER BY "primary" DESC, name COLLATE "C"), ARRAY[]::text[]
    ) AS names
    FROM mail_domains WHERE instance = %s AND {{in_service}}
)
SELECT
    tenants.uuid::text AS uuid,
    buckets.tag::text AS tag,
    tenants.id,
    coalesce(nullif(tenants.name, ''), tenants.id) AS name,
    in_service.names AS sender_domains,
    {", ".join(f"tenants.{name}" for name in field.names(tenant.FIELDS))}
FROM mail_send_tenants AS tenants
CROSS JOIN in_service
JOIN mail_document_buckets AS buckets
    ON buckets.instance = tenants.instance AND buckets.collection = 'tenants'
    AND buckets.bucket = tenants.uuid::text
WHERE tenants.instance = %s AND buckets.bucket = ANY(%s)
ORDER BY tenants.uuid
"""  # noqa: S608 our own names

_API_KEYS = """
SELECT
    tenant::text AS tenant,
    uuid::text AS id,
    name,
    key_hash AS hash,
    scopes::text[] AS scopes,
    to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
    to_char(expires_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS expires_at
FROM mail_send_api_keys
WHERE tenant = ANY(%s::uuid[])
ORDER BY uuid
"""

_RELAYS = f"""
SELECT
    tenant::text AS tenant,
    uuid,
    id,
    {", ".join(field.names(relay.PLATFORM))}
FROM mail_send_relays
WHERE tenant = ANY(%s::uuid[])
ORDER BY id COLLATE "C"
"""  # noqa: S608 our own names

_SUPPRESSIONS = """
SELECT
    tenant::text AS tenant,
    address,
    reason,
    to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
    to_char(expires_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS expires_at
FROM mail_send_suppressions
WHERE tenant = ANY(%s::uuid[])
ORDER BY address COLLATE "C"
"""

_BELOW = {
    "api_keys": _API_KEYS,
    "relays": _RELAYS,
    "suppressions": _SUPPRESSIONS,
}


class Tenants:
    """The tenants of the send service."""

    name = "tenants"

    def digests(self, view: collection.View) -> dict[str, str]:
        """Return the tags of all tenants by uuid."""
        return {row["bucket"]: row["tag"] for row in view.rows(_TAGS)}

    def texts(
        self, view: collection.View, buckets: tp.Collection[str]
    ) -> collection.Texts:
        """Return the documents of these tenants; those of other instances never.

        The tag is read first: where the questions do not see the same moment, a
        document may have more in it than its tag stands for, and never less.
        """
        query = _TENANTS.format(in_service=proof_options.in_service())
        rows = [dict(row) for row in view.rows(query, view.instance, list(buckets))]
        own = [row["uuid"] for row in rows]
        below = {name: _by_tenant(view, query, own) for name, query in _BELOW.items()}
        texts, closed = {}, []
        for row in rows:
            uuid = row["uuid"]
            document = {**row, **{name: below[name].get(uuid, []) for name in below}}
            try:
                texts[uuid] = documents.text({uuid: _opened(document, view.keys)})
            except keyring.KeyringError as error:
                LOG.error("Secrets of the tenant %s: %s", uuid, error)
                closed.append(row["id"])
        problem = "the platform cannot read the secrets of " + ", ".join(closed)
        return collection.Texts(texts, problem if closed else "")


def _by_tenant(
    view: collection.View, query: str, tenants: list[str]
) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    if tenants:
        for row in view.queries.execute(query, (tenants,)).fetchall():
            below = dict(row)
            found.setdefault(below.pop("tenant"), []).append(below)
    return found


def _opened(document: Row, keys: keyring.Keyring) -> Row:
    """Return a document whose secrets are those that the user has set.

    Raises:
        keyring.KeyringError: one of them does not open.
    """
    secret = document["callback_secret"]
    if secret is not None:
        row = models.MailSendTenant.envelope_row(document["uuid"])
        document["callback_secret"] = sealed_box.open_(secret, row, keys)
    for one in document["relays"]:
        uuid = one.pop("uuid")
        if one["password"] is not None:
            row = models.MailSendRelay.envelope_row(uuid)
            one["password"] = sealed_box.open_(one["password"], row, keys)
    return document
