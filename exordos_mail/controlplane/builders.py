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
