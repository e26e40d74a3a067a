# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Selectors of keys that are deleted, of which caches of the DNS may still know.

A trigger of mail_dkim_keys keeps them (migrations/initial/dkim_keys.sql).
"""

import typing as tp
import uuid as sys_uuid

_SELECTORS = """
SELECT selector FROM mail_dkim_selectors
WHERE domain = %s AND until >= clock_timestamp() AT TIME ZONE 'utc'
"""


def selectors(session: tp.Any, domain: sys_uuid.UUID) -> frozenset[str]:
    """Return those of a domain."""
    rows = session.execute(_SELECTORS, (domain,)).fetchall()
    return frozenset(row["selector"] for row in rows)
