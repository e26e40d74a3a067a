# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How models appear in the API."""

import typing as tp

from restalchemy.api import constants, field_permissions, resources

from exordos_mail.controlplane.api import specification
from exordos_mail.controlplane.dm import exceptions


class _Reference(resources.ResourceRelationship):
    """A field that refers to another object by its URI.

    The SDK would take the URI of any object of any type, and hand one of a
    wrong type on to the model, which answers 500.
    """

    def parse_value(self, req: tp.Any, value: tp.Any) -> tp.Any:
        """Return the object that a URI names.

        The target's own controller fetches it, so that an object of another
        project is not found (404).

        Raises:
            MailValidationError: not a URI of the right type.
        """
        target = resources.ResourceMap.model_type_to_resource.get(self.get_type())
        locator = resources.ResourceMap.resource_map.get(target)
        if (
            locator is None
            or not isinstance(value, str)
            or not value.startswith("/")
            or not locator.is_your_uri(value)
        ):
            raise exceptions.MailValidationError(
                details=f"{self.api_name}: not a URI of the right type of object"
            )
        return resources.ResourceMap.get_resource(req, value)


class _MailResourceMixin:
    """A resource that refuses stray references and describes itself truly.

    Args:
        write_only_fields: can be set and are never shown.
        one_of_fields: of these, creation takes exactly one and a change at most one.
        shown_once_fields: the answer to creation shows them, and no other.
        shown_when_made_fields: the answer to the request that made them shows them.
    """

    def __init__(
        self,
        *args: tp.Any,
        write_only_fields: tp.Iterable[str] = (),
        one_of_fields: tp.Iterable[str] = (),
        shown_once_fields: tp.Iterable[str] = (),
        shown_when_made_fields: tp.Iterable[str] = (),
        **kwargs: tp.Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.write_only_fields = frozenset(write_only_fields)
        self.one_of_fields = frozenset(one_of_fields)
        self.shown_once_fields = frozenset(shown_once_fields)
        self.shown_when_made_fields = frozenset(shown_when_made_fields)

    def why_unchangeable(self, name: str) -> str:
        """Return why an update cannot change a field that is read-only for it."""
        allowed = self._fields_permissions.fields.get(name, {})  # type: ignore[attr-defined]
        if allowed.get(constants.CREATE) == field_permissions.Permissions.RW:
            return "it is set at creation and cannot be changed"
        return "it is set by the server and cannot be changed"

    def _prep_field(self, name: str, *args: tp.Any, **kwargs: tp.Any) -> tp.Any:
        field = super()._prep_field(name, *args, **kwargs)  # type: ignore[misc]
        if type(field) is resources.ResourceRelationship:
            return _Reference(self, model_property_name=name, public=field.is_public())
        return field

    def generate_schema_object(
        self, method: str, openapi_version: str
    ) -> dict[str, tp.Any]:
        """Return the schema of an object as a method takes or shows it."""
        schema = super().generate_schema_object(method, openapi_version)  # type: ignore[misc]
        model = self.get_model()  # type: ignore[attr-defined]
        return specification.object_schema(
            schema, model, method, self.write_only_fields, self.one_of_fields
        )


class MailResource(_MailResourceMixin, resources.ResourceByRAModel):
    """The resource of a model."""


class MailCustomResource(_MailResourceMixin, resources.ResourceByModelWithCustomProps):
    """The resource of a model that has fields which are no columns."""
