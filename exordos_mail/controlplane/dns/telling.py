# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a check tells others: ownership of the domain, its keys, its MTA-STS policy.

That may be part of what a node sees, so the instance is locked first, as by every other
writer. Most checks have no news, and then nobody waits for them: a thousand new domains
are checked again and again, while their tenant adds accounts.
"""

import datetime
import typing as tp

from gcl_sdk.audit import constants

from exordos_mail.controlplane.dm import audit
from exordos_mail.controlplane.dns import facts, keys, outcome
from exordos_mail.controlplane.policies import facts as policies
from exordos_mail.schema import domain

_LOCK = "SELECT FROM mail_instances WHERE uuid = %s FOR NO KEY UPDATE"
_OWNERSHIP = "UPDATE mail_domains SET ownership = %s WHERE uuid = %s"


class News:
    """What one check of a domain has found out.

    Args:
        one: the domain.
        rows: its records, as they are kept from now on.
        now: UTC, without a zone.

    Attributes:
        unproven_since: since when the proof of the ownership is gone.
    """

    def __init__(
        self,
        one: facts.Domain,
        rows: tp.Sequence[outcome.Row],
        now: datetime.datetime,
    ) -> None:
        self._one = one
        self._rows = rows
        self._now = now
        proofs = [row.state for row in rows if row.record.purpose == "proof"]
        proof = proofs[0] if proofs else ""
        self._ownership, self.unproven_since = outcome.ownership(
            one.ownership, one.unproven_since, proof, now
        )

    def tell(self, connection: facts.Session) -> None:
        """Write what is new, in a transaction of its own that ends here.

        It comes before the check is over: one that is killed in between is made again.
        """
        if not self._is_any(connection):
            return
        lock = connection.execute(_LOCK, (self._one.instance,))
        if lock.fetchone() is not None:
            self._own(connection)
            for shown in self._policy():
                policies.seen(connection, self._one.uuid, shown, self._now)
            keys.tell(connection, self._one.uuid, self._rows)
        connection.commit()

    def _is_any(self, connection: facts.Session) -> bool:
        uuid = self._one.uuid
        return (
            self._ownership != self._one.ownership
            or any(policies.is_new(connection, uuid, one) for one in self._policy())
            or keys.is_new(connection, uuid, self._rows)
        )

    def _policy(self) -> list[bool]:
        """Return whether all name servers show the record of the MTA-STS policy."""
        return [
            row.state == "ok" for row in self._rows if row.record.purpose == "mta_sts"
        ]

    def _own(self, connection: facts.Session) -> None:
        one, state = self._one, self._ownership
        if state == one.ownership:
            return
        connection.execute(_OWNERSHIP, (state, one.uuid))
        snapshot = {
            "name": one.facts.domain,
            "ownership": state,
            "changed_fields": ["ownership"],
        }
        kind, action = domain.NOUN.audit_type, constants.Action.update
        event = audit.event(kind, one.uuid, one.project, action, snapshot)
        audit.write_events([event], connection)
