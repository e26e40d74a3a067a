# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The keys of one domain, its DNS and its node, for tests of their life."""

import dataclasses
import json
import typing as tp
import uuid as sys_uuid

import psycopg
from restalchemy.storage.sql import engines

from exordos_mail.controlplane.dkim import life
from exordos_mail.controlplane.dm import key_file, models
from exordos_mail.controlplane.documents import collection, dkim_keys
from exordos_mail.protocol import documents
from tests.integration.controlplane import world as w

Connection = psycopg.Connection[dict[str, tp.Any]]

RSA, ED25519 = "rsa-sha256", "ed25519-sha256"


@dataclasses.dataclass
class Keys:
    """The keys of a domain.

    Attributes:
        world: its service brings the keys on.
        db: a connection of the test's own.
        instance: uuid of the instance.
        domain: uuid of the domain; the primary one has that of the instance.
    """

    world: w.World
    db: Connection
    instance: sys_uuid.UUID
    domain: sys_uuid.UUID

    def go(self) -> None:
        """Have the service do all that is due."""
        self.world.dkim._iteration()

    def rows(self, algorithm: str | None = None) -> list[dict[str, tp.Any]]:
        """Return the keys, oldest first."""
        return self.db.execute(
            "SELECT * FROM mail_dkim_keys WHERE domain = %(domain)s"
            " AND (%(algorithm)s::text IS NULL OR algorithm = %(algorithm)s)"
            " ORDER BY number",
            {"domain": self.domain, "algorithm": algorithm},
        ).fetchall()

    def states(self, algorithm: str = RSA) -> list[str]:
        """Return the states of the keys of an algorithm, oldest first."""
        return [row["state"] for row in self.rows(algorithm)]

    def model(self) -> models.MailDomain:
        """Return the domain."""
        return models.MailDomain.objects.get_one(filters={"uuid": self.domain})

    def key(self, row: dict[str, tp.Any]) -> models.MailDKIMKey:
        """Return the model of a row."""
        return models.MailDKIMKey.objects.get_one(filters={"uuid": row["uuid"]})

    def dns_shows(self, ttl: int = 3600) -> None:
        """Tell what a checker does: every authoritative server shows every record."""
        for row in self.rows():
            life.seen(row["uuid"], ttl)

    def node_applies(self) -> None:
        """Tell that the node has applied all that it was told."""
        self.db.execute(
            "UPDATE mail_instances SET applied_generation = generation WHERE uuid = %s",
            (self.instance,),
        )

    def sleep(self, time: str) -> None:
        """Let an interval of SQL go by, for this domain."""
        self.db.execute(
            "UPDATE mail_dkim_keys SET state_since = state_since - %(time)s::interval,"
            " seen_since = seen_since - %(time)s::interval,"
            " unused_since = unused_since - %(time)s::interval"
            " WHERE domain = %(domain)s",
            {"time": time, "domain": self.domain},
        )

    def document(self) -> dict[str, tp.Any]:
        """Return the keys that the node gets, by selector."""
        with engines.engine_factory.get_engine().session_manager() as session:
            view = collection.View(session, self.instance, key_file.keys())
            found = dkim_keys.DKIMKeys()
            told = found.digests(view)
            texts = found.texts(view, list(told)).texts
        assert texts.keys() == told.keys(), "a tag without a document"
        assert all(documents.is_tag(one) for one in told.values())
        text = texts.get(str(self.domain))
        return {} if text is None else json.loads(text)[self.name()]

    def name(self) -> str:
        """Return the domain's name."""
        return str(self.model().name)

    def tag(self) -> str | None:
        """Return the tag of the domain's documents."""
        row = self.db.execute(
            "SELECT tag::text FROM mail_document_buckets"
            " WHERE instance = %s AND collection = 'dkim_keys' AND bucket = %s",
            (self.instance, str(self.domain)),
        ).fetchone()
        return None if row is None else str(row["tag"])

    def due_in(self) -> float:
        """Return in how many seconds the domain is looked at again."""
        row = self.db.execute(
            "SELECT extract(epoch FROM due_at - clock_timestamp() AT TIME ZONE 'utc')"
            " AS seconds FROM mail_dkim_schedule WHERE domain = %s",
            (self.domain,),
        ).fetchone()
        assert row is not None
        return float(row["seconds"])
