# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The definition of one field of a noun."""

import collections.abc as abc
import dataclasses
import enum
import typing as tp


class Kind(enum.Enum):
    """What the values of a field are."""

    INTEGER = enum.auto()
    FLAG = enum.auto()
    #: One of a few words.
    WORD = enum.auto()
    #: A text that a rule of `standards` judges.
    TEXT = enum.auto()


@dataclasses.dataclass(frozen=True)
class Field:
    """One field, as every form of its noun has it.

    Attributes:
        name: in SQL, JSON and Python; with dashes on the command line.
        kind: what its values are.
        text: for the caller; with the unit.
        example: a valid value in JSON.
        default: of a new object; None: it has to be given, or there is none.
        least, most: bounds of an integer, both included.
        words: what a WORD may be.
        rule: name of the rule that judges a TEXT.
        nullable: null is a value.
        secret: written and never shown.
        only_service: the send service alone has it, the control plane does not.
    """

    name: str
    kind: Kind
    text: str
    example: tp.Any
    default: tp.Any = None
    least: int = 1
    most: int = 0
    words: tuple[str, ...] = ()
    rule: str = ""
    nullable: bool = False
    secret: bool = False
    only_service: bool = False


def names(fields: abc.Iterable[Field]) -> tuple[str, ...]:
    """Return the names of fields, in their order."""
    return tuple(one.name for one in fields)
