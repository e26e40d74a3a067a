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
