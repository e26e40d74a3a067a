# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Addresses that a tenant of the send service sends nothing to."""

from restalchemy.dm import properties, types

from exordos_mail.controlplane.dm import fields, send_tenant, send_types, stored
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.standards import recipient


class MailSendSuppression(stored.Stored):
    """An address that gets nothing.

    Attributes:
        address: in normal form, unique in the tenant.
        reason: why, for people.
        expires_at: until when; None: for good.
    """

    __tablename__ = "mail_send_suppressions"
    __audit_resource_type__ = "mail_send_suppression"
    __conflict__ = "a suppression of this address or uuid exists, or the tenant is gone"
    __owner__ = "tenant"
    __project_rule__ = "it is that of the tenant"

    name = fields.name()
    description = fields.description()
    project_id = fields.project_id()
    created_at = fields.moment()
    updated_at = fields.moment()
    tenant = send_tenant.owner()
    address = properties.property(send_types.address(), required=True, read_only=True)
    reason = properties.property(
        mail_types.Line("reason", min_length=1, max_length=recipient.REASON_MAX),
        required=True,
    )
    expires_at = properties.property(types.AllowNone(send_types.Moment("expires_at")))
