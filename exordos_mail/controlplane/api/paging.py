# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Pages of lists, on top of the SDK's.

The SDK's pages have no largest size, and those of a sorted list end with a 404 when
the object that the marker names has been deleted.
"""

import typing as tp

from restalchemy.api import controllers as ra_controllers
from restalchemy.common import exceptions as ra_exceptions
from restalchemy.dm import filters as dm_filters
from restalchemy.dm import types
from restalchemy.storage import exceptions as storage_exceptions

from exordos_mail import constants as c
from exordos_mail.controlplane.api import markers
from exordos_mail.controlplane.dm import exceptions

_LIMIT_RULE = "page_limit: a whole number from 0"
_DIGITS_MAX = 30
# What the types of the SDK raise; a time near the end of the calendar overflows.
_WRONG_FORM = (
    ra_exceptions.RestAlchemyException,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
)


class _Cursor(ra_controllers.PaginationFilterBuilder):
    """The SDK's condition for "behind the marker", with the marker's own value."""

    def __init__(
        self, model: tp.Any, marker: markers.Marker, *args: tp.Any, **kwargs: tp.Any
    ) -> None:
        self._marker = marker
        super().__init__(model, marker.uuid, *args, **kwargs)

    def build_filter(self) -> tp.Any:
        """Return the condition; with a bound that an index has, which OR has not."""
        found = super().build_filter()
        if self.sort_col in (None, self.id_name):
            return found
        up_to = dm_filters.GE if self.sort_dir == "asc" else dm_filters.LE
        return dm_filters.AND({self.sort_col: up_to(self.sort_value)}, found)

    def _fetch_sort_val(self, model: tp.Any) -> tp.Any:
        if self.sort_col in self._marker.position:
            field = model.properties.properties[self.sort_col].get_property_type()
            return _value(field, self._marker.position[self.sort_col])
        try:
            return super()._fetch_sort_val(model)
        except storage_exceptions.RecordNotFound:
            # A bare identifier, whose object is gone: nothing tells where it was.
            markers.refuse()


class PagingMixin(ra_controllers.BasePaginationMixin):
    """Lists in pages of a bounded size that go on whatever happens to the objects."""

    #: Field whose largest values are first where a request does not say; "": none.
    newest_first: tp.ClassVar[str] = ""

    _sorted_by: str | None = None
    _pagination_marker: markers.Marker | None

    def paginated_filter(self, filters: tp.Any, order_by: tp.Any = None) -> tp.Any:
        """Return one page in one query.

        The SDK asks again until a page is full or empty, for the sake of
        filters that PostgreSQL does not evaluate; there are none here.
        """
        if not order_by and self.newest_first:
            order_by = {self.newest_first: "desc"}
        return self._process_storage_filters(
            self._apply_autofilters(filters), order_by=order_by
        )

    def _prepare_pagination_meta(self) -> None:
        self._pagination_limit, self._pagination_marker = 0, None
        if self._req.method != "GET":
            # The SDK would take the number of an object's fields for that of
            # a page's objects.
            return
        params = self._req.api_context.params
        limit = _limit(params.get(self._param_page_limit, "0")) or c.PAGE_SIZE_DEFAULT
        self._pagination_limit = min(limit, c.PAGE_SIZE_MAX)
        marker = params.get(self._param_page_marker)
        if marker and self.get_resource():
            self._pagination_marker = markers.decode(marker)

    def _build_pagination_with_cursor(
        self, filters: tp.Any, order_by: tp.Any
    ) -> tuple[tp.Any, tp.Any]:
        marker, self._pagination_marker = self._pagination_marker, None
        column, direction = next(iter(order_by.items())) if order_by else (None, "asc")
        self._sorted_by = column
        if marker is not None:
            cursor = _Cursor(
                self.model, marker, column, direction, marker_filters=filters
            )
            filters = dm_filters.AND(cursor.build_filter(), filters)
        return super()._build_pagination_with_cursor(filters, order_by)

    def _create_response(
        self, body: tp.Any, status: int, headers: dict[str, str], *args: tp.Any
    ) -> tp.Any:
        response = super()._create_response(body, status, headers, *args)
        if self._header_page_marker in response.headers:
            marker = markers.Marker(body[-1].uuid, self._position(body[-1]))
            response.headers[self._header_page_marker] = markers.encode(marker)
        return response

    def _position(self, last: tp.Any) -> dict[str, tp.Any]:
        column = self._sorted_by
        if column is None or column == self.model.get_id_property_name():
            return {}
        field = last.properties[column].property_type
        return {column: field.to_simple_type(getattr(last, column))}


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > _DIGITS_MAX:
        raise exceptions.MailValidationError(details=_LIMIT_RULE)
    return int(text)


def _value(field: tp.Any, sent: tp.Any) -> tp.Any:
    """Return the value of a marker, as the field has it."""
    try:
        value = field.from_simple_type(sent)
        if isinstance(field, types.AllowNone) or field.validate(value):
            return value
    except _WRONG_FORM:
        pass
    markers.refuse()
