# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tenants of the send service in the database, for tests of what nodes get."""

import hashlib
import typing as tp
import uuid as sys_uuid

from oslo_config import cfg
import psycopg
from psycopg import sql

from exordos_mail.controlplane import keyring, sealed_box
from exordos_mail.controlplane.dm import models, stored
from tests.integration.controlplane import world as w

SECRET = "whsec_ZG8gbm90IHRlbGw="
PASSWORD = "sesame, open"

Connection = psycopg.Connection[dict[str, tp.Any]]

RELAY = {
    "host": "smtp.relay.example",
    "port": 587,
    "tls": "starttls",
    "tls_verify": True,
    "connection_seconds": 60,
    "connection_messages": 100,
    "concurrency": 4,
    "timeout_seconds": 30,
    "over_limit": "defer",
}


def add(db: Connection, instance: tp.Any, slug: str = "acme", **columns: tp.Any) -> str:
    """Store a tenant with a secret; return its uuid."""
    uuid = str(sys_uuid.uuid4())
    given = {
        "instance": instance.uuid,
        "id": slug,
        "callback_url": "https://app.example/events",
        "callback_auth": "signature",
        "callback_secret": seal(SECRET, models.MailSendTenant, uuid),
        **columns,
    }
    _insert(db, "mail_send_tenants", uuid, given)
    return uuid


def add_key(db: Connection, tenant: str, name: str = "app", **columns: tp.Any) -> str:
    """Store an API key; return its uuid."""
    uuid = str(sys_uuid.uuid4())
    digest = hashlib.sha256(uuid.encode()).hexdigest()
    given = {"name": name, "key_hash": digest, "scopes": ["send", "read"], **columns}
    _insert(db, "mail_send_api_keys", uuid, {"tenant": tenant, **given})
    return uuid


def add_relay(
    db: Connection, tenant: str, slug: str = "relay", **columns: tp.Any
) -> str:
    """Store a relay with a password; return its uuid."""
    uuid = str(sys_uuid.uuid4())
    sealed = seal(PASSWORD, models.MailSendRelay, uuid)
    given = {"id": slug, **RELAY, "username": "u", "password": sealed, **columns}
    _insert(db, "mail_send_relays", uuid, {"tenant": tenant, **given})
    return uuid


def add_suppression(
    db: Connection,
    tenant: str,
    address: str = "no@recipient.example",
    **columns: tp.Any,
) -> str:
    """Store a suppression; return its uuid."""
    uuid = str(sys_uuid.uuid4())
    given = {"address": address, "reason": "asked for it", **columns}
    _insert(db, "mail_send_suppressions", uuid, {"tenant": tenant, **given})
    return uuid


def add_suppressions(db: Connection, tenant: str, count: int) -> None:
    """Store many suppressions with one statement."""
    db.execute(
        "INSERT INTO mail_send_suppressions (uuid, project_id, tenant, address, reason,"
        " created_at, updated_at) SELECT gen_random_uuid(), %s, %s,"
        " 'user' || n || '@recipient.example', repeat('reason ', 20), now(), now()"
        " FROM generate_series(1, %s) AS n",
        (w.PROJECT, tenant, count),
    )


def spoil(db: Connection, uuid: str) -> None:
    """Have the secret of a tenant not open, as if its key were lost."""
    envelope = seal(SECRET, models.MailSendTenant, uuid)
    lost = envelope.split(":")
    lost[1] = "lost-key"
    db.execute(
        "UPDATE mail_send_tenants SET callback_secret = %s WHERE uuid = %s",
        (":".join(lost), uuid),
    )


def seal(plain: str, model: type[stored.Stored], uuid: str) -> str:
    """Return the envelope of a row, as the API makes it."""
    return sealed_box.seal(plain, model.envelope_row(uuid), public_key())


def public_key() -> sealed_box.PublicKey:
    """Return what opens with the key file, which is made if it is not there."""
    keys = keyring.load_or_create(cfg.CONF.mail.secrets_key_file)
    return sealed_box.public_key(keys)


def _insert(
    db: Connection, table: str, uuid: str, columns: tp.Mapping[str, tp.Any]
) -> None:
    values = {
        "uuid": uuid,
        "project_id": w.PROJECT,
        "created_at": "2026-01-02 03:04:05.678901",
        "updated_at": "2026-01-02 03:04:05.678901",
        **columns,
    }
    query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(map(sql.Placeholder, values)),
    )
    db.execute(query, values)
