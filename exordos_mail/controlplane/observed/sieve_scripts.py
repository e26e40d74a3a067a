# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nodes find when they compile Sieve scripts.

    {"<uuid>": {"digest": SHA-256 of the content, "error": "", "line": None}}

A verdict is kept of whatever content it is about: who reads it compares the digests
(dm/sieve_script.py). So one that comes late says nothing of a newer content, and a
content that comes back has its verdict already.
"""

import json
import re
import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane.dm import fields
from exordos_mail.controlplane.documents import collection
from exordos_mail.controlplane.observed import checks
from exordos_mail.protocol import messages, observations

KIND = "sieve_scripts"
_FIELDS = {"digest", "error", "line"}
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_LINE_MAX = 2**31 - 1

_KEEP = """
UPDATE mail_sieve_scripts AS known
SET checked_digest = found.digest, checked_error = found.error,
    checked_line = found.line
FROM jsonb_to_recordset(%s::jsonb)
    AS found (uuid uuid, digest text, error text, line integer)
WHERE known.uuid = found.uuid AND known.instance = %s
    AND (known.checked_digest, known.checked_error, known.checked_line)
        IS DISTINCT FROM (found.digest, found.error, found.line)
"""


def keep(
    queries: collection.Queries, instance: sys_uuid.UUID, facts: observations.Facts
) -> None:
    """Keep verdicts on scripts of an instance; see `registry.Keep`."""
    rows = [_row(key, fact) for key, fact in facts.items()]
    queries.execute(_KEEP, (json.dumps(rows), instance))


def _row(key: str, fact: tp.Mapping[str, tp.Any]) -> dict[str, tp.Any]:
    if set(fact) != _FIELDS:
        raise messages.MessageError("a verdict on a Sieve script has other fields")
    digest, error, line = fact["digest"], fact["error"], fact["line"]
    if not isinstance(digest, str) or not _DIGEST.match(digest):
        raise messages.MessageError("a verdict names no content of a Sieve script")
    if not messages.is_text(error) or not (line is None or _is_line(line)):
        raise messages.MessageError("a verdict does not say what is wrong")
    return {
        "uuid": checks.uuid(key),
        "digest": digest,
        "error": fields.as_reason(error),
        "line": line,
    }


def _is_line(value: object) -> bool:
    return type(value) is int and 0 < value <= _LINE_MAX
