# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What all controllers of the plugin share, on top of the SDK's.

The SDK's controllers leave gaps in which a client's mistake becomes a 500;
each method here closes one. What it may answer instead is always a 4xx.
"""

import contextlib
import functools
import typing as tp

from restalchemy.api import controllers as ra_controllers
from restalchemy.common import contexts
from restalchemy.common import exceptions as ra_exceptions
from restalchemy.dm import filters as dm_filters
from restalchemy.dm import types
from restalchemy.storage import exceptions as storage_exceptions

from exordos_mail.controlplane.api import packers, paging
from exordos_mail.controlplane.dm import exceptions


@contextlib.contextmanager
def named_requirements() -> tp.Iterator[None]:
    """Say which field is missing, in the words of our other errors."""
    try:
        yield
    except ra_exceptions.PropertyRequired as error:
        raise exceptions.MailValidationError(
            details=f"{error.name}: a value is required"
        ) from None


@contextlib.contextmanager
def named_absence(model: type | None) -> tp.Iterator[None]:
    """Say what is not there, instead of the SDK's text about classes and filters."""
    try:
        yield
    except exceptions.MailNotFound:
        raise
    except storage_exceptions.RecordNotFound:
        noun = getattr(model, "__title__", "object")
        raise exceptions.MailNotFound(noun=noun) from None


class MailControllerMixin(paging.PagingMixin):
    """Stands left of the SDK's controllers in the list of bases.

    Attributes:
        filter_fields: fields that a query may name.
        sort_fields: fields that a query may sort by. They hold no NULL: the
            SDK's page marker compares with the field's value, and a NULL there
            would end the pages early.
        body_max: longest request body in octets, where that is more than usual.
    """

    __packer__ = packers.MailPacker
    __filter_custom_properties__ = False

    _stored: tp.Callable[[], tp.Any] | None = None

    filter_fields: tp.ClassVar[frozenset[str]] = frozenset()
    sort_fields: tp.ClassVar[frozenset[str]] = frozenset()
    body_max: tp.ClassVar[int] = 0

    def __init__(self, *args: tp.Any, **kwargs: tp.Any) -> None:
        """Make the controller of one request, or of the API's description.

        The platform describes the API at its start, when there is no request
        and so no introspection, which the SDK's controllers ask for at once;
        it then logs a traceback. Nobody's request is served by a controller
        that has none: without an enforcer every method of it fails.
        """
        try:
            super().__init__(*args, **kwargs)
        except contexts.ContextIsNotExistsInStorage:
            ra_controllers.Controller.__init__(self, *args, **kwargs)

    def do_resource(self, uuid: str, parent_resource: tp.Any = None) -> tp.Any:
        """Answer a request for one object; PATCH is the same as PUT.

        Both update the fields in the body and leave the others.

        Raises:
            MailNotFound: there is no such object.
        """
        # For what the packer is to compare with; most requests never ask for it.
        self._stored = functools.cache(
            lambda: self.get_resource_by_uuid(uuid, parent_resource)
        )
        method = self._req.method
        if method == "PATCH":
            self._req.method = "PUT"
        try:
            with named_absence(self.model):
                return super().do_resource(uuid, parent_resource)
        finally:
            self._req.method = method

    def do_collection(self, parent_resource: tp.Any = None) -> tp.Any:
        """Answer a request for a list, or one that makes an object.

        Raises:
            MailNotFound: something that it refers to is not there.
            MailValidationError: a time in the query is out of range.
        """
        resource = self.get_resource()
        with named_absence(resource and resource.get_model()):
            try:
                return super().do_collection(parent_resource)
            except OverflowError:
                # Of the SDK's types, when they read a query.
                raise exceptions.MailValidationError(
                    details="a time in the query is beyond the years 1 to 9999"
                ) from None

    def get_resource_by_uuid(self, uuid: str, parent_resource: tp.Any = None) -> tp.Any:
        """Return the object that a path or another object refers to.

        Raises:
            MailNotFound: there is no such object.
        """
        with named_absence(self.model):
            return super().get_resource_by_uuid(uuid, parent_resource)

    def get_packer(self, content_type: str, resource_type: tp.Any = None) -> tp.Any:
        """Return what reads the body and writes the answer."""
        packer = super().get_packer(content_type, resource_type)
        packer.stored = self._stored
        packer.body_max = max(packer.body_max, self.body_max)
        return packer

    def enforce(self, action: str) -> None:
        """Ask for the permission of an action.

        Raises:
            CommonForbiddenError: the token has it not.
        """
        self._enforce(action)

    def create(self, *args: tp.Any, **kwargs: tp.Any) -> tp.Any:
        """Create an object.

        Raises:
            MailValidationError: a required field is missing.
        """
        with named_requirements():
            return super().create(*args, **kwargs)

    def _is_queryable_field(self, model_field_name: str) -> bool:
        return model_field_name in self.filter_fields and super()._is_queryable_field(
            model_field_name
        )

    def _prepare_query_filter(self, params: tp.Any) -> tp.Any:
        expression = super()._prepare_query_filter(params)
        for name, clause in _clauses(expression):
            field_type = self._resolve_filter_field(name).get_type()
            # the SDK makes 'None' of it in the types of the other fields
            if clause.value is None and not isinstance(field_type, types.AllowNone):
                raise ra_exceptions.ValidationFilterIncompatibleError(val=name)
        return expression

    def _resolve_sort_key(self, key: str) -> str:
        if key not in self.sort_fields:
            raise ra_exceptions.ValidationSortInvalidKeyError(key=key)
        return super()._resolve_sort_key(key)


class NestedMailControllerMixin(MailControllerMixin):
    """The same for objects below another one, which the path names."""

    def create(self, parent_resource: tp.Any, **kwargs: tp.Any) -> tp.Any:
        """Create an object; a body may repeat the parent of the path.

        Raises:
            MailValidationError: the body names another parent; a required field
                is missing.
        """
        if kwargs.pop(self.__pr_name__, parent_resource) != parent_resource:
            raise exceptions.MailValidationError(
                details=f"{self.__pr_name__}: the path names another one"
            )
        return super().create(parent_resource=parent_resource, **kwargs)


def _clauses(expression: tp.Any) -> tp.Iterator[tuple[str, tp.Any]]:
    """Yield each field name and clause of the SDK's filter expression."""
    if isinstance(expression, dm_filters.AbstractExpression):
        for part in expression.clauses:
            yield from _clauses(part)
    elif expression:
        yield from expression.items()
