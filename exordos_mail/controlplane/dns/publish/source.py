# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a domain or a challenge wants to be published, out of the database."""

import dataclasses
import uuid as sys_uuid

from exordos_mail.controlplane.dns import facts
from exordos_mail.controlplane.dns.publish import update_server
from exordos_mail.controlplane.dns.publish.rows import Connection
from exordos_mail.standards.dns import wanted
from exordos_mail.standards.dns.record import CHALLENGE, Record

#: Who publishes the operator's own zone.
OPERATOR = "rfc2136"

_DOMAIN = "SELECT publish FROM mail_domains WHERE uuid = %s"

# An order takes minutes. One that was killed is begun anew, unless the operator has
# given up the authority in the meantime: its record goes all the same.
_CHALLENGE = """
SELECT name, value FROM mail_acme_records
WHERE certificate = %s
    AND created_at > clock_timestamp() AT TIME ZONE 'utc' - interval '1 hour'
"""
#: Seconds for which others may keep the record of a challenge.
_CHALLENGE_TTL = 60


@dataclasses.dataclass(frozen=True)
class PublishWish:
    """What is to be published of a domain.

    Attributes:
        via: what the tenant has chosen: none, rfc2136 or core.
        proven: the tenant has shown that the domain is theirs.
        records: of the domain, in the form in which servers give them back.
        aliased: those of its keys in the operator's zone, which the domain's own
            aliases lead to.
    """

    via: str
    proven: bool
    records: tuple[Record, ...] = ()
    aliased: tuple[Record, ...] = ()

    def at(self, via: str) -> tuple[Record, ...]:
        """Return the records for one provider."""
        own = self.records if via == self.via and self.proven else ()
        return (*own, *(self.aliased if via == OPERATOR else ()))

    @property
    def providers(self) -> set[str]:
        """What has something to publish."""
        return ({self.via} - {"none"}) | ({OPERATOR} if self.aliased else set())


#: Of a domain that is gone.
NOTHING = PublishWish("none", False)


def wish(connection: Connection, domain: sys_uuid.UUID) -> PublishWish:
    """Return what is to be published of a domain.

    The proof of the ownership is never among it: whoever could have it published by us
    would own every domain of our name server. The names of keys in the operator's zone
    are of our own making, so they need none.

    Args:
        connection: to the database.
        domain: the domain, or a certificate whose order waits for a challenge. That a
            challenge may be published was judged by who asked for it.
    """
    row = connection.execute(_DOMAIN, (domain,)).fetchone()
    if row is None:
        return _challenge(connection, domain)
    found = facts.of_domains(connection, [domain])
    if not found:
        return NOTHING
    of_it = found[0].facts
    aliased = tuple(
        canonical(Record(one.target, "TXT", one.value, "dkim", True))
        for one in of_it.keys
        if one.target and one.state != "retired"
    )
    records: tuple[Record, ...] = ()
    if row["publish"] != "none":
        every = wanted.wanted(of_it)
        records = tuple(canonical(one) for one in every if one.purpose != "proof")
    proven = found[0].ownership == "proven"
    return PublishWish(row["publish"], proven, records, aliased)


def _challenge(connection: Connection, certificate: sys_uuid.UUID) -> PublishWish:
    found = connection.execute(_CHALLENGE, (certificate,)).fetchall()
    if not found:
        return NOTHING
    records = [
        Record(row["name"], "TXT", row["value"], CHALLENGE, False, _CHALLENGE_TTL)
        for row in found
    ]
    return PublishWish(OPERATOR, True, tuple(records))


def canonical(record: Record) -> Record:
    """Return a record with its value as a name server gives it back."""
    rdata = update_server.rdata(record.type, record.value)
    return dataclasses.replace(record, value=update_server.value(rdata))
