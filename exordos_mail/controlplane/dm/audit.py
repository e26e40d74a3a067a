# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The audit trail: who changed what, in the platform's table of audit events.

An event is written in the transaction of the change. Its actor is the user of
the request; changes by manifests and builders have none. See docs/adr/0016.
"""

import typing as tp
import uuid as sys_uuid

from exordos_metapaas.common import audit
from gcl_sdk.audit import constants
from gcl_sdk.audit.dm import models
import orjson
from psycopg import sql

# The platform's functions, on models that do not inherit them: its own `update()` and
# `delete()` note what did not happen, too.
_PLATFORM: tp.Any = audit.AuditLogSQLStorableMixin
SERVICE_NAME = str(_PLATFORM.__audit_service_name__)


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


def event(
    resource_type: str,
    uuid: sys_uuid.UUID,
    project_id: sys_uuid.UUID | None,
    action: constants.Action,
    snapshot: dict[str, tp.Any] | None,
) -> models.AuditDeliveryEvent:
    """Return an event of now, by the user of the request."""
    return models.AuditDeliveryEvent(
        uuid=sys_uuid.uuid4(),
        service_name=SERVICE_NAME,
        resource_type=resource_type,
        resource_uuid=uuid,
        project_id=project_id,
        actor_user_uuid=_PLATFORM.get_audit_actor_user_uuid(None),
        action=action.value,
        snapshot=snapshot,
    )


def note(
    model: tp.Any,
    action: constants.Action,
    changes: dict[str, tp.Any] | None,
    session: tp.Any,
) -> None:
    """Store the event of one change of a `stored.Stored`, in its transaction."""
    kind, project = model.__audit_resource_type__, model.audit_project_id()
    event(kind, model.get_id(), project, action, changes).insert(session)


def snapshot(model: tp.Any) -> dict[str, tp.Any]:
    """Return a model's fields in their simple form, without secrets and long texts."""
    return {
        name: value
        for name, value in _PLATFORM.dump_to_audit_snapshot(model).items()
        if name not in model.__unshown_fields__
    }


def update_snapshot(model: tp.Any, names: tp.Collection[str]) -> dict[str, tp.Any]:
    """Return what the event of an update holds: the new state, and what is new of it.

    Args:
        names: the changed fields; secret ones are named, their values left out.
    """
    return {**snapshot(model), "changed_fields": sorted(names)}


def context_project_id() -> sys_uuid.UUID | None:
    """Return the project of the request, None outside of one."""
    found = _PLATFORM._get_audit_context_project_id(None)
    return tp.cast("sys_uuid.UUID | None", found)
