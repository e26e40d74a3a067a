# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""PaaS builder: instance, accounts and keys become node payloads; reports come back."""

import contextlib
import logging
import typing as tp

from gcl_sdk.agents.universal.dm import models as ua_models
from gcl_sdk.paas.services import builder
from restalchemy.dm import filters as dm_filters
from restalchemy.storage.sql import engines

from exordos_mail import constants as c
from exordos_mail.controlplane import (
    builders,
    dns_options,
    gateway_options,
    health,
    keyring,
    resolver_options,
    send_options,
    submission_options,
)
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane.dm import fields, key_file
from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.controlplane.paas.dm import models
from exordos_mail.controlplane.paas.services import dkim_keys
from exordos_mail.protocol import documents
from exordos_mail.standards import certificates, dkim

LOG = logging.getLogger(__name__)

Objects = tp.Collection[ua_models.TargetResourceKindAwareMixin]

# What the tenant reads; the cause, with its path, is for the operator's log.
KEYS_UNREADABLE = "the platform cannot read this instance's keys; ask the operator"


class MailInstanceBuilder(
    builders.LiveInstancesMixin, builders.FairSelectionMixin, builder.PaaSBuilder
):
    """Keeps one payload per node, and takes over what the node reports."""

    ready_clause = platform_nodes.REGISTERED_CLAUSE
    ready_parameters = platform_nodes.REGISTERED_PARAMETERS

    def __init__(
        self, instance_model: type[models.PaaSInstance] = models.PaaSInstance
    ) -> None:
        super().__init__(instance_model)
        # What is wrong in there is to end the start, and not a pass much later.
        send_options.private_networks()
        submission_options.rate_limit()
        resolver_options.resolver()

    # --- gates: what has to be there before a payload can be built ----------

    def can_create_instance_resource(self, instance: models.PaaSInstance) -> bool:
        """Wait for the nodes' agents, then for keys, which have to be readable."""
        return (
            instance.is_ready_to_create()
            and self._hold(instance)
            and self._can_sign(instance, first=True)
        )

    def can_update_instance_resource(
        self, instance: models.PaaSInstance, resource: ua_models.TargetResource
    ) -> bool:
        """Wait for the nodes' agents, then for readable keys."""
        return (
            instance.is_ready_to_update()
            and self._hold(instance)
            and self._can_sign(instance)
        )

    def can_actualize_outdated_instance_resource(
        self, instance: models.PaaSInstance
    ) -> bool:
        """Leave an instance alone that a user has changed since the last payload.

        The SDK notes the instance as dealt with after a report, as after a
        change; a change that has come between the two phases of a pass would
        be lost. The next pass takes both, the change and the report.
        """
        resource = ua_models.TargetResource.objects.get_one(
            filters={
                "uuid": dm_filters.EQ(instance.uuid),
                "kind": dm_filters.EQ(c.INSTANCE_PAAS_KIND),
            }
        )
        return bool(resource.tracked_at == instance.updated_at) and self._hold(instance)

    def can_delete_instance_resource(self, resource: ua_models.TargetResource) -> bool:
        """Withdraw the payload at once: the node then removes what it holds."""
        return True

    # --- payload -------------------------------------------------------------

    def create_paas_objects(self, instance: models.PaaSInstance) -> Objects:
        """Return the payloads of all nodes of the instance."""
        with engines.engine_factory.get_engine().session_manager() as session:
            view = collection.View(session, instance.uuid, key_file.keys(), stores=True)
            digests = registry.digests(view)
            bulk = None if gateway_options.is_open() else registry.bulk(view, digests)
            # The gateway rings the nodes when this pass is committed.
            session.execute(
                "SELECT pg_notify(%s, %s)", (c.NODES_CHANNEL, str(instance.uuid))
            )
        wanted = documents.revision(bulk["collections"] if bulk else digests)
        return [
            models.MailInstanceNode(
                uuid=platform_nodes.agent_uuid(node),
                name=instance.name,
                generation=instance.generation,
                revision=wanted,
                domain=instance.domain,
                bulk=bulk,
            )
            for node in platform_nodes.node_set_nodes(instance.uuid)
        ]

    def actualize_paas_objects(
        self, instance: models.PaaSInstance, paas_collection: builder.PaaSCollection
    ) -> Objects:
        """Return the payloads after a user's change, judged by the last reports."""
        payloads = self.create_paas_objects(instance)
        actuals = {
            pair.target.uuid: pair.actual for pair in paas_collection.paas_objects
        }
        for payload in payloads:
            actual = actuals.get(payload.uuid)
            if actual is not None:
                self._take_report(instance, payload, actual)
        self._take_health(instance, actuals.values())
        return payloads

    def actualize_paas_objects_source_data_plane(
        self, instance: models.PaaSInstance, paas_collection: builder.PaaSCollection
    ) -> Objects:
        """Take over the nodes' reports; the payloads stay, or follow the gateway."""
        for target, actual in paas_collection.paas_objects:
            if actual is not None:
                self._follow_gateway(instance, target, actual)
                self._take_report(instance, target, actual)
        self._take_health(instance, paas_collection.actuals())
        return paas_collection.targets()

    def post_create_instance_resource(
        self,
        instance: models.PaaSInstance,
        resource: ua_models.TargetResource,
        derivatives: tp.Collection[ua_models.TargetResource] = (),
    ) -> None:
        """Nodes know what to do now; the status is computed from two verdicts."""
        self._judge(instance, fields.IN_PROGRESS)

    def enable_schedule_paas_objects(self) -> bool:
        """Say no: a payload names its agent itself (SchedulableToAgentMixin)."""
        return False

    # --- reports ---------------------------------------------------------------

    @staticmethod
    def _follow_gateway(
        instance: models.PaaSInstance,
        target: models.MailInstanceNode,
        actual: models.MailInstanceNode,
    ) -> None:
        """Have a payload name what its node has, if that is what the gateway tells.

        Options of the operator are a part of it. When they change, no instance does, so
        that no payload is made; a node would have something else for ever.
        """
        if actual.revision in ("", target.revision) or target.bulk is not None:
            return
        with engines.engine_factory.get_engine().session_manager() as session:
            view = collection.View(session, instance.uuid, key_file.keys())
            with contextlib.suppress(keyring.KeyringError):
                if documents.revision(registry.digests(view)) == actual.revision:
                    target.revision = actual.revision

    def _take_report(
        self,
        instance: models.PaaSInstance,
        target: models.MailInstanceNode,
        actual: models.MailInstanceNode,
    ) -> None:
        if actual.dkim:
            self._take_dkim(instance, actual.dkim)
        self._take_certificates(instance, actual.certificates)
        if actual.revision and actual.generation != instance.applied_generation:
            instance.applied_generation = actual.generation

        if actual.status == fields.ERROR:
            self._judge(instance, fields.ERROR, actual.status_reason)
        elif actual.status == fields.ACTIVE and actual.revision == target.revision:
            self._judge(instance, fields.ACTIVE)
        elif actual.status != fields.ACTIVE or instance.service_status != fields.ACTIVE:
            # A node that serves an older revision well stays ACTIVE: the
            # change that is on its way shows in applied_generation.
            self._judge(instance, fields.IN_PROGRESS, actual.status_reason)

    @staticmethod
    def _take_dkim(instance: models.PaaSInstance, records: dict[str, str]) -> None:
        keys = [
            {
                "selector": selector,
                "name": dkim.record_name(selector, instance.domain),
                "type": "TXT",
                "value": records[selector],
            }
            for selector in sorted(records)
        ]
        if dns_options.CONF.mail.dns_checks:
            return  # see controlplane/dkim/shown.py
        if keys != instance.dkim_keys:
            instance.dkim_keys = keys
        first = next((key for key in keys if dkim.is_rsa(key["value"])), None)
        if first is not None and first["value"] != instance.dkim_public_key:
            instance.dkim_selector = first["selector"]
            instance.dkim_public_key = first["value"]

    @staticmethod
    def _take_certificates(instance: models.PaaSInstance, sent: list[tp.Any]) -> None:
        """Take over what the node shows; a report without any tells nothing."""
        found = certificates.described(sent)
        if found and found != instance.certificates:
            instance.certificates = found

    @staticmethod
    def _take_health(
        instance: models.PaaSInstance,
        actuals: tp.Iterable[models.MailInstanceNode | None],
    ) -> None:
        """Show what nodes tell of their services; one that does not know says null."""
        if all(one is None or one.health is None for one in actuals):
            return
        with engines.engine_factory.get_engine().session_manager() as session:
            found = health.of(session, instance.uuid)
        if found != instance.health:
            instance.health = found

    # --- keys --------------------------------------------------------------------

    def _can_sign(self, instance: models.PaaSInstance, first: bool = False) -> bool:
        """Say whether all keys can be read, and before the first payload: are there."""
        try:
            signs = dkim_keys.signs(instance.uuid, key_file.keys())
        except keyring.KeyringError as error:
            if instance.service_reason != KEYS_UNREADABLE:
                LOG.error("DKIM keys of instance %s: %s", instance.uuid, error)
                self._judge(instance, fields.ERROR, KEYS_UNREADABLE)
                instance.update()
            return False
        return signs or not first

    @staticmethod
    def _judge(
        instance: models.PaaSInstance, status: str, reason: str | None = ""
    ) -> None:
        if instance.service_status != status:
            instance.service_status = status
        text = fields.as_reason(reason or "")
        if instance.service_reason != text:
            instance.service_reason = text
