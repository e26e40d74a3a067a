# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Types of the models' fields: strict, and with errors that name the field.

The SDK's own types answer a wrong value with the value itself in the text,
take `true` for an integer and any text for a boolean, and let control
characters through. A type here knows its field's name and raises
`MailValidationError`, which never holds the value.
"""

import datetime
import re
import typing as tp

from restalchemy.dm import types

from exordos_mail.controlplane.dm import exceptions
from exordos_mail.standards import password, rule

#: Longest name, description and reason in characters.
TEXT_MAX = 255

# RFC 3339 section 5.6, with microseconds at the most.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([Zz]|[+-]\d\d:\d\d)\Z",
    re.ASCII,
)

_Check = tp.Callable[[object], str]


def refuse(field: str, rule: str) -> tp.NoReturn:
    """Raise the error of a field whose value breaks a rule."""
    raise exceptions.MailValidationError(details=f"{field}: {rule}")


def _ecma(pattern: str) -> str:
    """Return a pattern of `standards` in the notation of ECMA 262."""
    return f"^{pattern}".replace(r"\Z", "$")


class _Text(types.String):
    """A string field; a query may not hold NUL, which PostgreSQL cannot.

    Attributes:
        pattern: regular expression (ECMA 262) for the API's description.
    """

    pattern: str | None = None

    def __init__(self, field: str, **kwargs: tp.Any) -> None:
        super().__init__(**kwargs)
        self._field = field

    def to_openapi_spec(self, prop_kwargs: tp.Any) -> dict[str, tp.Any]:
        """Return the field's schema."""
        spec: dict[str, tp.Any] = super().to_openapi_spec(prop_kwargs)
        return spec if self.pattern is None else {**spec, "pattern": self.pattern}

    def from_unicode(self, value: str) -> str:
        """Return the text of a query parameter."""
        if "\0" in value:
            refuse(self._field, "a text without NUL")
        return value


class Line(_Text):
    """One line of text: no control characters at all.

    Args:
        field: the field's name, for the error text.
        min_length: fewest characters.
        max_length: most characters.
    """

    pattern = r"^[^\x00-\x1f\x7f]*$"

    def __init__(
        self, field: str, min_length: int = 0, max_length: int = TEXT_MAX
    ) -> None:
        super().__init__(field, min_length=min_length, max_length=max_length)

    def validate(self, value: tp.Any) -> bool:
        """Return True, or raise MailValidationError."""
        if not super().validate(value) or any(
            ord(character) < 32 or ord(character) == 127 for character in value
        ):
            refuse(
                self._field,
                f"a text of {self.min_length} to {self.max_length} characters"
                " without control characters",
            )
        return True


class Checked(_Text):
    """A string that a function of `standards` accepts or refuses.

    Args:
        field: the field's name, for the error text.
        check: raises `rule.RuleError`.
        max_length: most characters.
        pattern: of `standards`, for the API's description.
    """

    def __init__(
        self, field: str, check: _Check, max_length: int, pattern: str | None = None
    ) -> None:
        super().__init__(field, min_length=1, max_length=max_length)
        self._check = check
        if pattern is not None:
            self.pattern = _ecma(pattern)

    def validate(self, value: tp.Any) -> bool:
        """Return True, or raise MailValidationError."""
        try:
            self._check(value)
        except rule.RuleError as error:
            refuse(self._field, str(error))
        return True


class Password(Checked):
    """See `exordos_mail.standards.password.check_password`."""

    def __init__(self) -> None:
        super().__init__("password", password.check_password, password.PASSWORD_MAX)

    @property
    def example(self) -> str:
        """Return a value for the API's description."""
        return "a long passphrase"


class Count(types.Integer):
    """A whole number within limits, and never a boolean.

    Args:
        field: the field's name, for the error text.
        lowest: smallest value.
        highest: largest value.
    """

    def __init__(self, field: str, lowest: int, highest: int) -> None:
        super().__init__(min_value=lowest, max_value=highest)
        self._field = field

    def validate(self, value: tp.Any) -> bool:
        """Return True, or raise MailValidationError."""
        if isinstance(value, bool) or not super().validate(value):
            refuse(
                self._field,
                f"a whole number from {self.min_value} to {self.max_value}",
            )
        return True


class Flag(types.Boolean):
    """`true` or `false`, and nothing that merely looks like them."""

    def __init__(self, field: str) -> None:
        super().__init__()
        self._field = field

    def from_simple_type(self, value: tp.Any) -> tp.Any:
        """Return the value as it is, for `validate` to judge."""
        # the SDK's type calls bool() here, which makes "false" true
        return value

    def validate(self, value: tp.Any) -> bool:
        """Return True, or raise MailValidationError."""
        if not super().validate(value):
            refuse(self._field, "true or false")
        return True

    def from_unicode(self, value: str) -> bool:
        """Return what the text of a query parameter means."""
        if value not in ("true", "false"):
            refuse(self._field, "true or false")
        return value == "true"


class Choice(types.Enum):
    """One of a few words.

    Args:
        field: the field's name, for the error text.
        words: what there is to choose from.
    """

    def __init__(self, field: str, words: tp.Sequence[str]) -> None:
        super().__init__(list(words))
        self._field = field
        self._words = tuple(words)

    def validate(self, value: tp.Any) -> bool:
        """Return True, or raise MailValidationError."""
        if not isinstance(value, str) or value not in self._words:
            refuse(self._field, f"one of {', '.join(self._words)}")
        return True

    def from_unicode(self, value: str) -> str:
        """Return the word that a query parameter is."""
        self.validate(value)
        return value


class Choices(types.TypedList):
    """One or more of a few words, each once.

    Args:
        field: the field's name, for the error text.
        words: what there is to choose from.
    """

    def __init__(self, field: str, words: tp.Sequence[str]) -> None:
        super().__init__(Choice(field, words))
        self._field = field
        self._words = tuple(words)

    def validate(self, value: tp.Any) -> bool:
        """Return True, or raise MailValidationError."""
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(one, str) for one in value)
            or len(set(value)) != len(value)
            or not set(value) <= set(self._words)
        ):
            refuse(self._field, f"a list of one or more of {', '.join(self._words)}")
        return True

    def from_simple_type(self, value: tp.Any) -> tp.Any:
        """Return the value as it is, for `validate` to judge."""
        return value


class TextList(types.TypedList):
    """Texts that a function of `standards` accepts or refuses, each once.

    Args:
        field: the field's name, for the error text.
        check: raises `rule.RuleError`.
        longest: most characters of one.
        least, most: how many there are.
    """

    def __init__(
        self, field: str, check: _Check, longest: int, least: int, most: int
    ) -> None:
        super().__init__(Checked(field, check, longest))
        self._field = field
        self._check = check
        self._least, self._most = least, most

    def validate(self, value: tp.Any) -> bool:
        """Return True, or raise MailValidationError."""
        if not isinstance(value, list) or not self._least <= len(value) <= self._most:
            refuse(self._field, f"a list of {self._least} to {self._most} texts")
        seen: dict[str, int] = {}
        for number, one in enumerate(value):
            try:
                first = seen.setdefault(self._check(one), number)
            except rule.RuleError as error:
                refuse(f"{self._field}[{number}]", str(error))
            if first != number:
                refuse(
                    f"{self._field}[{number}]",
                    f"the same as {self._field}[{first}]; write each once",
                )
        return True

    def from_simple_type(self, value: tp.Any) -> tp.Any:
        """Return the value as it is, for `validate` to judge."""
        return value

    def to_openapi_spec(self, prop_kwargs: tp.Any) -> dict[str, tp.Any]:
        """Return the field's schema."""
        spec: dict[str, tp.Any] = super().to_openapi_spec(prop_kwargs)
        bounds = {"minItems": self._least, "maxItems": self._most}
        return {**spec, **bounds, "uniqueItems": True}


class Moment(types.UTCDateTimeZ):
    """A time in UTC; its text is that of RFC 3339, with `Z`.

    Args:
        field: the field's name, for the error text.
    """

    def __init__(self, field: str) -> None:
        super().__init__()
        self._field = field

    def from_simple_type(self, value: tp.Any) -> datetime.datetime:
        """Return the time that a text or a column tells.

        Raises:
            MailValidationError: it is none.
        """
        if isinstance(value, datetime.datetime):  # of a column
            return value.replace(tzinfo=datetime.timezone.utc)
        found = _TIME.match(value) if isinstance(value, str) else None
        try:
            if found is None:
                raise ValueError
            moment, fraction, offset = found.groups(default="")
            offset = "+00:00" if offset in "Zz" else offset
            return datetime.datetime.fromisoformat(
                f"{moment}.{fraction:0<6}{offset}"
            ).astimezone(datetime.timezone.utc)
        except (ValueError, OverflowError):
            refuse(self._field, "a time with an offset, such as 2026-01-31T12:00:00Z")

    def to_simple_type(self, value: datetime.datetime) -> str:
        """Return the text of a time: the same one for the API, manifests and SQL."""
        return value.replace(tzinfo=None).isoformat() + "Z"

    def dump_value(self, value: datetime.datetime) -> str:
        """Return the text of a time."""
        return self.to_simple_type(value)
