# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Types of the fields of the send service's tenants and of what is below."""

import datetime
import re
import typing as tp

from restalchemy.dm import types

from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema import limits
from exordos_mail.standards import address as standard_address
from exordos_mail.standards import api_key, recipient, relay, tenant

# RFC 3339 section 5.6, with microseconds at the most.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([Zz]|[+-]\d\d:\d\d)\Z",
    re.ASCII,
)


def optional_limit(field: str) -> types.AllowNone:
    """Return the type of a number of messages in a time; None: no limit."""
    return types.AllowNone(mail_types.Count(field, 1, limits.COUNT_MAX))


def slug() -> mail_types.Checked:
    """Return the type of an id in the service."""
    return mail_types.Checked("slug", tenant.check_id, tenant.ID_MAX, tenant.ID_PATTERN)


def optional_url(field: str) -> types.AllowNone:
    """Return the type of a web server's address."""
    return types.AllowNone(
        mail_types.Checked(field, tenant.check_url, tenant.URL_MAX, tenant.URL_PATTERN)
    )


def host() -> mail_types.Checked:
    """Return the type of an SMTP server's name or address."""
    return mail_types.Checked(
        "host",
        relay.check_host,
        relay.HOST_MAX,
        relay.HOST_PATTERN,
    )


def address() -> mail_types.Checked:
    """Return the type of a recipient's address."""
    return mail_types.Checked(
        "address", recipient.check_normal, standard_address.ADDRESS_MAX
    )


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
            mail_types.refuse(self._field, f"one of {', '.join(self._words)}")
        return True

    def from_unicode(self, value: str) -> str:
        """Return the word that a query parameter is."""
        self.validate(value)
        return value


class Scopes(types.TypedList):
    """What an API key may be used for: a few words, each once."""

    def __init__(self) -> None:
        super().__init__(Choice("scopes", api_key.SCOPES))

    def validate(self, value: tp.Any) -> bool:
        """Return True, or raise MailValidationError."""
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(one, str) for one in value)
            or len(set(value)) != len(value)
            or not set(value) <= set(api_key.SCOPES)
        ):
            mail_types.refuse(
                "scopes", f"a list of one or more of {', '.join(api_key.SCOPES)}"
            )
        return True

    def from_simple_type(self, value: tp.Any) -> tp.Any:
        """Return the value as it is, for `validate` to judge."""
        return value


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
            mail_types.refuse(
                self._field, "a time with an offset, such as 2026-01-31T12:00:00Z"
            )

    def to_simple_type(self, value: datetime.datetime) -> str:
        """Return the text of a time: the same one for the API, manifests and SQL."""
        return value.replace(tzinfo=None).isoformat() + "Z"

    def dump_value(self, value: datetime.datetime) -> str:
        """Return the text of a time."""
        return self.to_simple_type(value)
