# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The infra view of an instance: what Core has to provide for it."""

import typing as tp
import uuid as sys_uuid

from gcl_sdk.infra import constants as sdk_c
from gcl_sdk.infra.dm import models as sdk_models

from exordos_mail import constants as c
from exordos_mail.controlplane import instance_view


class InfraInstance(instance_view.InstanceView):
    """An instance as the infra builder sees it: the source of one NodeSet."""

    __derivative_model_map__ = {
        sdk_models.NodeSet.get_resource_kind(): sdk_models.NodeSet,
    }

    @classmethod
    def get_resource_kind(cls) -> str:
        """Return the resource kind."""
        return c.INSTANCE_INFRA_KIND

    def get_resource_target_fields(self) -> tp.Collection[str]:
        """Return the fields that a node set is made from."""
        return frozenset(("uuid", "cpu", "ram", "disk_size", "image"))

    def disk_spec(self) -> sdk_models.SetDisksSpec:
        """Return the disks of a node: the image's root disk, then the data disk."""
        return sdk_models.SetDisksSpec(
            disks=[
                {
                    "size": c.ROOT_DISK_SIZE,
                    "image": self.image,
                    "label": "root",
                },
                {"size": self.disk_size, "label": "data"},
            ]
        )

    def node_set(self, project_id: sys_uuid.UUID) -> sdk_models.NodeSet:
        """Return the node set of this instance, owned by the platform's project."""
        return sdk_models.NodeSet(
            uuid=self.uuid,
            name=f"mailaas-dp-{self.uuid}",
            cores=self.cpu,
            ram=self.ram,
            disk_spec=self.disk_spec(),
            replicas=1,
            project_id=project_id,
            status=sdk_c.NodeStatus.NEW.value,
        )
