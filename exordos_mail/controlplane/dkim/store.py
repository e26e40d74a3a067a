# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The keys of a domain in the database: read as facts, changed by steps."""

import dataclasses
import datetime
import typing as tp
import uuid as sys_uuid
import zlib

from gcl_sdk.audit import constants

from exordos_mail.controlplane import dns_options, keyring, sealed_box
from exordos_mail.controlplane.dkim import naming, past
from exordos_mail.controlplane.dm import audit, models
from exordos_mail.schema import dkim_key as schema
from exordos_mail.standards import dkim, dkim_life

Row = tp.Mapping[str, tp.Any]

#: Rotations that fall due together are spread over so much of their period.
_SPREAD = 0.05
_KIND = str(models.MailDKIMKey.__audit_resource_type__)

# The schedule first: what changes later makes another `due_at`.
_DOMAIN = """
SELECT
    schedule.due_at, domains.uuid, domains.name, domains.project_id, domains.instance,
    domains.dkim_mode, domains.dkim_rotation_days, domains."primary",
    instances.applied_generation, clock_timestamp() AT TIME ZONE 'utc' AS now
FROM mail_dkim_schedule AS schedule
JOIN mail_domains AS domains ON domains.uuid = schedule.domain
JOIN mail_instances AS instances ON instances.uuid = domains.instance
WHERE schedule.domain = %s
"""

_KEYS = """
SELECT
    uuid, number, selector, algorithm, public_key, own, state, state_since, ttl,
    seen_since, left_generation, unused_since
FROM mail_dkim_keys WHERE domain = %s ORDER BY number
"""

_INSERT = """
INSERT INTO mail_dkim_keys (
    uuid, project_id, domain, selector, algorithm, private_key, public_key,
    state, state_since, created_at, updated_at
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""

_PAIR = "UPDATE mail_dkim_keys SET private_key = %s, public_key = %s WHERE uuid = %s"

_MOVE = """
UPDATE mail_dkim_keys
SET state = %(state)s, state_since = %(now)s,
    private_key = CASE WHEN %(over)s THEN NULL ELSE private_key END
WHERE uuid = %(uuid)s
"""

#: Keys of a domain that are over, and stay for people to see; of revoked ones, whose
#: record is to be in the DNS, twice as many.
KEPT = 20

_FORGET = """
DELETE FROM mail_dkim_keys WHERE uuid IN (
    SELECT uuid FROM (
        SELECT uuid, state, row_number() OVER (ORDER BY number DESC) AS place
        FROM mail_dkim_keys WHERE domain = %(domain)s AND state = ANY(%(over)s)
    ) AS known
    WHERE place > 2 * %(kept)s OR place > %(kept)s AND state = 'retired'
)
"""

_UNUSED = "UPDATE mail_dkim_keys SET unused_since = %s WHERE uuid = %s"

# After all that counts the generation up.
_LEFT = """
UPDATE mail_dkim_keys SET left_generation = (
    SELECT generation FROM mail_instances WHERE uuid = %s
) WHERE uuid = %s
"""


@dataclasses.dataclass(frozen=True)
class DomainKeys:
    """A domain with its keys, as one moment had them.

    Attributes:
        row: of `_DOMAIN`.
        keys: rows of `_KEYS` by their number.
        past: selectors of keys that are deleted, of which caches may still know.
    """

    row: Row
    keys: dict[int, Row]
    past: frozenset[str] = frozenset()

    @property
    def scheme(self) -> naming.KeyScheme:
        """How the keys are called."""
        row = self.row
        return naming.scheme(row["instance"], row["name"], row["dkim_mode"])

    def plan(self) -> dkim_life.Plan:
        """Return what is to happen next."""
        return dkim_life.plan([self._key(n) for n in self.keys], self._facts())

    def free_selector(self, algorithm: str) -> str | None:
        """Return a selector for one more key."""
        taken = [
            naming.TakenSelector(one["selector"], one["state"])
            for one in self.keys.values()
        ]
        day = self.row["now"].date()
        return self.scheme.free(algorithm, taken, day, self.past)

    def _facts(self) -> dkim_life.LifeFacts:
        scheme = self.scheme
        free = self.free_selector(scheme.algorithms[0])
        return dkim_life.LifeFacts(
            now=self.row["now"],
            algorithms=scheme.algorithms,
            checked=dns_options.CONF.mail.dns_checks,
            period=self._period(),
            room=free is not None and len(self.keys) < schema.KEYS_MAX,
        )

    def _period(self) -> datetime.timedelta | None:
        days = self.row["dkim_rotation_days"]
        if days is None:
            return None
        share = zlib.crc32(self.row["uuid"].bytes) / 2**32
        return datetime.timedelta(days=days * (1 + _SPREAD * share))

    def _key(self, number: int) -> dkim_life.KnownKey:
        row, scheme = self.keys[number], self.scheme
        left = row["left_generation"]
        return dkim_life.KnownKey(
            number=number,
            algorithm=row["algorithm"],
            state=row["state"],
            since=row["state_since"],
            paired=row["public_key"] is not None,
            ttl=datetime.timedelta(seconds=row["ttl"]),
            seen_since=row["seen_since"],
            left=left is not None and self.row["applied_generation"] >= left,
            unused_since=row["unused_since"],
            own=row["own"],
            fits=scheme.fits(row["selector"]),
            fixed=row["selector"] in scheme.fixed,
            reused=row["selector"] in self.past
            or any(
                one["selector"] == row["selector"] and one["number"] < number
                for one in self.keys.values()
            ),
        )


def load(session: tp.Any, domain: sys_uuid.UUID) -> DomainKeys | None:
    """Return a domain; None: it is gone."""
    row = session.execute(_DOMAIN, (domain,)).fetchone()
    if row is None:
        return None
    keys = session.execute(_KEYS, (domain,)).fetchall()
    gone = past.selectors(session, domain)
    return DomainKeys(row, {one["number"]: one for one in keys}, gone)


def hold(session: tp.Any, domain: DomainKeys) -> bool:
    """Have other writers of the instance wait; tell whether it is there.

    The order is that of all who write: first the instance (`dm.stored`).
    """
    found = session.execute(
        "SELECT uuid FROM mail_instances WHERE uuid = %s FOR NO KEY UPDATE",
        (domain.row["instance"],),
    ).fetchone()
    return found is not None


@dataclasses.dataclass(frozen=True)
class StepWriter:
    """Writes steps of a domain's keys, in one transaction.

    Attributes:
        session: of the transaction, which holds the instance.
        domain: as this transaction has read it.
        pairs: private keys that were made before, by algorithm.
        keys: seal them.
    """

    session: tp.Any
    domain: DomainKeys
    pairs: tp.Mapping[str, str]
    keys: keyring.Keyring

    def write(self, steps: tp.Iterable[dkim_life.Step]) -> None:
        """Do all steps."""
        left = []
        # What signs gives way first: one key of an algorithm signs, never two.
        for step in sorted(steps, key=_signs):
            match step:
                case dkim_life.Make(algorithm):
                    self._make(algorithm)
                case dkim_life.Pair(number):
                    self._pair(self.domain.keys[number])
                case dkim_life.Unused(number):
                    uuid = self.domain.keys[number]["uuid"]
                    self.session.execute(_UNUSED, (self.domain.row["now"], uuid))
                case dkim_life.Move(number, state):
                    self._move(self.domain.keys[number], state)
                    if state == dkim_life.RETIRING:
                        left.append(self.domain.keys[number]["uuid"])
        for uuid in left:
            self.session.execute(_LEFT, (self.domain.row["instance"], uuid))
        over = {"over": list(dkim_life.OVER), "kept": KEPT}
        self.session.execute(_FORGET, {"domain": self.domain.row["uuid"], **over})

    def _make(self, algorithm: str) -> None:
        uuid, row = sys_uuid.uuid4(), self.domain.row
        now = row["now"]
        private_key, public_key = self._sealed(uuid, algorithm)
        selector = self.domain.free_selector(algorithm)
        self.session.execute(
            _INSERT,
            (
                uuid,
                row["project_id"],
                row["uuid"],
                selector,
                algorithm,
                private_key,
                public_key,
                dkim_life.MADE,
                now,
                now,
                now,
            ),
        )
        told = {"selector": selector, "algorithm": algorithm, "public_key": public_key}
        self._note(uuid, constants.Action.create, {**told, "state": dkim_life.MADE})

    def _pair(self, key: Row) -> None:
        private_key, public_key = self._sealed(key["uuid"], key["algorithm"])
        self.session.execute(_PAIR, (private_key, public_key, key["uuid"]))
        self._changed(key, public_key=public_key)

    def _move(self, key: Row, state: str) -> None:
        self.session.execute(
            _MOVE,
            {
                "uuid": key["uuid"],
                "state": state,
                "now": self.domain.row["now"],
                "over": state in dkim_life.OVER,
            },
        )
        self._changed(key, state=state)

    def _sealed(self, uuid: sys_uuid.UUID, algorithm: str) -> tuple[str, str]:
        """Return a new private key's envelope, and its public half."""
        pem = self.pairs[algorithm]
        row = models.MailDKIMKey.envelope_row(uuid)
        envelope = sealed_box.seal(pem, row, sealed_box.public_key(self.keys))
        return envelope, dkim.normal(pem)[2]

    def _changed(self, key: Row, **changes: str) -> None:
        names = ("selector", "algorithm", "public_key", "state")
        told = {**{name: key[name] for name in names}, **changes}
        told["changed_fields"] = sorted(changes)
        self._note(key["uuid"], constants.Action.update, told)

    def _note(
        self, uuid: sys_uuid.UUID, action: constants.Action, told: dict[str, tp.Any]
    ) -> None:
        row = self.domain.row
        snapshot = {"uuid": str(uuid), "domain": row["name"], **told}
        event = audit.event(_KIND, uuid, row["project_id"], action, snapshot)
        event.insert(self.session)


def _signs(step: dkim_life.Step) -> bool:
    return isinstance(step, dkim_life.Move) and step.state == dkim_life.SIGNING
