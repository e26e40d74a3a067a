# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Controllers of /v1/types/mail/: permissions of users and of fields.

The permission of an action is `exordos_mail.<policy name>.<action>`, where
the action is create, read, update or delete. A token of a project sees and
makes objects of that project only.
"""

import typing as tp

from gcl_iam import controllers as iam_controllers
from restalchemy.api import controllers as ra_controllers
from restalchemy.api import field_permissions as field_p
from restalchemy.dm import filters as dm_filters

from exordos_mail import constants as c
from exordos_mail.controlplane.api import base, field_access, resources
from exordos_mail.controlplane.dm import models

_SECRETS = ("password", "password_hash")


class MailController(ra_controllers.RoutesListController):
    """GET /v1/types/mail/ lists the collections."""

    __TARGET_PATH__ = f"/v1/types/{c.SLUG}/"


class MailVersionController(
    base.MailControllerMixin,
    iam_controllers.PolicyBasedWithoutProjectController,
    ra_controllers.BaseResourceControllerPaginated,
):
    """Versions are a catalogue of the whole platform, read-only by REST."""

    __policy_service_name__ = c.POLICY_SERVICE
    __policy_name__ = "mail_version"

    filter_fields = frozenset(
        ("uuid", "name", "description", "image", *field_access.TIMES)
    )
    sort_fields = filter_fields

    __resource__ = resources.MailResource(
        model_class=models.MailVersion,
        convert_underscore=False,
        process_filters=True,
        fields_permissions=field_p.FieldsPermissions(
            default=field_p.Permissions.RO, fields={}
        ),
    )


class MailInstanceController(
    base.MailControllerMixin,
    iam_controllers.PolicyBasedController,
    ra_controllers.BaseResourceControllerPaginated,
):
    """Instances of the token's project."""

    __policy_service_name__ = c.POLICY_SERVICE
    __policy_name__ = "mail_instance"

    sort_fields = frozenset(
        (
            "uuid",
            "name",
            "domain",
            "status",
            "cpu",
            "ram",
            "disk_size",
            *field_access.TIMES,
        )
    )
    filter_fields = sort_fields | frozenset(
        ("description", "project_id", "version", "ipv4", "generation")
    )

    __resource__ = resources.MailResource(
        model_class=models.MailInstance,
        convert_underscore=False,
        process_filters=True,
        fields_permissions=field_p.FieldsPermissions(
            default=field_p.Permissions.RW,
            fields={
                **field_access.COMMON,
                "domain": field_access.SET_ONCE,
                "status": field_access.READ_ONLY,
                "status_reason": field_access.READ_ONLY,
                "generation": field_access.READ_ONLY,
                "applied_generation": field_access.READ_ONLY,
                "ipsv4": field_access.READ_ONLY,
                "ipv4": field_access.READ_ONLY,
                "dkim_selector": field_access.READ_ONLY,
                "dkim_public_key": field_access.READ_ONLY,
                "dkim_keys": field_access.READ_ONLY,
                "certificates": field_access.READ_ONLY,
                "image": field_access.HIDDEN,
                "infra_status": field_access.HIDDEN,
                "infra_reason": field_access.HIDDEN,
                "service_status": field_access.HIDDEN,
                "service_reason": field_access.HIDDEN,
            },
        ),
    )

    def filter(self, filters: tp.Any, order_by: tp.Any = None) -> tp.Any:
        """List instances; the SDK takes one `project_id` at a time only."""
        project = filters.get("project_id")
        if self._ctx_project_id and isinstance(project, dm_filters.In):
            for project_id in project.value:
                self._force_project_id(project_id)
            filters["project_id"] = dm_filters.EQ(self._ctx_project_id)
        return super().filter(filters, order_by=order_by)


class MailAccountController(
    base.NestedMailControllerMixin,
    iam_controllers.NestedPolicyBasedController,
    ra_controllers.BaseNestedResourceControllerPaginated,
):
    """Accounts of the instance in the path, which the token must see."""

    __policy_service_name__ = c.POLICY_SERVICE
    __policy_name__ = "account"
    __pr_name__ = "instance"

    sort_fields = frozenset(("uuid", "name", "username", "active", *field_access.TIMES))
    filter_fields = sort_fields | frozenset(("description", "project_id"))

    __resource__ = resources.MailCustomResource(
        model_class=models.MailAccount,
        convert_underscore=False,
        process_filters=True,
        write_only_fields=_SECRETS,
        one_of_fields=_SECRETS,
        fields_permissions=field_p.FieldsPermissions(
            default=field_p.Permissions.RW,
            fields={
                **field_access.COMMON,
                "instance": field_access.SET_ONCE,
                "username": field_access.SET_ONCE,
                **{name: field_access.WRITE_ONLY for name in _SECRETS},
            },
        ),
    )
