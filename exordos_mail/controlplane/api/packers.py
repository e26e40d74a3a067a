# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Reading of request bodies and writing of responses.

The SDK's packer answers 500 to a body that is not an object and to content
types it does not know, puts the values of unknown and wrong fields into its
error texts (which the platform logs), and shows a secret in the response to
the very request that set it. This one does none of that.
"""

import typing as tp

import orjson
from restalchemy.api import constants, packers
from restalchemy.common import exceptions as ra_exceptions
from restalchemy.dm import types

from exordos_mail.controlplane.dm import exceptions

#: Longest request body in octets.
BODY_MAX = 64 * 1024
#: What each text that a list may hold adds to that, in octets.
ITEM_MAX = 512
#: What an octet of a large text takes in JSON at the most: a letter of two, as \\u00e9.
ESCAPED_MAX = 3
#: Longest name of an unknown field that an error text shows, in characters.
NAME_MAX = 64


# What the types of the SDK raise; a time near the end of the calendar overflows.
_WRONG_FORM = (
    ra_exceptions.ParseError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
)


class BodyTooLarge(ra_exceptions.RestAlchemyException):
    """The body of the request is longer than BODY_MAX (413)."""

    message = "The body is longer than %(limit)s octets."
    code = 413


class MailPacker(packers.JSONPacker):
    """JSON objects in and out, for any content type.

    Fields in the resource's `write_only_fields` are never written out; absent
    values are written as null, but for those of `shown_when_made_fields`.

    Attributes:
        body_max: longest request body in octets.
        stored: returns the object that the request changes, for an update.
    """

    _skip_none = False
    body_max = BODY_MAX
    stored: tp.Callable[[], tp.Any] | None = None

    def unpack(self, value: bytes) -> dict[str, tp.Any]:
        """Return the model's values by field name.

        Raises:
            BodyTooLarge: see there.
            ParseBodyError: not JSON (400).
            MailValidationError: see `values`.
            FieldPermissionError: see `values`.
        """
        return self.values(self.load(value))

    def load(self, value: bytes) -> object:
        """Return a request's body.

        Raises:
            BodyTooLarge: see there.
            ParseBodyError: not JSON (400).
        """
        if len(value) > self.body_max:
            raise BodyTooLarge(limit=self.body_max)
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise ra_exceptions.ParseBodyError() from None

    def values(self, body: object) -> dict[str, tp.Any]:
        """Return the model's values by field name, of the object that was sent.

        Raises:
            MailValidationError: not an object, an unknown field, a value of a
                wrong form, or a change of what cannot be changed (400).
            FieldPermissionError: a field that this request may not set (403).
        """
        if not isinstance(body, dict):
            raise exceptions.MailValidationError(details="the body must be an object")
        fields = {field.api_name: (name, field) for name, field in self._get_fields()}
        for unknown in body.keys() - fields.keys():
            raise exceptions.MailValidationError(
                details=f"unknown field: {unknown[:NAME_MAX]}"
            )
        result = {}
        for api_name, sent in body.items():
            name, field = fields[api_name]
            if self._visibility.is_readonly(name):
                self._expect_unchanged(api_name, name, field, sent)
            else:
                result[name] = self._parse(api_name, field, sent)
        return result

    def _expect_unchanged(
        self, api_name: str, name: str, field: tp.Any, sent: tp.Any
    ) -> None:
        """Let an update repeat what it may not change: what it got is sent back."""
        is_update = self._req.api_context.get_active_method() == constants.UPDATE
        if not is_update or self.stored is None or self._visibility.is_hidden(name):
            raise ra_exceptions.FieldPermissionError(field=api_name)
        if self._parse(api_name, field, sent) != getattr(self.stored(), name):
            raise exceptions.MailValidationError(
                details=f"{api_name}: {self._rt.why_unchangeable(name)};"
                " leave it out, or send the value that it has"
            )

    def pack_resource(self, obj: tp.Any) -> tp.Any:
        """Return what is written of an object, or of a body as it stands."""
        found = super().pack_resource(obj)
        if found is not obj:
            for name in self._rt.shown_when_made_fields:
                if found.get(name) is None:
                    found.pop(name, None)
        return found

    def _parse(self, api_name: str, field: tp.Any, sent: tp.Any) -> tp.Any:
        if sent is None and not isinstance(field.get_type(), types.AllowNone):
            raise exceptions.MailValidationError(
                details=f"{api_name}: null is not allowed"
            )
        try:
            return field.parse_value(self._req, sent)
        except _WRONG_FORM:
            raise exceptions.MailValidationError(
                details=f"{api_name}: the value has a wrong form"
            ) from None

    def _resolve_visible_fields(self) -> list[tp.Any]:
        return [
            field
            for field in super()._resolve_visible_fields()
            if field[0] not in self._rt.write_only_fields
        ]
