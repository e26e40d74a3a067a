# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Orders of certificates in the database.

Who works on one holds an advisory lock of its session, which ends with the process:
what a killed one has left is taken up at once, and nobody works on one twice.
"""

import contextlib
import dataclasses
import datetime
import typing as tp
import uuid as sys_uuid

import psycopg

from exordos_mail.controlplane import keyring, sealed_box
from exordos_mail.controlplane.certificates import authority, challenge
from exordos_mail.controlplane.dm import fields
from exordos_mail.controlplane.dns.publish import rows
from exordos_mail.schema import certificate as schema
from exordos_mail.standards import certificate_pair

Connection = psycopg.Connection[dict[str, tp.Any]]

_TABLE = "mail_certificates"
_NEXT_ROW = "mail_certificate_orders:{}"
_ACCOUNT_ROW = "mail_acme_accounts:{}"

_DUE = """
SELECT certificate FROM mail_certificate_orders
WHERE due_at <= clock_timestamp() AT TIME ZONE 'utc'
ORDER BY due_at LIMIT %s
"""

_ORDER = """
SELECT certificates.uuid, certificates.instance, certificates.hostname,
    certificates.chain IS NOT NULL AS has_chain, orders.next_key, orders.failures,
    certificates.automatic AND certificates.hostname <> instances.hostname AS is_former,
    instances.ipsv4 AS addresses
FROM mail_certificate_orders AS orders
JOIN mail_certificates AS certificates ON certificates.uuid = orders.certificate
JOIN mail_instances AS instances ON instances.uuid = certificates.instance
WHERE orders.certificate = %s AND certificates.source = 'acme'
    AND orders.due_at <= clock_timestamp() AT TIME ZONE 'utc'
"""

_TAKE = """
UPDATE mail_certificates SET
    chain = %(chain)s, private_key = %(private_key)s, state = 'valid', reason = '',
    serial = %(serial)s, sha256 = %(sha256)s, tlsa = %(tlsa)s,
    tlsa_next = %(tlsa_next)s, not_before = %(not_before)s, not_after = %(not_after)s,
    renew_at = %(renew_at)s, updated_at = clock_timestamp() AT TIME ZONE 'utc'
WHERE uuid = %(uuid)s AND source = 'acme'
"""

_FAILED = """
UPDATE mail_certificates SET
    reason = %s, state = CASE WHEN chain IS NULL THEN %s ELSE state END
WHERE uuid = %s AND source = 'acme'
"""

_LATER = """
UPDATE mail_certificate_orders SET failures = %s,
    due_at = clock_timestamp() AT TIME ZONE 'utc' + %s
WHERE certificate = %s
"""

# Nothing that a node sees. An own certificate has nobody who renews it.
_AGE = """
UPDATE mail_certificates AS old SET state = new.state
FROM (
    SELECT uuid, CASE
        WHEN not_after <= now.moment THEN 'expired'
        WHEN not_after <= now.moment + (not_after - not_before) / 6 THEN 'expiring'
        ELSE 'valid'
    END AS state
    FROM mail_certificates, (
        SELECT clock_timestamp() AT TIME ZONE 'utc' AS moment
    ) AS now
    WHERE chain IS NOT NULL
) AS new
WHERE new.uuid = old.uuid AND new.state <> old.state
"""


@dataclasses.dataclass(frozen=True)
class Order:
    """A certificate that is due.

    Attributes:
        next_key: envelope of the key that it will have; None: there is none yet.
        failures: in a row, until now.
        is_former: nobody asked for it, and the instance has another host name now.
        addresses: of the instance's machines.
    """

    uuid: sys_uuid.UUID
    instance: sys_uuid.UUID
    hostname: str
    has_chain: bool
    next_key: str | None
    failures: int
    is_former: bool
    addresses: list[str]


def due(connection: Connection, most: int) -> list[sys_uuid.UUID]:
    """Return certificates that are due, the longest waiting first."""
    rows = connection.execute(_DUE, (most,)).fetchall()
    return [row["certificate"] for row in rows]


@contextlib.contextmanager
def held(connection: Connection, uuid: sys_uuid.UUID) -> tp.Iterator[Order | None]:
    """Yield an order that nobody else works on; None: it is not due any more."""
    number = (uuid.int >> 65,)
    row = connection.execute("SELECT pg_try_advisory_lock(%s) AS ours", number)
    if not (row.fetchone() or {})["ours"]:
        yield None
        return
    try:
        found = connection.execute(_ORDER, (uuid,)).fetchone()
        yield Order(**found) if found else None
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s)", number)


def next_key(connection: Connection, order: Order, keys: keyring.Keyring) -> str:
    """Return the key that the next certificate will have; it is made if there is none.

    Raises:
        keyring.KeyringError: it cannot be opened.
    """
    row = _NEXT_ROW.format(order.uuid)
    if order.next_key is not None:
        return keys.open(order.next_key, row)
    with connection.transaction():
        return _make_next(connection, order.uuid, keys)


def take(
    connection: Connection,
    order: Order,
    chain: str,
    key: str,
    facts: certificate_pair.LeafFacts,
    renew_at: datetime.datetime,
    keys: keyring.Keyring,
) -> None:
    """Store a certificate, and make the key of the one after it."""
    bound_to = f"{_TABLE}:{order.uuid}"
    with connection.transaction():
        _lock(connection, order)
        following = _make_next(connection, order.uuid, keys)
        values = {
            "uuid": order.uuid,
            "chain": chain,
            "private_key": sealed_box.seal(key, bound_to, sealed_box.public_key(keys)),
            "serial": facts.serial,
            "sha256": facts.sha256,
            "tlsa": facts.tlsa,
            "tlsa_next": certificate_pair.tlsa(following),
            "not_before": _stored(facts.not_before),
            "not_after": _stored(facts.not_after),
            "renew_at": _stored(renew_at),
        }
        connection.execute(_TAKE, values)
        connection.execute(
            "UPDATE mail_certificate_orders SET failures = 0, due_at = %s"
            " WHERE certificate = %s",
            (_stored(renew_at), order.uuid),
        )


def put_off(
    connection: Connection,
    order: Order,
    reason: str,
    wait: datetime.timedelta,
    failures: int,
) -> None:
    """Note why there is none, and when to try again; what there was stays."""
    state = schema.FAILED if failures else schema.WAITING
    with connection.transaction():
        connection.execute(_FAILED, (fields.as_reason(reason), state, order.uuid))
        connection.execute(_LATER, (failures, wait, order.uuid))


def show(connection: Connection, order: Order, proofs: list[challenge.Proof]) -> None:
    """Have the node of the certificate show proofs, and no former ones."""
    with connection.transaction():
        if not _lock(connection, order):
            raise authority.OrderFailed("the instance is gone")
        hide(connection, order)
        for one in proofs:
            connection.execute(
                "INSERT INTO mail_acme_challenges"
                " (instance, certificate, token, key_authorization)"
                " VALUES (%s, %s, %s, %s)",
                (order.instance, order.uuid, one.token, one.text),
            )


def show_records(
    connection: Connection, order: Order, name: str, texts: list[str]
) -> None:
    """Have TXT records shown at a name, and no former ones.

    The publisher leaves them to the caller for a while, who has them published.
    """
    with connection.transaction():
        if not _lock(connection, order):
            raise authority.OrderFailed("the instance is gone")
        hide(connection, order)
        for text in texts:
            connection.execute(
                "INSERT INTO mail_acme_records (certificate, name, value)"
                " VALUES (%s, %s, %s)",
                (order.uuid, name, text),
            )
        rows.take(connection, order.uuid)


def hide(connection: Connection, order: Order) -> None:
    """Have no challenge of the certificate shown any more.

    Of records, the publisher is told by a trigger.
    """
    with connection.transaction():
        _lock(connection, order)
        for table in ("mail_acme_challenges", "mail_acme_records"):
            connection.execute(
                f"DELETE FROM {table} WHERE certificate = %s",  # noqa: S608 our names
                (order.uuid,),
            )


def generations(connection: Connection, order: Order) -> tuple[int, int, str]:
    """Return the instance's generation, that of its node, and why they differ."""
    row = connection.execute(
        "SELECT generation, applied_generation, status_reason"
        " FROM mail_instances WHERE uuid = %s",
        (order.instance,),
    ).fetchone()
    if row is None:
        raise authority.OrderFailed("the instance is gone")
    return row["generation"], row["applied_generation"], row["status_reason"]


def account_key(connection: Connection, directory: str, keys: keyring.Keyring) -> str:
    """Return the key of the account at an authority; it is made once.

    Raises:
        keyring.KeyringError: it cannot be opened.
    """
    row = _ACCOUNT_ROW.format(directory)
    connection.execute(
        "INSERT INTO mail_acme_accounts (directory, account_key) VALUES (%s, %s)"
        " ON CONFLICT (directory) DO NOTHING",
        (directory, keys.seal(authority.new_key(), row)),
    )
    found = connection.execute(
        "SELECT account_key FROM mail_acme_accounts WHERE directory = %s", (directory,)
    ).fetchone()
    return keys.open((found or {})["account_key"], row)


def age(connection: Connection) -> None:
    """Say of each certificate whether it is about to expire, or has."""
    connection.execute(_AGE)


def _lock(connection: Connection, order: Order) -> bool:
    """Take the instance before what belongs to it, as all do; tell if it is there."""
    statement = "SELECT FROM mail_instances WHERE uuid = %s FOR NO KEY UPDATE"
    return connection.execute(statement, (order.instance,)).rowcount == 1


def _make_next(
    connection: Connection, uuid: sys_uuid.UUID, keys: keyring.Keyring
) -> str:
    key = authority.new_key()
    connection.execute(
        "UPDATE mail_certificate_orders SET next_key = %s WHERE certificate = %s",
        (keys.seal(key, _NEXT_ROW.format(uuid)), uuid),
    )
    connection.execute(
        "UPDATE mail_certificates SET tlsa_next = %s WHERE uuid = %s",
        (certificate_pair.tlsa(key), uuid),
    )
    return key


def _stored(moment: datetime.datetime) -> datetime.datetime:
    """Return a moment as the database keeps it: UTC without a zone."""
    return moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
