# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One domain's keys, a step on; and what others tell of them."""

import datetime
import typing as tp
import uuid as sys_uuid

from restalchemy.storage.sql import engines

from exordos_mail.controlplane.dkim import shown, store
from exordos_mail.controlplane.dm import key_file
from exordos_mail.standards import dkim, dkim_life

#: A domain is looked at so often, whatever was computed: a clock may have been wrong.
LOOK_AGAIN = datetime.timedelta(days=1)

# Not if somebody has changed something since the keys were read.
_REST = """
UPDATE mail_dkim_schedule SET due_at = %s, urgent = FALSE
WHERE domain = %s AND due_at = %s
"""

_POSTPONE = """
UPDATE mail_dkim_schedule
SET due_at = clock_timestamp() AT TIME ZONE 'utc' + %s, urgent = FALSE
WHERE domain = %s
"""

_SEEN = """
UPDATE mail_dkim_keys
SET seen_since = coalesce(seen_since, clock_timestamp() AT TIME ZONE 'utc'),
    ttl = greatest(ttl, %(ttl)s)
WHERE uuid = %(key)s AND (seen_since IS NULL OR ttl < %(ttl)s)
"""

_MISSING = """
UPDATE mail_dkim_keys SET seen_since = NULL
WHERE uuid = %s AND seen_since IS NOT NULL AND state = ANY(%s)
"""

_IS_NEW = """
SELECT FROM mail_dkim_keys
WHERE (uuid = ANY(%(shown)s) AND seen_since IS NULL) OR (
    uuid = ANY(%(hidden)s) AND seen_since IS NOT NULL AND state = ANY(%(coming)s)
)
LIMIT 1
"""


def is_new(
    shown: tp.Sequence[sys_uuid.UUID],
    hidden: tp.Sequence[sys_uuid.UUID],
    session: tp.Any,
) -> bool:
    """Return whether `seen` or `missing` of one of these keys would be news."""
    coming = list(dkim_life.COMING)
    values = {"shown": list(shown), "hidden": list(hidden), "coming": coming}
    return session.execute(_IS_NEW, values).fetchone() is not None


def seen(key: sys_uuid.UUID, ttl: int = 0, session: tp.Any = None) -> bool:
    """Note that every authoritative server shows a key's record.

    Args:
        key: uuid of the key.
        ttl: largest time to live among their answers, in seconds.
        session: of the caller, if it has one.

    Returns:
        Whether that was news.
    """
    with _session(session) as s:
        found = s.execute(_SEEN, {"key": key, "ttl": min(max(ttl, 0), 2**31 - 1)})
        return bool(found.rowcount)


def missing(key: sys_uuid.UUID, session: tp.Any = None) -> bool:
    """Note that not every authoritative server shows a key's record (any more).

    A key that signs goes on: mail without a signature would fare no better.
    """
    with _session(session) as s:
        found = s.execute(_MISSING, (key, list(dkim_life.COMING)))
        return bool(found.rowcount)


def advance(domain: sys_uuid.UUID) -> bool:
    """Do the next steps of a domain's keys; tell whether there may be more.

    Whatever becomes of the process, all steps of one call have happened, or none.

    Raises:
        keyring.KeyringError: the file of the keys that seal cannot be read.
    """
    with _session() as s:
        found = store.load(s, domain)
        if found is None:
            return False
        steps, due = found.plan()
        if not steps:
            latest = found.row["now"] + LOOK_AGAIN
            again = min(due or latest, latest)
            s.execute(_REST, (again, domain, found.row["due_at"]))
            return False
    # Not while others wait: it takes a tenth of a second.
    pairs = {one: dkim.generate_private_key(one) for one in _needed(found, steps)}
    keys = key_file.keys()
    with _session() as s:
        if not store.hold(s, found):
            return False
        now = store.load(s, domain)
        if now is None or now.plan().steps != steps:
            return now is not None
        store.StepWriter(s, now, pairs, keys).write(steps)
        shown.write(s, domain)
    return True


def postpone(domain: sys_uuid.UUID, time: datetime.timedelta) -> None:
    """Leave a domain alone for a time."""
    with _session() as s:
        s.execute(_POSTPONE, (time, domain))


def _needed(found: store.DomainKeys, steps: tp.Iterable[dkim_life.Step]) -> set[str]:
    """Return the algorithms of the key pairs that steps need."""
    needed = set()
    for step in steps:
        if isinstance(step, dkim_life.Make):
            needed.add(step.algorithm)
        elif isinstance(step, dkim_life.Pair):
            needed.add(found.keys[step.number]["algorithm"])
    return needed


def _session(session: tp.Any = None) -> tp.Any:
    return engines.engine_factory.get_engine().session_manager(session=session)
