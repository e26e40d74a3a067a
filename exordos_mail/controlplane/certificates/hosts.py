# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Host names of instances, which get their certificate by themselves (docs/adr/0031).

Once for each host name, as soon as the name leads to the machine or is in a domain that
we publish: whoever deletes that certificate, or had one of his own, is left alone.
"""

import dataclasses
import datetime
import ipaddress
import logging
import typing as tp
import uuid as sys_uuid

import dns.exception
import dns.resolver
from restalchemy.dm import filters
from restalchemy.storage.sql import engines

from exordos_mail.controlplane import dns_options
from exordos_mail.controlplane.certificates import orders, published
from exordos_mail.controlplane.dm import models

LOG = logging.getLogger(__name__)

#: Host names in one turn.
BATCH = 10
#: How long a name that does not lead to its machine waits for the next look, doubled
#: each time. A domain that is checked does not wait for it: see dns_records.sql.
FIRST_WAIT = datetime.timedelta(seconds=10)
LONGEST_WAIT = datetime.timedelta(hours=6)
PORT = 53
_PATIENCE = 2.0  # seconds for one question to the DNS

# What is claimed has its next turn already: whoever is killed loses one look.
_CLAIM = """
WITH turn AS (
    SELECT instance FROM mail_host_certificates
    WHERE due_at <= clock_timestamp() AT TIME ZONE 'utc'
    ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE mail_host_certificates AS hosts SET
    looks = hosts.looks + 1,
    due_at = clock_timestamp() AT TIME ZONE 'utc'
        + least(%(longest)s, %(first)s * 2.0::float8 ^ least(hosts.looks, 16))
FROM turn JOIN mail_instances AS instances ON instances.uuid = turn.instance
WHERE hosts.instance = turn.instance
RETURNING hosts.instance, instances.hostname, instances.ipsv4 AS addresses, EXISTS (
    SELECT FROM mail_certificates AS known
    WHERE known.instance = instances.uuid AND known.hostname = instances.hostname
) AS has_certificate
"""

# Who writes a certificate holds the instance: what is found then stays so.
_HOLD = """
SELECT FROM mail_instances
WHERE uuid = %s AND hostname = %s AND host_certificate FOR NO KEY UPDATE
"""

_KNOWN = "SELECT FROM mail_certificates WHERE instance = %s AND hostname = %s"

_DONE = """
UPDATE mail_host_certificates SET due_at = NULL, looks = 0 WHERE instance = %s
"""


@dataclasses.dataclass(frozen=True)
class Host:
    """The host name of an instance, and the addresses of its machine.

    Attributes:
        is_published: the name can be proven wherever it leads to.
    """

    instance: sys_uuid.UUID
    hostname: str
    addresses: list[str]
    has_certificate: bool
    is_published: bool


def claim(connection: orders.Connection, most: int = BATCH) -> list[Host]:
    """Take host names that are due, the longest waiting first."""
    values = {"most": most, "first": FIRST_WAIT, "longest": LONGEST_WAIT}
    found = connection.execute(_CLAIM, values).fetchall()
    return [
        Host(
            **row,
            is_published=published.is_published(
                connection, row["instance"], row["hostname"]
            ),
        )
        for row in found
    ]


def look(host: Host) -> None:
    """Order the certificate of a host name that leads to its machine.

    Or whose domain we publish: then an authority need not look at the machine.

    Raises:
        MailConflict, MailValidationError: the instance can have no more.
    """
    is_ours = host.has_certificate or host.is_published
    if is_ours or leads(host.hostname, host.addresses):
        _order(host)


def drop(order: orders.Order) -> None:
    """Remove a certificate that nobody asked for, and that is of no use any more."""
    model = models.model_of("certificate")
    found = model.objects.get_one_or_none(filters={"uuid": filters.EQ(order.uuid)})
    if found is not None:
        found.delete()
        LOG.info("the certificate of %s, a former host name, is gone", order.hostname)


def leads(name: str, addresses: tp.Collection[str]) -> bool:
    """Tell whether a name has addresses, and all of them are of one machine.

    All, because an authority looks at any of them.
    """
    found = _addresses(name) if addresses else set()
    return bool(found) and found <= set(map(ipaddress.ip_address, addresses))


def _order(host: Host) -> None:
    """Make the certificate's row, unless there is one for the name."""
    with engines.engine_factory.get_engine().session_manager() as session:
        key = (host.instance, host.hostname)
        if not session.execute(_HOLD, key).rowcount:
            return
        if not session.execute(_KNOWN, key).rowcount:
            where = {"uuid": filters.EQ(host.instance)}
            instance = models.MailInstance.objects.get_one(where, session=session)
            model = models.model_of("certificate")
            row = model(instance=instance, hostname=host.hostname, automatic=True)
            row.insert(session)
            LOG.info("%s can be proven: it gets a certificate", host.hostname)
        session.execute(_DONE, (host.instance,))


def _addresses(name: str) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Return the addresses that the DNS tells of a name; none if it tells nothing."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = list(dns_options.resolvers())
    resolver.port = PORT
    resolver.lifetime = _PATIENCE
    try:
        answers = [
            resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
            for kind in ("A", "AAAA")
        ]
    except dns.exception.DNSException:
        return set()
    return {ipaddress.ip_address(one.address) for found in answers for one in found}
