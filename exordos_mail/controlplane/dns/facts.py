# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the database says of domains, as facts that records are made of."""

import dataclasses
import datetime
import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane.dns import inspection, keys, leaving, resolving
from exordos_mail.standards import domain_proof, smarthost
from exordos_mail.standards.dns import wanted

#: Anything that runs SQL: a session of the platform's, a connection.
Session = tp.Any
Row = tp.Mapping[str, tp.Any]

_DOMAINS = """
SELECT
    d.uuid, d.project_id, d.instance, d.name, d.receives, d.dmarc_policy, d.dmarc_rua,
    d.tls_rua, d.ownership, d."primary", i.hostname, i.ipsv4,
    i.smarthost, i.outbound_family, i.outbound_address, i.outbound_return_path,
    i.mailboxes,
    p.record_id AS mta_sts_id,
    c.zone, c.servers, c.security, c.changed_at, c.due_at, c.unproven_since,
    ARRAY(
        SELECT t.data FROM mail_certificates e,
            LATERAL (VALUES (e.tlsa), (e.tlsa_next)) AS t (data)
        WHERE e.instance = d.instance AND e.hostname = i.hostname AND t.data <> ''
        ORDER BY t.data
    ) AS tlsa
FROM mail_domains d
JOIN mail_instances i ON i.uuid = d.instance
LEFT JOIN mail_domain_policies p ON p.uuid = d.uuid
LEFT JOIN mail_dns_checks c ON c.domain = d.uuid
WHERE d.uuid = ANY (%s)
"""


@dataclasses.dataclass(frozen=True)
class Domain:
    """A domain that is to be checked.

    Attributes:
        uuid, project, instance: of the domain.
        facts: what its records are made of.
        ownership: unproven, proven or lapsed.
        last: what was known of its zone; None: nothing.
        changed_at: when something changed.
        unproven_since: since when the proof is gone.
        lease: until when the check is this process's own.
    """

    uuid: sys_uuid.UUID
    project: sys_uuid.UUID
    instance: sys_uuid.UUID
    facts: wanted.Facts
    ownership: str
    last: inspection.Report | None
    changed_at: datetime.datetime
    unproven_since: datetime.datetime | None
    lease: datetime.datetime


def of_domains(session: Session, uuids: tp.Sequence[sys_uuid.UUID]) -> list[Domain]:
    """Return domains that are still there; the order is any."""
    rows = session.execute(_DOMAINS, (list(uuids),)).fetchall()
    return [_domain(row, _keys(session, row)) for row in rows]


def _keys(session: Session, row: Row) -> tuple[wanted.Key, ...]:
    return keys.of_domain(session, row["uuid"], row["instance"], row["name"])


def _domain(row: Row, of_it: tuple[wanted.Key, ...]) -> Domain:
    return Domain(
        row["uuid"],
        row["project_id"],
        row["instance"],
        _facts(row, of_it),
        row["ownership"],
        _last(row),
        row["changed_at"],
        row["unproven_since"],
        row["due_at"],
    )


def _facts(row: Row, of_it: tuple[wanted.Key, ...]) -> wanted.Facts:
    name = row["name"]
    proof = domain_proof.value(row["project_id"], row["instance"], name)
    return wanted.Facts(
        name,
        row["hostname"],
        **leaving.of(row),
        zone=row["zone"] or "",
        signed=row["security"] == "secure",
        returns=row["outbound_return_path"] == smarthost.HOST,
        keys=of_it,
        receives=row["receives"],
        mailboxes=row["mailboxes"],
        dmarc_policy=row["dmarc_policy"],
        dmarc_rua=row["dmarc_rua"],
        tls_rua=row["tls_rua"],
        mta_sts_id=row["mta_sts_id"],
        tlsa=tuple(one.rpartition(" ")[2] for one in row["tlsa"]),
        proof=proof,
        web_names=("autoconfig", "autodiscover"),
    )


def _last(row: Row) -> inspection.Report | None:
    if not row["servers"]:
        return None
    servers = tuple(resolving.Server(*one.split(" ", 1)) for one in row["servers"])
    return inspection.Report(resolving.Zone(row["zone"], servers), row["security"])
