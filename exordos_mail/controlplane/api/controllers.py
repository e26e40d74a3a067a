# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Controllers of /v1/types/mail/: one for each noun, with its permissions.

The permission of an action is `exordos_mail.<permission of the noun>.<action>`, where
the action is create, read, update, delete or one of the noun's own. A token of a
project sees and makes objects of that project only.
"""

import functools
import typing as tp

from gcl_iam import controllers as iam_controllers
from restalchemy.api import controllers as ra_controllers
from restalchemy.dm import filters as dm_filters
from restalchemy.dm import models as ra_models

from exordos_mail import constants as c
from exordos_mail.controlplane.api import (
    actions,
    base,
    field_access,
    packers,
    resources,
)
from exordos_mail.controlplane.dm import noun as dm_noun
from exordos_mail.schema import catalogue
from exordos_mail.schema.field import Access, Kind
from exordos_mail.schema.noun import Noun


class MailController(ra_controllers.RoutesListController):
    """GET /v1/types/mail/ lists the collections."""

    __TARGET_PATH__ = f"/v1/types/{c.SLUG}/"


class _OfPlatform(
    base.MailControllerMixin,
    iam_controllers.PolicyBasedWithoutProjectController,
    ra_controllers.BaseResourceControllerPaginated,
):
    """Objects of the whole platform."""


class _OfProject(
    base.MailControllerMixin,
    iam_controllers.PolicyBasedController,
    ra_controllers.BaseResourceControllerPaginated,
):
    """Objects of the token's project."""

    def filter(self, filters: tp.Any, order_by: tp.Any = None) -> tp.Any:
        """List objects; the SDK takes one `project_id` at a time only."""
        project = filters.get("project_id")
        if self._ctx_project_id and isinstance(project, dm_filters.In):
            for project_id in project.value:
                self._force_project_id(project_id)
            filters["project_id"] = dm_filters.EQ(self._ctx_project_id)
        return super().filter(filters, order_by=order_by)


class _Nested(
    base.NestedMailControllerMixin,
    iam_controllers.NestedPolicyBasedController,
    ra_controllers.BaseNestedResourceControllerPaginated,
):
    """Objects below the one in the path, which the token must see."""


@functools.cache
def of(name: str) -> tp.Any:
    """Return the controller of a noun; the class is made once."""
    noun = catalogue.nouns()[name]
    sortable = frozenset(one.name for one in noun.members if one.sortable)
    texts = sum(one.most for one in noun.fields if one.kind is Kind.TEXTS)
    large = sum(one.large for one in noun.fields)
    body = {
        "__doc__": noun.text,
        "__policy_service_name__": c.POLICY_SERVICE,
        "__policy_name__": noun.permission,
        "__pr_name__": noun.below,
        "__resource__": _resource(noun),
        "sort_fields": sortable,
        "newest_first": noun.newest_first,
        "body_max": packers.BODY_MAX
        + packers.ITEM_MAX * texts
        + packers.ESCAPED_MAX * large,
        "filter_fields": sortable
        | {one.name for one in noun.members if one.filterable},
        **{one.name: actions.handler(one) for one in noun.own_actions},
    }
    base_class = _Nested if noun.below else _OfProject if noun.project else _OfPlatform
    return type(f"{noun.model}Controller", (base_class,), body)


def _resource(noun: Noun) -> tp.Any:
    model = dm_noun.model_of(noun.name)
    is_custom = issubclass(model, ra_models.CustomPropertiesMixin)
    kind = resources.MailCustomResource if is_custom else resources.MailResource
    return kind(
        model_class=model,
        convert_underscore=False,
        process_filters=True,
        write_only_fields=field_access.with_access(noun, Access.WRITE_ONLY),
        shown_once_fields=field_access.with_access(noun, Access.SHOWN_ONCE),
        shown_when_made_fields=field_access.with_access(noun, Access.SHOWN_WHEN_MADE),
        one_of_fields=noun.one_of,
        fields_permissions=field_access.permissions(noun),
    )
