# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""DKIM keys as the DNS is to have them, and what the checker tells of them.

Their life is `controlplane/dkim`'s affair, where it is there; an instance without it
has the two keys of its own domain.
"""

import importlib
import importlib.util
import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane.dns import outcome
from exordos_mail.standards.dns import wanted

_LIFE = "exordos_mail.controlplane.dkim"
_HAS_LIFE = importlib.util.find_spec(_LIFE) is not None

_HIDDEN = ("missing", "wrong", "truncated", "duplicate", "waiting")

_KEYS = """
SELECT selector, algorithm, public_key FROM mail_dkim_keys
WHERE instance = %s AND domain = %s ORDER BY selector
"""


def of_domain(
    session: tp.Any, domain: sys_uuid.UUID, instance: sys_uuid.UUID, name: str
) -> tuple[wanted.Key, ...]:
    """Return the keys of a domain that are to be published."""
    if _HAS_LIFE:
        return tuple(
            wanted.Key(one.selector, one.value, one.state, one.alias or "")
            for one in _records(session, domain)
        )
    rows = session.execute(_KEYS, (instance, name)).fetchall()
    return tuple(
        wanted.Key(row["selector"], _value(row["algorithm"], row["public_key"]))
        for row in rows
    )


def is_new(
    session: tp.Any, domain: sys_uuid.UUID, rows: tp.Iterable[outcome.Row]
) -> bool:
    """Return whether `tell` would tell anything."""
    shown, hidden = _told(session, domain, rows)
    return bool(shown or hidden) and bool(_life().is_new(shown, hidden, session))


def tell(
    session: tp.Any, domain: sys_uuid.UUID, rows: tp.Iterable[outcome.Row]
) -> None:
    """Tell which keys all authoritative servers show, and which not.

    A state that was kept in spite of what was found this time tells nothing.
    """
    shown, hidden = _told(session, domain, rows)
    for key in shown:
        _life().seen(key, session=session)
    for key in hidden:
        _life().missing(key, session=session)


def _told(
    session: tp.Any, domain: sys_uuid.UUID, rows: tp.Iterable[outcome.Row]
) -> tuple[list[sys_uuid.UUID], list[sys_uuid.UUID]]:
    """Return the keys that all servers show, and those that some do not."""
    shown: list[sys_uuid.UUID] = []
    hidden: list[sys_uuid.UUID] = []
    if not _HAS_LIFE:
        return shown, hidden
    states = {
        row.record.name: row.state
        for row in rows
        if row.record.purpose == "dkim" and not row.doubts
    }
    for one in _records(session, domain):
        # a KeyRecord begins with the key's uuid
        if states.get(one.name) == "ok":
            shown.append(one[0])
        elif states.get(one.name) in _HIDDEN:
            hidden.append(one[0])
    return shown, hidden


def _life() -> tp.Any:
    return importlib.import_module(f"{_LIFE}.life")


def _records(session: tp.Any, domain: sys_uuid.UUID) -> tp.Any:
    return importlib.import_module(f"{_LIFE}.shown").records(session, domain)


def _value(algorithm: str, public_key: str) -> str:
    return f"v=DKIM1; k={algorithm.partition('-')[0]}; p={public_key}"
