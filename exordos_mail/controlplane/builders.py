#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""What both builders need from the SDK's builder service, corrected."""

import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from restalchemy.dm import filters as dm_filters
from restalchemy.storage.sql import engines

ResourcePairs = dict[sys_uuid.UUID, list[ua_models.ResourcePair]]


class LiveInstancesMixin:
    """Actualises only instances whose row still exists.

    The SDK's `_get_outdated_instances_by_masters` raises for *all* instances
    when one outdated derivative belongs to a row that is already gone
    (gcl_sdk agents/universal/services/builder.py). We keep derivatives of a
    deleted instance for as long as its node cleans up, so they must not be
    offered there.
    """

    _instance_model: tp.Any

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

    def _get_outdated_derivative_resources(
        self, *args: tp.Any, **kwargs: tp.Any
    ) -> ResourcePairs:
        pairs: ResourcePairs = super()._get_outdated_derivative_resources(  # type: ignore[misc]
            *args, **kwargs
        )
        if not pairs:
            return pairs
        alive = {
            instance.uuid
            for instance in self._instance_model.objects.get_all(
                filters={"uuid": dm_filters.In(tuple(pairs))}
            )
        }
        return {master: pairs[master] for master in pairs if master in alive}


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

# A batch of instances that fail for ever must not hide the others behind it.
_SOME = "ORDER BY random() LIMIT %(limit)s"


class FairSelectionMixin:
    """Gives every instance its turn, however many others never get ready.

    The SDK takes the first 100 rows that the database happens to return, and
    only then asks whether each is ready (gcl_sdk agents/universal/dm/models.py,
    get_new_entities()): 100 that are not, and nobody else is ever looked at.
    """

    # Condition on mail_instances, with its leading AND; sees the parameters.
    ready_clause = ""
    ready_parameters: tp.Mapping[str, tp.Any] = {}

    _instance_model: tp.Any

    def _get_new_instances(self) -> tp.Any:
        return self._select(_NEW)

    def _get_updated_instances(self) -> tp.Any:
        return self._select(_UPDATED)

    def _select(self, query: str) -> tp.Any:
        parameters = {
            **self.ready_parameters,
            "kind": self._instance_model.get_resource_kind(),
            "limit": BATCH,
        }
        with engines.engine_factory.get_engine().session_manager() as session:
            rows: Rows = session.execute(
                query + self.ready_clause + _SOME, parameters
            ).fetchall()
        if not rows:
            return []
        return self._instance_model.objects.get_all(
            filters={"uuid": dm_filters.In([str(row["uuid"]) for row in rows])}
        )
