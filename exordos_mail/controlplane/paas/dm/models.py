# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The PaaS view of an instance: what its node has to know."""

import typing as tp

from gcl_sdk.agents.universal.dm import models as ua_models
from gcl_sdk.infra import constants as sdk_c
from restalchemy.dm import models as ra_models
from restalchemy.dm import properties
from restalchemy.dm import types as ra_types

from exordos_mail import constants as c
from exordos_mail.controlplane import instance_view
from exordos_mail.controlplane import nodes as platform_nodes


class MailInstanceNode(
    ra_models.ModelWithUUID,
    ua_models.SchedulableToAgentMixin,
    ua_models.TargetResourceKindAwareMixin,
):
    """The payload of one node, and what the node reports about it.

    Its uuid is the uuid of the node's agent, which is all that scheduling
    needs (SchedulableToAgentMixin). `revision` stands for all content: the node
    fetches that from the gateway, or finds it in `bulk` where there is none.
    """

    name = properties.property(ra_types.String(max_length=255), default="")
    # Counter of the instance's changes at the time the payload was made.
    generation = properties.property(ra_types.Integer(), default=0)
    # See protocol/documents.py; "" from a node that has applied nothing.
    revision = properties.property(ra_types.String(max_length=64), default="")
    domain = properties.property(ra_types.String(max_length=253), default="")
    # Accounts, DKIM private keys, limits; None where the node fetches them, and
    # in what a node reports.
    bulk = properties.property(ra_types.AllowNone(ra_types.Dict()), default=None)
    # Reported by the node only:
    status = properties.property(
        ra_types.Enum([status.value for status in sdk_c.InstanceStatus]),
        default=sdk_c.InstanceStatus.NEW.value,
    )
    status_reason = properties.property(
        ra_types.AllowNone(ra_types.String()), default=None
    )
    # {selector: TXT record data of the key that lies on the node}
    dkim = properties.property(ra_types.Dict(), default=dict)
    # PEM texts of the certificates that the node shows
    certificates = properties.property(ra_types.List(), default=list)
    # See controlplane/health.py, which judges it.
    health = properties.property(
        ra_types.AllowNone(ra_types.AnySimpleType()), default=None
    )

    @classmethod
    def get_resource_kind(cls) -> str:
        """Return the resource kind."""
        return c.NODE_KIND

    def get_resource_target_fields(self) -> tp.Collection[str]:
        """Return the fields that the control plane decides and hashes."""
        return frozenset(("uuid", "name", "generation", "revision", "domain"))

    def to_ua_resource(
        self, *args: tp.Any, **kwargs: tp.Any
    ) -> ua_models.TargetResource:
        """Return the target: hashed without, but sent with a bulk that there is."""
        resource = super().to_ua_resource(*args, **kwargs)
        if self.bulk is not None:
            resource.value = {**resource.value, "bulk": self.bulk}
        return resource


class PaaSInstance(instance_view.InstanceView, ua_models.ReadinessMixin):
    """An instance as the PaaS builder sees it: the source of node payloads."""

    __derivative_model_map__ = {c.NODE_KIND: MailInstanceNode}

    @classmethod
    def get_resource_kind(cls) -> str:
        """Return the resource kind."""
        return c.INSTANCE_PAAS_KIND

    def get_resource_target_fields(self) -> tp.Collection[str]:
        """Return the fields of the instance's own target (it has no agent)."""
        return frozenset(("uuid", "name", "domain"))

    def is_ready_to_create(self) -> bool:
        """Wait until the agents of all nodes have registered.

        Until then the target rows could not name their agent (a foreign key),
        and each pass would fail with a traceback.
        """
        return platform_nodes.registered(platform_nodes.node_set_nodes(self.uuid))

    def is_ready_to_update(self) -> bool:
        """Wait for a node that has replaced another one, as on creation."""
        return self.is_ready_to_create()

    def is_ready_to_actualize(self) -> bool:
        """Take every report at once: it depends on nothing else."""
        return True
