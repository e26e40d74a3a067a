# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The tenants of an instance as its node gets them, straight from the database.

A tag stands for a tenant and for everything below it (migrations/initial/tenants.sql),
so who wants to know whether anything has changed reads one short row for a tenant
and opens no secret. A document is made when a node asks for it. See docs/adr/0022.
"""

import logging
import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane import account_shards, keyring, sealed_box
from exordos_mail.controlplane.dm import models
from exordos_mail.protocol import messages
from exordos_mail.schema import field, relay

LOG = logging.getLogger(__name__)

Row = dict[str, tp.Any]


class Documents(tp.NamedTuple):
    """Documents by uuid, and why some could not be made ("": all were).

    The reason is for the tenant; the operator's is in the log.
    """

    documents: dict[str, messages.Document]
    problem: str


_TAGS = """
SELECT uuid::text AS uuid, tag::text AS tag
FROM mail_send_tenants
WHERE instance = %s
"""

# Each of the queries below names its columns as the document does. Moments are in
# milliseconds, which is as fine as the send service has them.
_TENANTS = """
SELECT
    tenants.uuid::text AS uuid,
    tenants.tag::text AS tag,
    tenants.slug AS id,
    coalesce(nullif(tenants.name, ''), tenants.slug) AS name,
    tenants.active,
    tenants.limit_minute,
    tenants.limit_hour,
    tenants.limit_day,
    ARRAY[instances.domain::text] AS sender_domains,
    tenants.callback_url,
    tenants.callback_auth,
    tenants.callback_username,
    tenants.callback_secret,
    tenants.attachment_url
FROM mail_send_tenants AS tenants
JOIN mail_instances AS instances ON instances.uuid = tenants.instance
WHERE tenants.instance = %s AND tenants.uuid = ANY(%s::uuid[])
ORDER BY tenants.uuid
"""

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
    slug AS id,
    {", ".join(field.names(relay.PLATFORM))}
FROM mail_send_relays
WHERE tenant = ANY(%s::uuid[])
ORDER BY slug COLLATE "C"
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


def tags(queries: account_shards.Queries, instance: sys_uuid.UUID) -> dict[str, str]:
    """Return the tags of all tenants of an instance by uuid."""
    rows = queries.execute(_TAGS, (instance,)).fetchall()
    return {row["uuid"]: row["tag"] for row in rows}


def documents(
    queries: account_shards.Queries,
    instance: sys_uuid.UUID,
    uuids: tp.Iterable[str],
    keys: keyring.Keyring,
) -> Documents:
    """Return the documents of these tenants; those of other instances never.

    The tag is read first: where the questions do not see the same moment, a
    document may have more in it than its tag stands for, and never less.

    Args:
        uuids: UUIDs as text.
        keys: to open the secrets.
    """
    rows = queries.execute(_TENANTS, (instance, list(uuids))).fetchall()
    own = [row["uuid"] for row in rows]
    below = {name: _by_tenant(queries, query, own) for name, query in _BELOW.items()}
    found: dict[str, messages.Document] = {}
    closed = []
    for row in rows:
        uuid = row["uuid"]
        document = {**row, **{name: below[name].get(uuid, []) for name in below}}
        try:
            found[uuid] = _opened(document, keys)
        except keyring.KeyringError as error:
            LOG.error("Secrets of the tenant %s: %s", uuid, error)
            closed.append(row["id"])
    problem = "the platform cannot read the secrets of " + ", ".join(closed)
    return Documents(found, problem if closed else "")


def _by_tenant(
    queries: account_shards.Queries, query: str, tenants: list[str]
) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    if tenants:
        for row in queries.execute(query, (tenants,)).fetchall():
            below = dict(row)
            found.setdefault(below.pop("tenant"), []).append(below)
    return found


def _opened(document: Row, keys: keyring.Keyring) -> messages.Document:
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
