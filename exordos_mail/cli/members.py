# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Members of requests, and the options that they are given by."""

import collections.abc as abc
import dataclasses
import typing as tp

from exordos_mail.schema.field import Access, Field, Kind

#: How a member is read. `secret`: from a file or the terminal, never from an option,
#: because others can read the list of processes. `object`: JSON, from a file.
#: `file`: a text of many lines, from a file.
Type = tp.Literal["text", "number", "flag", "secret", "object", "file"]
_TYPES: dict[Kind, Type] = {Kind.INTEGER: "number", Kind.FLAG: "flag"}
_SETTABLE = (Access.FREE, Access.SET_ONCE, Access.WRITE_ONLY)
#: What the command line has for fields of these names, whichever noun's they are.
_OWN: dict[str, dict[str, tp.Any]] = {
    "active": {"option": "--active/--inactive"},
    "content": {"type": "file"},
    "expires_at": {"option": "--expires"},
    "generate_password": {"option": "--generate-password", "required": False},
    "limit_minute": {"option": "--per-minute"},
    "limit_hour": {"option": "--per-hour"},
    "limit_day": {"option": "--per-day"},
    "password": {
        "asked_with": "username",
        "instead": ("password_hash", "generate_password"),
    },
    "password_hash": {"required": False},
    "public_only": {"option": "--public-only/--any-address"},
    "scopes": {"option": "--scope"},
    "targets": {"option": "--target", "metavar": "ADDRESS"},
    "tls_verify": {"option": "--verify/--no-verify"},
    "version": {"help": "Version of its image: name or uuid."},
}


@dataclasses.dataclass(frozen=True)
class Member:
    """A member of a request, and the option for it.

    Attributes:
        help: for people: meaning and unit.
        option: its name on the command line; empty: made of the member's.
        required: `add` needs it.
        set_once: `change` cannot change it.
        words: what it may be; empty: anything.
        least, most: bounds of a number, both included; most 0: no bound.
        nullable: an empty text, or 0, stands for null.
        many: a list; the option may be repeated.
        default: of a new object, sent by the command.
        asked_with: name of the member that makes the command ask for this secret.
        instead: names of the members that may be given instead of this secret.
        refers: name of the noun that it names one of.
        metavar: what help calls the value.
    """

    name: str
    help: str
    type: Type = "text"
    _: dataclasses.KW_ONLY
    option: str = ""
    required: bool = False
    set_once: bool = False
    words: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    nullable: bool = False
    many: bool = False
    default: tp.Any = None
    asked_with: str = ""
    instead: tuple[str, ...] = ()
    refers: str = ""
    metavar: str | None = None

    @property
    def flags(self) -> str:
        """Return the option's name."""
        if self.option:
            return self.option
        dashed = self.name.replace("_", "-")
        if self.type == "flag":
            return f"--{dashed}/--no-{dashed}"
        is_file = self.type in ("secret", "file")
        return f"--{dashed}-file" if is_file else f"--{dashed}"


def moment(name: str, help_: str, option: str = "") -> Member:
    """Return a member that is a time (RFC 3339)."""
    return Member(name, help_, option=option, metavar="MOMENT")


def of_fields(fields: abc.Iterable[Field]) -> tuple[Member, ...]:
    """Return the members of a noun's fields that a request may have."""
    return tuple(_of_field(one) for one in fields if one.access in _SETTABLE)


def _of_field(field: Field) -> Member:
    null = "0:" if field.kind is Kind.INTEGER else '"":'
    given = {
        "help": field.text.replace("null:", null),
        "type": "secret" if field.secret else _TYPES.get(field.kind, "text"),
        # A default, or a null, is what it has when it is not given.
        "required": not (field.nullable or field.derived) and field.default is None,
        "set_once": field.access is Access.SET_ONCE,
        "words": field.words,
        "least": 0 if field.nullable else field.least,
        "most": field.most,
        "nullable": field.nullable,
        "many": field.kind in (Kind.WORDS, Kind.TEXTS),
        "refers": field.rule if field.kind is Kind.REFERENCE else "",
        "metavar": "MOMENT" if field.kind is Kind.MOMENT else None,
    }
    return Member(field.name, **{**given, **_OWN.get(field.name, {})})
