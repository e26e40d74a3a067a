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
    #: A list of one or more of a few words, each once.
    WORDS = enum.auto()
    #: A list of texts that a rule of `standards` judges, each once.
    TEXTS = enum.auto()
    #: One line of text.
    LINE = enum.auto()
    #: A text that a rule of `standards` judges.
    TEXT = enum.auto()
    #: A time with its offset from UTC (RFC 3339).
    MOMENT = enum.auto()
    #: Another object; `rule` names its noun.
    REFERENCE = enum.auto()
    #: The noun's own model says it.
    OWN = enum.auto()


class Access(enum.Enum):
    """What a request may do with a field."""

    #: Set at creation and changed later.
    FREE = enum.auto()
    SET_ONCE = enum.auto()
    #: Set by the server.
    READ_ONLY = enum.auto()
    #: Set and changed, never shown.
    WRITE_ONLY = enum.auto()
    #: Shown by the answer to creation alone.
    SHOWN_ONCE = enum.auto()
    #: Shown by the answer to the request that has made the value, left out of others.
    SHOWN_WHEN_MADE = enum.auto()
    HIDDEN = enum.auto()


#: Longest line of text in characters, where a field says no other.
LINE_MAX = 255


@dataclasses.dataclass(frozen=True)
class Field:
    """One field, as every form of its noun has it.

    Attributes:
        name: in SQL, JSON and Python; with dashes on the command line.
        kind: what its values are.
        text: for the caller; with the unit.
        example: a valid value in JSON.
        default: of a new object; None: it has to be given, or there is none.
        least, most: bounds of an integer, or of the length of a line or of TEXTS, both
            included.
        words: what a WORD or WORDS may be.
        rule: name of the rule that judges a TEXT or each of TEXTS, or of the noun of a
            REFERENCE.
        nullable: null is a value.
        access: what a request may do with it.
        secret: no text, no audit event and no report holds its value.
        sealed: a secret that the row keeps in an envelope.
        column: the noun's table has it.
        sortable: a list can be ordered and searched by it.
        filterable: a list can be searched by it.
        derived: the server finds a value where none is given.
        only_service: the send service alone has it, the control plane does not.
        declared: a manifest may have it, if a request may set it.
        node: a node sees it, of a noun that says so of any of its fields.
        large: most octets of a TEXT that alone may be longer than a request.
        schema: keywords of JSON Schema that take the place of the kind's.
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
    access: Access = Access.FREE
    secret: bool = False
    sealed: bool = False
    column: bool = True
    sortable: bool = False
    filterable: bool = False
    derived: bool = False
    only_service: bool = False
    declared: bool = True
    node: bool = False
    large: int = 0
    schema: tp.Mapping[str, tp.Any] = dataclasses.field(default_factory=dict)


def line(name: str, text: str, example: str, **more: tp.Any) -> Field:
    """Return a field of one line of text, empty by default, of LINE_MAX characters."""
    given = {"default": "", "least": 0, "most": LINE_MAX, **more}
    return Field(name, Kind.LINE, text, example, **given)


def named(text: str, example: str, **more: tp.Any) -> Field:
    """Return the field of a name for people."""
    return line("name", text, example, sortable=True, **more)


def description(example: str) -> Field:
    """Return the field of a description."""
    return line("description", "Anything, one line.", example, filterable=True)


def names(fields: abc.Iterable[Field]) -> tuple[str, ...]:
    """Return the names of fields, in their order."""
    return tuple(one.name for one in fields)
