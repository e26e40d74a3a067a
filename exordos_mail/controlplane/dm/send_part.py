# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""What everything below a tenant of the send service has in common."""

import typing as tp

from restalchemy.dm import models, relationships

from exordos_mail.controlplane.dm import exceptions, fields, locked_writes
from exordos_mail.controlplane.dm import send_tenant as dm_tenant


class TenantPart(
    fields.Discreet,
    models.ModelWithUUID,
    fields.Named,
    models.ModelWithProject,
    locked_writes.LockedWrites,
    models.ModelWithTimestamp,
):
    """A part of a tenant; stands left of the mixins that store it.

    Attributes:
        tenant: whose it is; same project.
    """

    __owner__ = "tenant"

    tenant = relationships.relationship(
        dm_tenant.MailSendTenant, required=True, read_only=True
    )

    def __init__(self, **kwargs: tp.Any) -> None:
        """Make a new part.

        Raises:
            MailValidationError: the project is not the tenant's; a value breaks
                its rule.
        """
        tenant = kwargs.get("tenant")
        if isinstance(tenant, dm_tenant.MailSendTenant):
            kwargs.setdefault("project_id", tenant.project_id)
        super().__init__(**kwargs)

    def validate(self) -> None:
        """Hold the part to its tenant's project.

        Raises:
            MailValidationError: the two projects differ.
        """
        super().validate()
        if self.project_id != self.tenant.project_id:
            raise exceptions.MailValidationError(
                details="project_id: it is that of the tenant"
            )
