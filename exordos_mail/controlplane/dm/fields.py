# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Fields that several models share."""

import datetime
import typing as tp
import unicodedata

from restalchemy.dm import properties, types

from exordos_mail.controlplane.dm import types as mail_types

NEW, IN_PROGRESS, ACTIVE, ERROR = "NEW", "IN_PROGRESS", "ACTIVE", "ERROR"
#: What a status may be; ACTIVE means applied and working.
STATUSES = (NEW, IN_PROGRESS, ACTIVE, ERROR)

#: Longest reason of a status in characters.
REASON_MAX = 1024


def name() -> tp.Any:
    """Return the property of an optional name of one line."""
    return properties.property(mail_types.Line("name"), required=True, default="")


def description() -> tp.Any:
    """Return the property of an optional description of one line."""
    return properties.property(
        mail_types.Line("description"), required=True, default=""
    )


def project_id() -> tp.Any:
    """Return the property of the project that an object is in, for good."""
    return properties.property(types.UUID(), required=True, read_only=True)


def now() -> datetime.datetime:
    """Return the time, as `created_at` and `updated_at` hold it."""
    return datetime.datetime.now(datetime.timezone.utc)


def moment() -> tp.Any:
    """Return the property of `created_at` or `updated_at`; only `stored` changes it."""
    return properties.property(types.UTCDateTimeZ(), read_only=True, default=now)


def status() -> tp.Any:
    """Return a property that holds one of STATUSES."""
    return properties.property(types.Enum(list(STATUSES)), required=True, default=NEW)


def reason(field: str, max_length: int = REASON_MAX) -> tp.Any:
    """Return a property that says in one line why a status is what it is."""
    return properties.property(
        mail_types.Line(field, max_length=max_length), required=True, default=""
    )


def as_reason(text: str) -> str:
    """Return a text from elsewhere in the form that a reason must have.

    One line: control characters and runs of white space become one space, and
    what is longer than REASON_MAX is cut.
    """
    printable = "".join(
        " " if unicodedata.category(character) in ("Cc", "Cs") else character
        for character in text
    )
    return " ".join(printable.split())[:REASON_MAX]
