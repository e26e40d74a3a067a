# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Infra builder: a mail instance becomes a NodeSet in Core."""

import logging
import time
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from gcl_sdk.infra import constants as sdk_c
from gcl_sdk.infra.dm import models as sdk_models
from gcl_sdk.infra.services import builder
from restalchemy.dm import filters as dm_filters
from restalchemy.storage.sql import engines

from exordos_mail import constants as c
from exordos_mail.controlplane import builders
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane.dm import fields
from exordos_mail.controlplane.infra.dm import models
from exordos_mail.controlplane.infra.services import core_client

LOG = logging.getLogger(__name__)

Objects = tp.Collection[ua_models.TargetResourceKindAwareMixin]

# How long a deleted instance's machine lives on so that its agent can remove
# the tenant's secrets; a node that does not answer must not keep it for ever.
CLEAN_UP_GRACE = 30.0  # seconds


def is_settled(wanted: sdk_models.NodeSet, actual: sdk_models.NodeSet) -> bool:
    """Tell whether Core has done what the target asks for."""
    return bool(
        actual.status == sdk_c.NodeStatus.ACTIVE.value
        and actual.cores == wanted.cores
        and actual.ram == wanted.ram
        and [disk["size"] for disk in actual.disk_spec.disks]
        == [disk["size"] for disk in wanted.disk_spec.disks]
    )


class MailInfraBuilder(
    builders.LiveInstancesMixin, builders.FairSelectionMixin, builder.CoreInfraBuilder
):
    """Keeps one NodeSet per instance, its node keys and its addresses.

    Args:
        core_username, core_password, core_api_base_url: the platform's user.
        project_id: the platform's project, which owns the node sets.
    """

    def __init__(
        self,
        core_username: str,
        core_password: str,
        core_api_base_url: str,
        project_id: sys_uuid.UUID,
        instance_model: type[models.InfraInstance] = models.InfraInstance,
    ) -> None:
        super().__init__(instance_model)
        self._project_id = project_id
        self._core = core_client.CoreClient(
            core_api_base_url, core_username, core_password, project_id
        )
        # Instances in deletion: monotonic time at which each was first seen.
        self._deleted_since: dict[sys_uuid.UUID, float] = {}

    def create_infra(self, instance: models.InfraInstance) -> Objects:
        """Return the node set of a new instance."""
        return self.actualize_infra(instance, builder.InfraCollection(()))

    def actualize_infra(
        self, instance: models.InfraInstance, infra: builder.InfraCollection
    ) -> Objects:
        """Return the node set that the instance wants, and take over its report.

        Called for a user's change and for a report from Core alike.
        """
        wanted = instance.node_set(self._project_id)
        actual = next((pair.actual for pair in infra.infra_objects), None)
        if actual is None:
            self._judge(instance, fields.IN_PROGRESS)
            return (wanted,)

        self._adopt_nodes(instance, actual)
        if actual.status == sdk_c.NodeStatus.ERROR.value:
            self._judge(instance, fields.ERROR, "Core could not provide the machine")
        elif is_settled(wanted, actual):
            self._judge(instance, fields.ACTIVE)
        else:
            self._judge(instance, fields.IN_PROGRESS)
        return (wanted,)

    def post_create_instance_resource(
        self,
        instance: models.InfraInstance,
        resource: ua_models.TargetResource,
        derivatives: tp.Collection[ua_models.TargetResource] = (),
    ) -> None:
        """Leave the status alone: ours is computed from two verdicts."""

    def can_create_instance_resource(self, instance: models.InfraInstance) -> bool:
        """Leave a row alone that is gone by now."""
        return self._hold(instance)

    def can_update_instance_resource(
        self, instance: models.InfraInstance, resource: ua_models.TargetResource
    ) -> bool:
        """Leave a row alone that is gone by now."""
        return self._hold(instance)

    def can_actualize_outdated_instance_resource(
        self, instance: models.InfraInstance
    ) -> bool:
        """Leave a row alone that is gone by now."""
        return self._hold(instance)

    def can_delete_instance_resource(self, resource: ua_models.TargetResource) -> bool:
        """Wait until the node has removed the tenant's secrets, within bounds."""
        first_seen = self._deleted_since.setdefault(resource.uuid, time.monotonic())
        nodes = platform_nodes.node_set_nodes(resource.uuid)
        waits = self._has_paas_target(resource.uuid) or platform_nodes.reported(nodes)
        if not waits:
            return True
        if time.monotonic() - first_seen < CLEAN_UP_GRACE:
            return False
        LOG.warning(
            "The node of the deleted instance %s did not confirm its clean-up "
            "within %d s; its machine is removed with its disks now",
            resource.uuid,
            CLEAN_UP_GRACE,
        )
        return True

    def pre_delete_instance_resource(self, resource: ua_models.TargetResource) -> None:
        """Remove keys, agents and reports of the instance's nodes."""
        platform_nodes.forget(platform_nodes.node_set_nodes(resource.uuid))
        self._deleted_since.pop(resource.uuid, None)

    def _adopt_nodes(
        self, instance: models.InfraInstance, actual: sdk_models.NodeSet
    ) -> None:
        nodes = {sys_uuid.UUID(node): fact for node, fact in actual.nodes.items()}
        if platform_nodes.unknown_keys(nodes):
            for node, key in self._core.node_keys(instance.uuid).items():
                ua_models.NodeEncryptionKey.get_or_create(node, key)

        addresses = [
            nodes[node]["ipv4"] for node in sorted(nodes) if nodes[node].get("ipv4")
        ]
        if addresses and addresses != instance.ipsv4:
            instance.ipsv4 = addresses

        self._replace_nodes(instance, nodes)

    def _replace_nodes(
        self, instance: models.InfraInstance, nodes: tp.Collection[sys_uuid.UUID]
    ) -> None:
        """Have the payload built anew when Core has exchanged a machine."""
        wanted = {platform_nodes.agent_uuid(node) for node in nodes}
        targets = ua_models.TargetResource.objects.get_all(
            filters={
                "master": dm_filters.EQ(instance.uuid),
                "kind": dm_filters.EQ(c.NODE_KIND),
            }
        )
        stale = {target.uuid for target in targets} - wanted
        if not stale or not wanted:
            return
        agents = ua_models.UniversalAgent.objects.get_all(
            filters={"uuid": dm_filters.In(list(stale))}
        )
        platform_nodes.forget([agent.node for agent in agents])
        with engines.engine_factory.get_engine().session_manager() as session:
            session.execute(
                "UPDATE mail_instances SET generation = generation + 1,"
                " updated_at = clock_timestamp() AT TIME ZONE 'utc' WHERE uuid = %s",
                (instance.uuid,),
            )

    @staticmethod
    def _has_paas_target(instance: sys_uuid.UUID) -> bool:
        return (
            ua_models.TargetResource.objects.get_one_or_none(
                filters={
                    "uuid": dm_filters.EQ(instance),
                    "kind": dm_filters.EQ(c.INSTANCE_PAAS_KIND),
                }
            )
            is not None
        )

    @staticmethod
    def _judge(instance: models.InfraInstance, status: str, reason: str = "") -> None:
        if instance.infra_status != status:
            instance.infra_status = status
        if instance.infra_reason != reason:
            instance.infra_reason = reason
