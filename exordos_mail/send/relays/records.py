# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The rows of relays."""

import typing as tp

import msgspec

from exordos_mail.schema import relay
from exordos_mail.send import members
from exordos_mail.send.storage import database, sql
from exordos_mail.send.storage.table import RowTable
from exordos_mail.standards.relay import PORTS

_Columns: tp.Any = members.columns((*relay.FIELDS, *relay.LIMITS))


class RelayRow(_Columns, msgspec.Struct, frozen=True, kw_only=True):
    """A relay; moments in milliseconds since 1970, the password sealed (vault.py)."""

    tenant_id: str
    id: str
    port: int = PORTS[relay.TLS.default]
    #: Host and port that the option --smtp gave the relay; None: it did not.
    from_option: str | None = None
    managed: bool = False
    created_at: int = 0
    updated_at: int = 0


_TABLE = RowTable("relays", RelayRow, "tenant_id", "id")
add, change, get = _TABLE.add, _TABLE.change, _TABLE.get
page, remove = _TABLE.page, _TABLE.remove

_UNFINISHED = sql.statement("""
SELECT count(*) AS count FROM messages
WHERE tenant_id = :tenant_id AND relay_id = :id AND final_at IS NULL
""")


def unfinished(tx: database.Transaction, tenant_id: str, relay_id: str) -> int:
    """Return how many messages of a relay are not final."""
    row = tp.cast(database.Row, tx.row(_UNFINISHED, tenant_id=tenant_id, id=relay_id))
    return int(row["count"])
