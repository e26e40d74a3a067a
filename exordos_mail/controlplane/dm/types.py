# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Types of the models' fields: strict, and with errors that name the field.

The SDK's own types answer a wrong value with the value itself in the text,
take `true` for an integer and any text for a boolean, and let control
characters through. A type here knows its field's name and raises
`MailValidationError`, which never holds the value.
"""

import typing as tp

from restalchemy.dm import types

from exordos_mail.controlplane.dm import exceptions
from exordos_mail.standards import address, password, rule

#: Longest name, description and reason in characters.
TEXT_MAX = 255

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


class Username(Checked):
    """See `exordos_mail.standards.address.check_username`."""

    pattern = _ecma(address.USERNAME_PATTERN)

    def __init__(self) -> None:
        super().__init__("username", address.check_username, address.USERNAME_MAX)

    @property
    def example(self) -> str:
        """Return a valid value for the API's description."""
        return "alice"


class Domain(Checked):
    """See `exordos_mail.standards.address.check_domain`."""

    pattern = _ecma(address.DOMAIN_PATTERN)

    def __init__(self) -> None:
        super().__init__("domain", address.check_domain, address.DOMAIN_MAX)

    @property
    def example(self) -> str:
        """Return a valid value for the API's description."""
        return "example.com"


class PasswordHash(Checked):
    """See `exordos_mail.standards.password.check_hash`."""

    def __init__(self) -> None:
        super().__init__("password_hash", password.check_hash, password.HASH_MAX)

    @property
    def example(self) -> str:
        """Return the form of a value for the API's description."""
        return "$6$salt$..."


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
