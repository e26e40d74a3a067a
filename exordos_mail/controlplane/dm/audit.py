# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The audit trail: who changed what, in the platform's table of audit events.

An event is written in the transaction of the change. Its actor is the user of
the request; changes by manifests and builders have none. See docs/adr/0016.
"""

import typing as tp

from exordos_metapaas.common import audit
from gcl_sdk.audit import constants
from gcl_sdk.audit.dm import models
import orjson
from psycopg import sql
from restalchemy.storage.sql import orm

SERVICE_NAME = str(audit.AuditLogSQLStorableMixin.__audit_service_name__)


_INSERT = """
INSERT INTO {table} ({columns})
SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, %s)
"""


def write_events(
    events: tp.Sequence[models.AuditDeliveryEvent], session: tp.Any
) -> None:
    """Store events of many changes with one statement."""
    if not events:
        return
    rows = [dict(event._get_prepared_data()) for event in events]
    statement = sql.SQL(_INSERT).format(
        table=sql.Identifier(events[0].get_table().name),
        columns=sql.SQL(", ").join(map(sql.Identifier, rows[0])),
    )
    session.execute(statement, (orjson.dumps(rows).decode(),))


class AuditedMixin(audit.AuditLogSQLStorableMixin):
    """A stored model whose changes are audited, without its secrets.

    Attributes:
        __audit_resource_type__: name of the model in the events.
        __secret_fields__: fields whose values no event holds, in no form.
    """

    __secret_fields__: frozenset[str] = frozenset()

    def audit_update(self, names: tp.Collection[str], session: tp.Any) -> None:
        """Note an update: the object's new state and which fields are new.

        Args:
            names: the fields; secret ones are named, their values left out.
            session: of the update.
        """
        snapshot = self.update_snapshot(names)
        self._write_audit_event(constants.Action.update.value, snapshot, session)

    def update_snapshot(self, names: tp.Collection[str]) -> dict[str, tp.Any]:
        """Return what the event of an update holds; see `audit_update`."""
        return {**self.dump_to_audit_snapshot(), "changed_fields": sorted(names)}

    def delete(self, session: tp.Any = None) -> None:
        """Remove the row; nothing happens if it is gone already."""
        with self._get_engine().session_manager(session=session) as s:
            # past the platform's mixin, which notes deletions of nothing, too
            if orm.SQLStorableMixin.delete(self, session=s).get_count():
                self._write_audit_event(constants.Action.delete.value, None, s)

    def dump_to_audit_snapshot(self) -> dict[str, tp.Any]:
        """Return the fields in their simple form, without secrets."""
        return {
            name: value
            for name, value in super().dump_to_audit_snapshot().items()
            if name not in self.__secret_fields__
        }
