# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The plugin contract of MetaPaaS: the one class that names every wire.

Every process of the platform imports this module (exordos_metapaas
registry.py, discover_paas()), and an import error in it would break them all:
so it imports nothing but the base class, and each method imports what it
needs.
"""

import os
import typing as tp
import uuid as sys_uuid

from exordos_metapaas import registry

from exordos_mail import constants as c

_DECLARED = "exordos_mail.controlplane.dm.declared"


class MailDefinition(registry.PaaSDefinition):
    """Mail as a MetaPaaS type: API, migrations, builders, manifest models."""

    slug = c.SLUG
    element_name = c.ELEMENT_NAME

    def get_type_route(self) -> type:
        """Return the route class that is mounted at /v1/types/mail/."""
        from exordos_mail.controlplane.api import readable, routes

        readable.install()
        return routes.MailRoute

    def get_migrations_path(self) -> str:
        """Return the directory of the migration steps."""
        return os.path.join(os.path.dirname(__file__), "migrations")

    def get_builders(
        self,
        core_username: str,
        core_password: str,
        core_api_base_url: str,
        project_id: sys_uuid.UUID,
    ) -> list[tp.Any]:
        """Return the services that gservice runs for this plugin, in order."""
        from exordos_mail.controlplane import (
            audit_retention,
            delivery_retention,
            mailbox_retention,
            sealing_keys,
            silence,
            wakeup,
        )
        from exordos_mail.controlplane.certificates import service as certificates
        from exordos_mail.controlplane.dkim import service as dkim_service
        from exordos_mail.controlplane.dns import checker as dns_checker
        from exordos_mail.controlplane.dns.publish import service as publish_service
        from exordos_mail.controlplane.gateway import service as gateway_service
        from exordos_mail.controlplane.infra.services import builder as infra_builder
        from exordos_mail.controlplane.metrics import service as metrics_service
        from exordos_mail.controlplane.paas.services import builder as paas_builder
        from exordos_mail.controlplane.policies import keeper as policies

        gateway = gateway_service.GatewayService()
        checker = dns_checker.DNSChecker()

        def on_change(instances: set[sys_uuid.UUID] | None) -> None:
            gateway.ring(instances)
            checker.ring()

        return [
            wakeup.NotificationListener(on_change=on_change),
            gateway,
            checker,
            sealing_keys.SealingKeyPublisher(),
            policies.PolicyKeeper(),
            dkim_service.DKIMLife(),
            infra_builder.MailInfraBuilder(
                core_username=core_username,
                core_password=core_password,
                core_api_base_url=core_api_base_url,
                project_id=project_id,
            ),
            paas_builder.MailInstanceBuilder(),
            certificates.CertificateService(),
            publish_service.Publisher(),
            audit_retention.AuditRetention(),
            delivery_retention.DeliveryRetention(),
            silence.SilenceWatch(),
            mailbox_retention.MailboxRetention(),
            metrics_service.MetricsWriter(),
            wakeup.PendingPace(),
        ]

    def get_agent_models(self) -> dict[str, str]:
        """Return the models that manifests may declare, by sub-path."""
        from exordos_mail.schema import catalogue

        return {
            ".".join(catalogue.path(one)): f"{_DECLARED}:{one.manifest_model}"
            for one in catalogue.nouns().values()
            if one.declarable
        }

    def get_agent_filters(self) -> dict[str, str]:
        """Return the column that scopes each model to the manifests' project."""
        from exordos_mail.schema import catalogue

        return {
            ".".join(catalogue.path(one)): "project_id"
            if one.project
            else "description"
            for one in catalogue.nouns().values()
            if one.declarable
        }
