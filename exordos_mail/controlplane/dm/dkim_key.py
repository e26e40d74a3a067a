# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""DKIM keys: made and kept by the control plane, used by the nodes."""

import typing as tp
import uuid as sys_uuid

from restalchemy.dm import filters as dm_filters
from restalchemy.dm import properties, relationships, types

from exordos_mail.controlplane.dm import fields, stored
from exordos_mail.controlplane.dm import instance as dm_instance
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.standards import dkim


class MailDKIMKey(stored.Stored):
    """A DKIM key of a domain of an instance; written by the PaaS builder.

    Attributes:
        domain, selector: name the key in DNS.
        algorithm: one of `standards.dkim.ALGORITHMS`.
        private_key: envelope of `controlplane.keyring`, bound to the row that
            `envelope_row` names.
        public_key: the TXT record's `p=` value, base64.
    """

    __tablename__ = "mail_dkim_keys"
    __audit_resource_type__ = "mail_dkim_key"
    __conflict__ = "the selector is taken in this domain, or the instance is gone"
    __secret_fields__ = frozenset(("private_key",))

    created_at = fields.moment()
    updated_at = fields.moment()
    instance = relationships.relationship(
        dm_instance.MailInstance, required=True, read_only=True
    )
    domain = properties.property(mail_types.Domain(), required=True, read_only=True)
    selector = properties.property(
        mail_types.Line("selector", min_length=1, max_length=dm_instance.SELECTOR_MAX),
        required=True,
        read_only=True,
    )
    algorithm = properties.property(
        types.Enum(list(dkim.ALGORITHMS)), required=True, read_only=True
    )
    private_key = properties.property(types.String(min_length=1), required=True)
    public_key = properties.property(
        types.String(min_length=1, max_length=dm_instance.RECORD_MAX), required=True
    )

    @classmethod
    def of_instance(
        cls, instance: dm_instance.MailInstance, session: tp.Any = None
    ) -> list["MailDKIMKey"]:
        """Return the keys of an instance, ordered by selector."""
        return list(
            cls.objects.get_all(
                filters={"instance": dm_filters.EQ(instance)},
                order_by={"selector": "asc"},
                session=session,
            )
        )

    def audit_project_id(self) -> sys_uuid.UUID:
        """Return the project whose audit trail the key belongs to."""
        return tp.cast(sys_uuid.UUID, self.instance.project_id)
