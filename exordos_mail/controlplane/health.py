# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What an instance shows of its nodes' services, out of what the nodes have reported.

A report changes when the state of a door does, and every 5 minutes as a sign of life.
The time of a report is the platform's, not the node's.
"""

import re
import typing as tp
import uuid as sys_uuid

from exordos_mail import constants as c
from exordos_mail.controlplane.dm import fields
from exordos_mail.schema import health as schema

#: Seconds without a report after which a node is silent: three signs of life.
SILENCE = 900
Entry = dict[str, tp.Any]

_LOOKED_AT = """
SELECT agent.node, actual.value -> 'health' AS health,
    to_char(actual.updated_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS told_at,
    coalesce(actual.updated_at < clock_timestamp() AT TIME ZONE 'utc'
        - make_interval(secs => %(silence)s), FALSE) AS is_silent
FROM ua_target_resources AS target
JOIN ua_agents AS agent ON agent.uuid = target.agent
LEFT JOIN ua_actual_resources AS actual
    ON actual.uuid = target.uuid AND actual.kind = target.kind
WHERE target.kind = %(kind)s AND target.master = %(instance)s
ORDER BY agent.node
"""
_NAME = re.compile(r"[ -~]{1,255}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_TEXTS = ("service", "path", "protocol", "state", "reason", "since")
_NOT_UNDERSTOOD = "the node tells something that is not understood"


class Session(tp.Protocol):
    """What asks the database."""

    def execute(self, query: str, values: tp.Any) -> tp.Any:
        """Run a statement."""


def of(session: Session, instance: sys_uuid.UUID) -> dict[str, tp.Any]:
    """Return what an instance shows as its `health`."""
    values = {"kind": c.NODE_KIND, "instance": instance, "silence": SILENCE}
    return shown(session.execute(_LOOKED_AT, values).fetchall())


def shown(rows: tp.Iterable[tp.Mapping[str, tp.Any]]) -> dict[str, tp.Any]:
    """Return the same of rows, one for each node.

    Args:
        rows: `node`, `health` as it was reported, `told_at` and `is_silent`.
    """
    services: list[Entry] = []
    found: list[tuple[str, str]] = []
    for row in rows:
        state, reason, some = _of_node(row)
        services += some
        found.append((state, reason))
        found += [(one["state"], _line(one)) for one in some]
    if not found:
        return dict(schema.NOTHING)
    worst = max((state for state, _ in found), key=schema.STATES.index)
    reasons = [reason for state, reason in found if state == worst and reason]
    reason = fields.as_reason("; ".join(reasons)) if worst != schema.OK else ""
    return {"state": worst, "reason": reason, "services": services}


def _of_node(row: tp.Mapping[str, tp.Any]) -> tuple[str, str, list[Entry]]:
    """Return state and reason of a node as a whole, and its doors."""
    told, node = row["health"], str(row["node"])
    if told is None:
        return schema.UNKNOWN, str(schema.NOTHING["reason"]), []
    try:
        entries = [{"node": node, **_entry(one)} for one in told["services"]]
    except (TypeError, KeyError, ValueError):
        return schema.UNKNOWN, _NOT_UNDERSTOOD, []
    if len(entries) > schema.DOORS_MAX:
        return schema.UNKNOWN, _NOT_UNDERSTOOD, []
    if not row["is_silent"]:
        return schema.OK, "", entries
    reason = f"the node has told nothing since {row['told_at']}"
    return schema.UNKNOWN, reason, [_silent(one, row["told_at"]) for one in entries]


def _silent(entry: Entry, since: str) -> Entry:
    reason = f"the node is silent; before: {entry['state']}"
    return {**entry, "state": schema.UNKNOWN, "reason": reason, "since": since}


def _entry(told: tp.Mapping[str, tp.Any]) -> Entry:
    """Return a door as it is shown.

    Raises:
        KeyError, TypeError, ValueError: our node would not tell this.
    """
    port, path = told["port"], told["path"]
    texts = {name: told[name] for name in _TEXTS if name != "path" or path is not None}
    if not all(isinstance(one, str) for one in texts.values()):
        raise TypeError
    names = [texts[one] for one in texts if one not in ("reason", "since")]
    is_named = all(_NAME.fullmatch(one) for one in names)
    is_port = port is None or (type(port) is int and 0 < port < 65536)
    is_known = texts["state"] in (schema.OK, schema.DEGRADED, schema.FAILED)
    if not (is_named and is_port and is_known and _MOMENT.fullmatch(texts["since"])):
        raise ValueError
    reason = fields.as_reason(texts["reason"])[: schema.REASON_MAX]
    return {
        "service": told["service"],
        "port": port,
        "path": path,
        "protocol": told["protocol"],
        "state": told["state"],
        "reason": reason,
        "since": told["since"],
    }


def _line(entry: Entry) -> str:
    where = entry["port"] or entry["path"]
    if not entry["reason"] or entry["state"] == schema.UNKNOWN:
        return ""
    return f"{entry['service']} {where} {entry['protocol']}: {entry['reason']}"
