# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How far imports are, as their node tells it.

    {"<uuid>": {"run": 1, "state": "running", "error": "", "started_at": seconds of Unix
                time or 0, "ended_at": the same, "folders": 3, "messages_total": 10,
                "messages_done": 5, "messages_copied": 5, "octets": 999,
                "report": [{"folder": ..., "to": ..., "source": 10, "here": 5,
                            "copied": 5, "problem": ""}]}}

What is told of another run than the last one is late, and left out. With the end of a
run its password goes, for good.
"""

import json
import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane.dm import fields
from exordos_mail.controlplane.documents import collection
from exordos_mail.controlplane.observed import checks
from exordos_mail.protocol import messages, observations
from exordos_mail.schema import mailbox_import as schema

KIND = "imports"
_COUNTS = ("folders", "messages_total", "messages_done", "messages_copied", "octets")
_TIMES = ("started_at", "ended_at")
_FIELDS = {"run", "state", "error", "report", *_COUNTS, *_TIMES}
_TEXTS, _NUMBERS = ("folder", "to", "problem"), ("source", "here", "copied")
_MOST = 2**63 - 1
# Year 9999: what a timestamp of Python holds.
_LAST = 253_402_300_799

_KEEP = """
UPDATE mail_imports AS known
SET state = found.state, error = found.error, folders_total = found.folders,
    messages_total = found.messages_total, messages_done = found.messages_done,
    messages_copied = found.messages_copied, octets_copied = found.octets,
    started_at = to_timestamp(nullif(found.started_at, 0)) AT TIME ZONE 'utc',
    ended_at = to_timestamp(nullif(found.ended_at, 0)) AT TIME ZONE 'utc',
    report = array(SELECT jsonb_array_elements(found.report)),
    password = CASE WHEN found.state = 'running' THEN known.password END
FROM jsonb_to_recordset(%s::jsonb) AS found (
    uuid uuid, run integer, state text, error text, folders bigint,
    messages_total bigint, messages_done bigint, messages_copied bigint, octets bigint,
    started_at bigint, ended_at bigint, report jsonb
)
WHERE known.uuid = found.uuid AND known.instance = %s AND known.run = found.run
    AND known.state IN ('waiting', 'running')
"""


def keep(
    queries: collection.Queries, instance: sys_uuid.UUID, facts: observations.Facts
) -> None:
    """Keep how far imports of an instance are; see `registry.Keep`."""
    rows = [_row(key, fact) for key, fact in facts.items()]
    queries.execute(_KEEP, (json.dumps(rows), instance))


def _row(key: str, fact: tp.Mapping[str, tp.Any]) -> dict[str, tp.Any]:
    if set(fact) != _FIELDS:
        raise messages.MessageError("facts of an import have other fields")
    if fact["state"] not in (schema.RUNNING, *schema.ENDED):
        raise messages.MessageError("an import is in no state that there is")
    if not _is_count(fact["run"], 2**31 - 1) or not all(
        _is_count(fact[name], _MOST) for name in _COUNTS
    ):
        raise messages.MessageError("a count of an import is none")
    if not all(_is_count(fact[name], _LAST) for name in _TIMES):
        raise messages.MessageError("a time of an import is none")
    if not messages.is_text(fact["error"]) or not isinstance(fact["report"], list):
        raise messages.MessageError("an import does not say what is wrong")
    error = fields.as_reason(fact["error"])[: schema.ERROR_MAX]
    report = [_folder(one) for one in fact["report"]]
    return {**fact, "uuid": checks.uuid(key), "error": error, "report": report}


def _folder(row: object) -> dict[str, tp.Any]:
    if not isinstance(row, dict) or set(row) != {*_TEXTS, *_NUMBERS}:
        raise messages.MessageError("the report of an import has other fields")
    if not all(messages.is_text(row[name]) for name in _TEXTS):
        raise messages.MessageError("a folder of an import has no name")
    if not all(_is_count(row[name], _MOST) for name in _NUMBERS):
        raise messages.MessageError("a count of an import is none")
    return {**row, **{name: fields.as_reason(row[name]) for name in _TEXTS}}


def _is_count(value: object, most: int) -> bool:
    return type(value) is int and 0 <= value <= most
