# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The rows that Core's agent and a node's agent write, for builder tests."""

import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from gcl_sdk.infra.dm import models as sdk_models
from oslo_config import cfg
from restalchemy.dm import filters as dm_filters

from exordos_mail import constants as c
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane.dkim import service as dkim_service
from exordos_mail.controlplane.dm import models
from exordos_mail.controlplane.infra.services import builder as infra_builder
from exordos_mail.controlplane.paas.dm import models as paas_models
from exordos_mail.controlplane.paas.services import builder as paas_builder
from tests import bulk

PROJECT = sys_uuid.UUID("4d657461-0000-0000-0000-000000000002")
ADDRESS = "10.20.0.40"
RECORDS = {"platform": "v=DKIM1; k=rsa; p=AAAA"}


class World:
    """The platform around the builders: one pass of each at a time."""

    def __init__(self, key_file: str) -> None:
        cfg.CONF([], project="test")
        cfg.CONF.set_override("secrets_key_file", key_file, group="mail")
        # Payloads that carry everything show what the builder knows.
        cfg.CONF.set_override("gateway_port", 0, group="mail")
        # There is no DNS: keys sign at once.
        cfg.CONF.set_override("dns_checks", False, group="mail")
        self.dkim = dkim_service.DKIMLife(budget=60)
        self.infra = infra_builder.MailInfraBuilder(
            core_username="nobody",
            core_password="nothing",
            # Never asked: every node's key is stored before it is reported.
            core_api_base_url="http://127.0.0.1:9",
            project_id=PROJECT,
        )
        self.paas = paas_builder.MailInstanceBuilder()

    def iterate(self) -> None:
        """Run one pass of the services, as gservice does."""
        self.dkim._iteration()
        self.infra._iteration()
        self.paas._iteration()


def new_instance(
    version: models.MailVersion, domain: str = "example.com"
) -> models.MailInstance:
    instance = models.MailInstance(
        name="m1",
        project_id=PROJECT,
        domain=domain,
        cpu=1,
        ram=1024,
        disk_size=10,
        version=version,
    )
    instance.insert()
    return instance


def read(instance: models.MailInstance) -> models.MailInstance:
    return by_uuid(instance.uuid)


def by_uuid(uuid: sys_uuid.UUID) -> models.MailInstance:
    return models.MailInstance.objects.get_one(filters={"uuid": dm_filters.EQ(uuid)})


def add_account(instance: models.MailInstance, username: str) -> models.MailAccount:
    account = models.MailAccount(
        instance=read(instance), username=username, password="a password"
    )
    account.insert()
    return account


def targets(kind: str, master: sys_uuid.UUID) -> list[ua_models.TargetResource]:
    return list(
        ua_models.TargetResource.objects.get_all(
            filters={"kind": dm_filters.EQ(kind), "master": dm_filters.EQ(master)}
        )
    )


def payload(instance: models.MailInstance) -> dict[str, tp.Any]:
    (target,) = targets(c.NODE_KIND, instance.uuid)
    return dict(target.value)


def documents(instance: models.MailInstance, collection: str) -> dict[str, tp.Any]:
    """Return what a payload carries of a collection, by key."""
    return bulk.documents_in(payload(instance)["bulk"], collection)


def core_reports(
    instance: models.MailInstance,
    nodes: dict[sys_uuid.UUID, str],
    status: str = "ACTIVE",
    **changes: tp.Any,
) -> None:
    """Write what the platform's agent reports about the node set."""
    for node in nodes:
        ua_models.NodeEncryptionKey.get_or_create(node)
    (target,) = targets(platform_nodes.NODE_SET_KIND, instance.uuid)
    node_set = sdk_models.NodeSet.from_ua_resource(target)
    node_set.status = status
    node_set.nodes = {str(node): {"ipv4": address} for node, address in nodes.items()}
    for name, value in changes.items():
        setattr(node_set, name, value)
    _store(node_set, platform_nodes.NODE_SET_KIND)


def agent_registers(node: sys_uuid.UUID) -> None:
    """Write the row that the registration of a node's agent leaves."""
    ua_models.NodeEncryptionKey.get_or_create(node)
    ua_models.UniversalAgent(
        uuid=platform_nodes.agent_uuid(node),
        name="mailaas",
        node=node,
        capabilities={"capabilities": [c.NODE_KIND]},
        facts={"facts": []},
    ).insert()


def node_reports(
    instance: models.MailInstance, status: str = "ACTIVE", **changes: tp.Any
) -> None:
    """Write what a node reports that has applied its payload."""
    (target,) = targets(c.NODE_KIND, instance.uuid)
    report = paas_models.MailInstanceNode.from_ua_resource(target)
    report.bulk = None
    report.status = status
    report.dkim = RECORDS
    for name, value in changes.items():
        setattr(report, name, value)
    _store(report, c.NODE_KIND)


def node_cleans_up(node: sys_uuid.UUID) -> None:
    """Remove the report, as an agent does whose resource is gone."""
    for row in ua_models.Resource.objects.get_all(
        filters={"uuid": dm_filters.EQ(platform_nodes.agent_uuid(node))}
    ):
        row.delete()


def _store(report: tp.Any, kind: str) -> None:
    # ResourceMixin, not the target's mixin: a report is hashed over all fields.
    resource = ua_models.ResourceMixin.to_ua_resource(report, kind)
    old = ua_models.Resource.objects.get_one_or_none(
        filters={
            "uuid": dm_filters.EQ(resource.uuid),
            "kind": dm_filters.EQ(kind),
        }
    )
    if old is not None:
        old.delete()
    resource.insert()
