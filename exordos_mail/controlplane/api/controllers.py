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

"""Controllers of /v1/types/mail/: permissions of users and of fields.

The permission of an action is `exordos_mail.<policy name>.<action>`, where
the action is create, read, update or delete. A token of a project sees and
makes objects of that project only.
"""

import typing as tp

from gcl_iam import controllers as iam_controllers
from restalchemy.api import constants
from restalchemy.api import controllers as ra_controllers
from restalchemy.api import field_permissions as field_p
from restalchemy.dm import filters as dm_filters

from exordos_mail import constants as c
from exordos_mail.controlplane.api import base, resources
from exordos_mail.controlplane.dm import exceptions, models

_READ_ONLY = {constants.ALL: field_p.Permissions.RO}
_HIDDEN = {constants.ALL: field_p.Permissions.HIDDEN}
_SET_ONCE = {
    constants.ALL: field_p.Permissions.RO,
    constants.CREATE: field_p.Permissions.RW,
}
_WRITE_ONLY = {
    constants.ALL: field_p.Permissions.HIDDEN,
    constants.CREATE: field_p.Permissions.RW,
    constants.UPDATE: field_p.Permissions.RW,
}
_TIMES = ("created_at", "updated_at")
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

    filter_fields = frozenset(("uuid", "name", "description", "image", *_TIMES))
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
        ("uuid", "name", "domain", "status", "cpu", "ram", "disk_size", *_TIMES)
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
                "project_id": _SET_ONCE,
                "domain": _SET_ONCE,
                "status": _READ_ONLY,
                "status_reason": _READ_ONLY,
                "generation": _READ_ONLY,
                "applied_generation": _READ_ONLY,
                "ipsv4": _READ_ONLY,
                "ipv4": _READ_ONLY,
                "dkim_selector": _READ_ONLY,
                "dkim_public_key": _READ_ONLY,
                "dkim_keys": _READ_ONLY,
                "created_at": _READ_ONLY,
                "updated_at": _READ_ONLY,
                "image": _HIDDEN,
                "infra_status": _HIDDEN,
                "infra_reason": _HIDDEN,
                "service_status": _HIDDEN,
                "service_reason": _HIDDEN,
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
    base.MailControllerMixin,
    iam_controllers.NestedPolicyBasedController,
    ra_controllers.BaseNestedResourceControllerPaginated,
):
    """Accounts of the instance in the path, which the token must see."""

    __policy_service_name__ = c.POLICY_SERVICE
    __policy_name__ = "account"
    __pr_name__ = "instance"

    sort_fields = frozenset(("uuid", "name", "username", "active", *_TIMES))
    filter_fields = sort_fields | frozenset(("description", "project_id"))

    __resource__ = resources.MailSecretResource(
        model_class=models.MailAccount,
        convert_underscore=False,
        process_filters=True,
        write_only_fields=_SECRETS,
        fields_permissions=field_p.FieldsPermissions(
            default=field_p.Permissions.RW,
            fields={
                "project_id": _SET_ONCE,
                "instance": _SET_ONCE,
                "username": _SET_ONCE,
                "created_at": _READ_ONLY,
                "updated_at": _READ_ONLY,
                **{name: _WRITE_ONLY for name in _SECRETS},
            },
        ),
    )

    def create(self, parent_resource: tp.Any, **kwargs: tp.Any) -> tp.Any:
        """Create an account; a body may repeat the instance of the path.

        Raises:
            MailValidationError: the body names another instance.
        """
        if kwargs.get("instance", parent_resource) != parent_resource:
            raise exceptions.MailValidationError(
                details="instance: the path names another instance"
            )
        return super().create(parent_resource=parent_resource, **kwargs)
