# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Fields that several models share."""

import typing as tp
import unicodedata

from restalchemy.dm import models, properties, types

from exordos_mail.controlplane.dm import types as mail_types

NEW, IN_PROGRESS, ACTIVE, ERROR = "NEW", "IN_PROGRESS", "ACTIVE", "ERROR"
#: What a status may be; ACTIVE means applied and working.
STATUSES = (NEW, IN_PROGRESS, ACTIVE, ERROR)

#: Longest reason of a status in characters.
REASON_MAX = 1024


class Named(models.Model):
    """An optional name and description of one line each."""

    name = properties.property(mail_types.Line("name"), required=True, default="")
    description = properties.property(
        mail_types.Line("description"), required=True, default=""
    )


class Discreet(models.Model):
    """A model whose text leaves its secrets out; stands first of the bases.

    Attributes:
        __secret_fields__: names of the fields that hold secrets.
    """

    __secret_fields__: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}: {value}"
            for name, value in self.items()
            if name not in self.__secret_fields__
        )
        return f"<{type(self).__name__} {{{shown}}}>"


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
