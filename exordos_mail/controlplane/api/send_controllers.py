# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Controllers of .../tenants/ and below; see `controllers` for the permissions."""

from gcl_iam import controllers as iam_controllers
from restalchemy.api import controllers as ra_controllers
from restalchemy.api import field_permissions as field_p

from exordos_mail import constants as c
from exordos_mail.controlplane.api import base, field_access, resources
from exordos_mail.controlplane.dm import models

_NAMED = frozenset(("uuid", "name", *field_access.TIMES))
_MORE = frozenset(("description", "project_id"))


class MailSendTenantController(
    base.NestedMailControllerMixin,
    iam_controllers.NestedPolicyBasedController,
    ra_controllers.BaseNestedResourceControllerPaginated,
):
    """Tenants of the instance in the path, which the token must see."""

    __policy_service_name__ = c.POLICY_SERVICE
    __policy_name__ = "send_tenant"
    __pr_name__ = "instance"

    sort_fields = _NAMED | frozenset(("slug", "active", "callback_auth"))
    filter_fields = sort_fields | _MORE

    __resource__ = resources.MailCustomResource(
        model_class=models.MailSendTenant,
        convert_underscore=False,
        process_filters=True,
        write_only_fields=("callback_secret",),
        fields_permissions=field_p.FieldsPermissions(
            default=field_p.Permissions.RW,
            fields={
                **field_access.COMMON,
                "instance": field_access.SET_ONCE,
                "slug": field_access.SET_ONCE,
                "url": field_access.READ_ONLY,
                "callback_secret": field_access.WRITE_ONLY,
            },
        ),
    )


class MailSendAPIKeyController(
    base.NestedMailControllerMixin,
    iam_controllers.NestedPolicyBasedController,
    ra_controllers.BaseNestedResourceControllerPaginated,
):
    """API keys of the tenant in the path; deleting one revokes it."""

    __policy_service_name__ = c.POLICY_SERVICE
    __policy_name__ = "send_api_key"
    __pr_name__ = "tenant"

    sort_fields = _NAMED
    filter_fields = sort_fields | _MORE

    __resource__ = resources.MailCustomResource(
        model_class=models.MailSendAPIKey,
        convert_underscore=False,
        process_filters=True,
        shown_once_fields=("key",),
        fields_permissions=field_p.FieldsPermissions(
            default=field_p.Permissions.RW,
            fields={
                **field_access.COMMON,
                "tenant": field_access.SET_ONCE,
                "key": field_access.SHOWN_ONCE,
                "key_hash": field_access.HIDDEN,
            },
        ),
    )


class MailSendRelayController(
    base.NestedMailControllerMixin,
    iam_controllers.NestedPolicyBasedController,
    ra_controllers.BaseNestedResourceControllerPaginated,
):
    """Relays of the tenant in the path."""

    __policy_service_name__ = c.POLICY_SERVICE
    __policy_name__ = "send_relay"
    __pr_name__ = "tenant"

    sort_fields = _NAMED | frozenset(("slug", "host", "port", "tls", "over_limit"))
    filter_fields = sort_fields | _MORE

    __resource__ = resources.MailResource(
        model_class=models.MailSendRelay,
        convert_underscore=False,
        process_filters=True,
        write_only_fields=("password",),
        fields_permissions=field_p.FieldsPermissions(
            default=field_p.Permissions.RW,
            fields={
                **field_access.COMMON,
                "tenant": field_access.SET_ONCE,
                "slug": field_access.SET_ONCE,
                "password": field_access.WRITE_ONLY,
            },
        ),
    )


class MailSendSuppressionController(
    base.NestedMailControllerMixin,
    iam_controllers.NestedPolicyBasedController,
    ra_controllers.BaseNestedResourceControllerPaginated,
):
    """Suppressions of the tenant in the path."""

    __policy_service_name__ = c.POLICY_SERVICE
    __policy_name__ = "send_suppression"
    __pr_name__ = "tenant"

    sort_fields = _NAMED | frozenset(("address", "reason"))
    filter_fields = sort_fields | _MORE

    __resource__ = resources.MailResource(
        model_class=models.MailSendSuppression,
        convert_underscore=False,
        process_filters=True,
        fields_permissions=field_p.FieldsPermissions(
            default=field_p.Permissions.RW,
            fields={
                **field_access.COMMON,
                "tenant": field_access.SET_ONCE,
                "address": field_access.SET_ONCE,
            },
        ),
    )
