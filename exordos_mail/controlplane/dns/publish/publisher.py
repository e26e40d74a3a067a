# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One look at a domain: what it wants, what is there, and the difference published."""

import logging
import random
import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane.dns.publish import provider, rows, source
from exordos_mail.controlplane.dns.publish import step as step_lib
from exordos_mail.standards.dns.record import Record

LOG = logging.getLogger(__name__)

#: Seconds until a domain is looked at again that has all of it: somebody may have
#: removed a record.
VERIFY = 600.0
#: Seconds after the first failure, and the most after many.
RETRY_FIRST, RETRY_LAST = 5.0, 3600.0

#: Opens what publishes; raises provider.PublishFailure.
Providers = tp.Mapping[str, tp.Callable[[sys_uuid.UUID], provider.Provider]]


class Outcome(tp.NamedTuple):
    """What came of a look.

    Attributes:
        state: none, waiting, published or failing.
        reason: why not published, for the tenant.
        left: there is something of it that has to be there.
    """

    state: str
    reason: str = ""
    left: bool = False


def delay(failures: int) -> float:
    """Return the seconds until the next try: longer each time, and never without end.

    >>> 5 <= delay(1) <= 6 and 3600 <= delay(1000) <= 4320
    True
    """
    seconds = min(RETRY_FIRST * 2.0 ** min(failures - 1, 20), RETRY_LAST)
    return seconds * random.uniform(1, 1.2)  # noqa: S311 - no secret


def look(
    connection: rows.Connection, claimed: rows.Claim, providers: Providers
) -> Outcome:
    """Look at a domain, and note when it is to be looked at again."""
    outcome = _publish(connection, claimed.domain, providers)
    rows.show(connection, claimed.domain, outcome.state, outcome.reason)
    if outcome.state == "none" and not outcome.left:
        rows.forget(connection, claimed)
    elif outcome.state == "failing":
        failures = claimed.failures + 1
        rows.schedule(connection, claimed, failures, delay(failures))
        LOG.warning("%s is not published: %s", claimed.domain, outcome.reason)
    else:
        rows.schedule(connection, claimed, 0, VERIFY)
    return outcome


def _publish(
    connection: rows.Connection, domain: sys_uuid.UUID, providers: Providers
) -> Outcome:
    wish = source.wish(connection, domain)
    made = rows.made(connection, domain)
    waits = wish.via != "none" and not wish.proven
    faults: list[str] = []
    for via in sorted({*made, *wish.providers}):
        records, before = wish.at(via), made.get(via, {})
        if waits and via == wish.via:
            # What is published of a domain stays until somebody says otherwise.
            names = {one.name for one in records}
            before = {key: own for key, own in before.items() if key[0] in names}
        faults += _Work(connection, domain, via, records, before).do(providers)
    left = bool(wish.providers)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return Outcome("failing", faults[0] + more, left)
    if waits:
        return Outcome("waiting", _UNPROVEN, left)
    return Outcome("none" if wish.via == "none" else "published", left=left)


_UNPROVEN = (
    "the domain is not proven to be yours: publish the record proof_name yourself, "
    "then the others are published for you"
)


class _Work:
    """All sets of records of a domain at one provider."""

    def __init__(
        self,
        connection: rows.Connection,
        domain: sys_uuid.UUID,
        via: str,
        wanted: tp.Sequence[Record],
        made: tp.Mapping[step_lib.Key, tp.Collection[str]],
    ) -> None:
        self._connection = connection
        self._domain = domain
        self._via = via
        self._wanted = wanted
        self._made = made

    def do(self, providers: Providers) -> list[str]:
        """Publish and remove; return what went wrong, for the tenant."""
        faults: list[str] = []
        try:
            there = self._open(providers)
        except provider.PublishFailure as failure:
            return [str(failure)]
        for key in step_lib.keys(self._wanted, self._made):
            try:
                self._one(there, key)
            except step_lib.Conflict as conflict:
                faults.append(str(conflict))
            except provider.PublishFailure as failure:
                faults.append(str(failure))
                if failure.all_of_it:
                    break
        return faults

    def _open(self, providers: Providers) -> provider.Provider:
        if self._via not in providers:
            raise provider.PublishFailure(
                f"publish = {self._via} is not possible here: the operator has set up "
                "no such server"
            )
        return providers[self._via](self._domain)

    def _one(self, there: provider.Provider, key: step_lib.Key) -> None:
        """Bring one set to what is wanted.

        The rows are written before the records: killed in between, the next look finds
        either nothing there or what has the row already.
        """
        made = self._made.get(key, ())
        found = there.read(*key)
        step = step_lib.step(key, self._wanted, made, found)
        ours = rows.Set(self._connection, self._domain, self._via, key)
        added = [one.value for one in step.add]
        ours.intend(added)
        if step.changes:
            try:
                there.apply(step)
            except provider.PublishFailure as failure:
                if failure.nothing_done:
                    ours.remove(set(added) - set(made))
                raise
        ours.remove(step.remove)
        ours.publish(added)
