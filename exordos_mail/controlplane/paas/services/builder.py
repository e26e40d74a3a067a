# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""PaaS builder: instance, accounts and keys become node payloads; reports come back."""

import logging
import typing as tp
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from gcl_sdk.paas.services import builder
from restalchemy.dm import filters as dm_filters
from restalchemy.storage.sql import engines

from exordos_mail import constants as c
from exordos_mail.controlplane import (
    account_shards,
    builders,
    gateway_options,
    keyring,
    node_settings,
    send_options,
    submission_options,
    tenant_documents,
)
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.controlplane.dm import fields, key_file
from exordos_mail.controlplane.paas.dm import models
from exordos_mail.controlplane.paas.services import dkim_keys
from exordos_mail.protocol import messages, revision, shards
from exordos_mail.standards import certificates, dkim

LOG = logging.getLogger(__name__)

Objects = tp.Collection[ua_models.TargetResourceKindAwareMixin]

# What the tenant reads; the cause, with its path, is for the operator's log.
KEYS_UNREADABLE = "the platform cannot read this instance's keys; ask the operator"


def _bulk(
    queries: account_shards.Queries,
    instance: sys_uuid.UUID,
    settings: tp.Mapping[str, tp.Any],
    documents: list[messages.Document],
) -> dict[str, tp.Any] | None:
    """Return what the payload itself has to carry: all, if there is no gateway."""
    if gateway_options.is_open():
        return None
    texts = account_shards.texts(queries, instance, range(shards.COUNT))
    accounts: dict[str, str] = {}
    for text in texts.values():
        accounts.update(shards.accounts(text))
    bulk = {"accounts": accounts, **settings}
    return {**bulk, "tenants": documents} if documents else bulk


def _tenants(
    queries: account_shards.Queries, instance: sys_uuid.UUID, keys: keyring.Keyring
) -> tuple[dict[str, str], list[messages.Document]]:
    """Return the tags of the tenants, and the documents if there is no gateway.

    A document that cannot be made has but uuid and tag: a node would remove a
    tenant that it is not told of.
    """
    tags = tenant_documents.tags(queries, instance)
    if gateway_options.is_open():
        return tags, []
    made = tenant_documents.documents(queries, instance, tags, keys).documents
    documents = [
        made.get(uuid, {"uuid": uuid, "tag": tag}) for uuid, tag in tags.items()
    ]
    return {one["uuid"]: one["tag"] for one in documents}, documents


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

    # --- gates: what has to be there before a payload can be built ----------

    def can_create_instance_resource(self, instance: models.PaaSInstance) -> bool:
        """Wait for the nodes' agents, then for readable keys."""
        return (
            instance.is_ready_to_create()
            and self._hold(instance)
            and self._ensure_keys(instance)
        )

    def can_update_instance_resource(
        self, instance: models.PaaSInstance, resource: ua_models.TargetResource
    ) -> bool:
        """Wait for the nodes' agents, then for readable keys."""
        return (
            instance.is_ready_to_update()
            and self._hold(instance)
            and self._ensure_keys(instance)
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
        keys = key_file.keys()
        signing = dkim_keys.signing_keys(instance.stored, keys)
        with engines.engine_factory.get_engine().session_manager() as session:
            digests = account_shards.refreshed(session, instance.uuid)
            tags, documents = _tenants(session, instance.uuid, keys)
            settings = node_settings.settings(signing)
            bulk = _bulk(session, instance.uuid, settings, documents)
            # The gateway rings the nodes when this pass is committed.
            session.execute(
                "SELECT pg_notify(%s, %s)", (c.NODES_CHANNEL, str(instance.uuid))
            )
        wanted = revision.compute(
            instance.domain, revision.settings_digest(settings), digests, tags
        )
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
        return payloads

    def actualize_paas_objects_source_data_plane(
        self, instance: models.PaaSInstance, paas_collection: builder.PaaSCollection
    ) -> Objects:
        """Take over the nodes' reports; the payloads stay as they are."""
        for target, actual in paas_collection.paas_objects:
            if actual is not None:
                self._take_report(instance, target, actual)
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

    # --- keys --------------------------------------------------------------------

    def _ensure_keys(self, instance: models.PaaSInstance) -> bool:
        """Make the keys that are missing; say whether all of them can be read."""
        try:
            dkim_keys.signing_keys(instance.stored, key_file.keys())
        except keyring.KeyringError as error:
            if instance.service_reason != KEYS_UNREADABLE:
                LOG.error("DKIM keys of instance %s: %s", instance.uuid, error)
                self._judge(instance, fields.ERROR, KEYS_UNREADABLE)
                instance.update()
            return False
        return True

    @staticmethod
    def _judge(
        instance: models.PaaSInstance, status: str, reason: str | None = ""
    ) -> None:
        if instance.service_status != status:
            instance.service_status = status
        text = fields.as_reason(reason or "")
        if instance.service_reason != text:
            instance.service_reason = text
