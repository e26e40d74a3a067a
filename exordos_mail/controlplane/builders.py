# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What both builders need from the SDK's builder service, corrected."""

import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from restalchemy.dm import filters as dm_filters
from restalchemy.storage.sql import engines

ResourcePairs = dict[sys_uuid.UUID, list[ua_models.ResourcePair]]


class LiveInstancesMixin:
    """Works only on instances whose row still exists."""

    def _hold(self, instance: tp.Any) -> bool:
        """Keep the instance's row until the pass ends; say whether it is there.

        A deletion waits for the pass, so that nothing of the instance vanishes
        while its payload is made; a user's other changes do not wait.
        """
        with engines.engine_factory.get_engine().session_manager() as session:
            row = session.execute(
                "SELECT uuid FROM mail_instances WHERE uuid = %s FOR KEY SHARE",
                (instance.uuid,),
            ).fetchone()
        return row is not None


Rows = tp.Sequence[tp.Mapping[str, tp.Any]]

# Instances of one phase of one pass, as in the SDK.
BATCH = 100

_NEW = """
SELECT mail_instances.uuid
FROM mail_instances
WHERE NOT EXISTS (
    SELECT FROM ua_target_resources AS target
    WHERE target.uuid = mail_instances.uuid AND target.kind = %(kind)s
)
"""

_UPDATED = """
SELECT mail_instances.uuid
FROM mail_instances
JOIN ua_target_resources AS target
    ON target.uuid = mail_instances.uuid AND target.kind = %(kind)s
WHERE mail_instances.updated_at <> target.tracked_at
"""

_DELETED = """
SELECT target.uuid
FROM ua_target_resources AS target
WHERE target.kind = %(kind)s AND NOT EXISTS (
    SELECT FROM mail_instances WHERE mail_instances.uuid = target.uuid
)
"""

_OUTDATED = """
SELECT outdated.uuid
FROM ua_outdated_resources_view AS outdated
JOIN ua_target_resources AS target
    ON target.uuid = outdated.uuid AND target.kind = outdated.kind
JOIN mail_instances ON mail_instances.uuid = target.master
WHERE outdated.kind = ANY(%(kinds)s)
"""

# A batch of instances that fail for ever must not hide the others behind it.
_SOME = "ORDER BY random() LIMIT %(limit)s"


def _select(query: str, parameters: tp.Mapping[str, tp.Any]) -> list[str]:
    """Return the uuids of some of the rows that a query selects."""
    with engines.engine_factory.get_engine().session_manager() as session:
        rows: Rows = session.execute(
            query + _SOME, {**parameters, "limit": BATCH}
        ).fetchall()
    return [str(row["uuid"]) for row in rows]


def deleted_targets(kind: str) -> tp.Any:
    """Return targets of some of the deleted instances: each gets its turn."""
    uuids = _select(_DELETED, {"kind": kind})
    if not uuids:
        return []
    return ua_models.TargetResource.objects.get_all(
        filters={"uuid": dm_filters.In(uuids), "kind": dm_filters.EQ(kind)}
    )


class FairSelectionMixin:
    """Gives every instance its turn, however many others never get ready.

    The SDK takes the first 100 rows that the database happens to return, and
    only then asks whether each is ready (gcl_sdk agents/universal/dm/models.py,
    get_new_entities()): 100 that are not, and nobody else is ever looked at.
    The same goes for deleted instances whose nodes do not confirm, and for
    reports that nobody can take.
    """

    # Condition on mail_instances, with its leading AND; sees the parameters.
    ready_clause = ""
    ready_parameters: tp.Mapping[str, tp.Any] = {}

    _instance_model: tp.Any

    def _get_new_instances(self) -> tp.Any:
        return self._instances(_NEW + self.ready_clause, self.ready_parameters)

    def _get_updated_instances(self) -> tp.Any:
        return self._instances(_UPDATED + self.ready_clause, self.ready_parameters)

    def _get_outdated_derivative_resources(
        self, *args: tp.Any, **kwargs: tp.Any
    ) -> ResourcePairs:
        """Return what was reported, by instance; of live instances alone.

        The SDK's `_get_outdated_instances_by_masters` raises for *all*
        instances when one of them is gone. We keep derivatives of a deleted
        instance for as long as its node cleans up.
        """
        kinds = sorted(self._instance_model.derivative_kinds())
        uuids = _select(_OUTDATED, {"kinds": kinds})
        if not uuids:
            return {}
        filters = {"kind": dm_filters.In(kinds), "uuid": dm_filters.In(uuids)}
        pairs: ResourcePairs = {}
        for row in ua_models.OutdatedResource.objects.get_all(filters=filters):
            pair = row.to_pair()
            pairs.setdefault(pair.target_resource.master, []).append(pair)
        return pairs

    def _instances(self, query: str, parameters: tp.Mapping[str, tp.Any]) -> tp.Any:
        kind = self._instance_model.get_resource_kind()
        uuids = _select(query, {**parameters, "kind": kind})
        if not uuids:
            return []
        return self._instance_model.objects.get_all(
            filters={"uuid": dm_filters.In(uuids)}
        )
