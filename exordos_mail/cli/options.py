# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Options made from members of a request, and members from options and files."""

import collections.abc as abc
import json
import typing as tp

import click

from exordos_mail.cli.members import Member
from exordos_mail.cli.secret_input import SecretFile, check_members
from exordos_mail.standards.program import Failure

Command = tp.Callable[..., None]
Decorator = tp.Callable[[Command], Command]


def options(*added: Decorator) -> Decorator:
    """Return a decorator that adds options, which are shown in this order."""

    def add(command: Command) -> Command:
        for one in reversed(added):
            command = one(command)
        return command

    return add


data_option = click.option(
    "--data",
    type=click.File("r"),
    help="JSON object with further members of the request; - is standard input.",
)
limit_option = click.option(
    "--limit",
    default=100,
    show_default=True,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="How many at most.",
)


def option(member: Member, adding: bool = False) -> Decorator:
    """Return the option of a member.

    Args:
        adding: for a new object, which needs some members and has defaults of others.
    """
    if member.type == "secret":
        asked = ", instead of asking" if member.required or member.asked_with else ""
        text = f"File with the {_spoken(member)}{asked}; - is standard input."
        return click.option(member.flags, member.name, type=SecretFile("r"), help=text)
    # What is never shown cannot be kept by a change.
    required = member.required and (adding or member.type == "object")
    more: dict[str, tp.Any] = {}
    if member.type == "flag":
        more = {"default": None, "is_flag": True}
    elif member.default is not None and adding:
        more = {"default": member.default, "show_default": True}
    return click.option(
        member.flags,
        member.name,
        type=_type(member),
        required=required,
        multiple=member.many,
        metavar=member.metavar or ("NUMBER" if member.type == "number" else None),
        help=f"{member.help} May be repeated." if member.many else member.help,
        **more,
    )


def body(
    members: abc.Iterable[Member],
    given: tp.Mapping[str, tp.Any],
    data: tp.TextIO | None = None,
    adding: bool = False,
) -> dict[str, tp.Any]:
    """Return a request's members: those of a file, then those of options.

    Args:
        given: values of options.
        data: the file, with a JSON object.
        adding: secrets that a new object needs are asked for.

    Raises:
        Failure: the file holds no JSON object.
    """
    found = {} if data is None else json_object(data)
    for member in members:
        value = given[member.name]
        if member.type == "secret":
            wanted = (adding and member.required) or found.get(member.asked_with)
            has = {member.name, *member.instead} & {*found, *filter(given.get, given)}
            value = _secret(member, value, bool(wanted) and not has)
        elif member.type == "object":
            value = json_object(value)
        elif member.type == "file" and value is not None:
            value = _text(value)
        if value is not None and value != ():
            found[member.name] = _sent(member, value)
    return found


def _sent(member: Member, value: tp.Any) -> tp.Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, bool):
        return value
    return None if member.nullable and value in ("", 0) else value


def _type(member: Member) -> tp.Any:
    if member.type == "flag":
        return None
    if member.type == "object":
        return click.File("r")
    if member.type == "file":
        return click.File("rb")
    if member.words:
        return click.Choice(member.words)
    if member.type == "number":
        return click.IntRange(member.least, member.most or None)
    return str


def json_object(file: tp.TextIO) -> dict[str, tp.Any]:
    """Return the JSON object in a file, which is not empty.

    Raises:
        Failure: there is something else in it.
    """
    try:
        found = json.load(file)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not found:
        raise Failure(f"{file.name} does not hold a JSON object")
    check_members(file, found)
    return found


def _text(file: tp.BinaryIO) -> str:
    """Return what is in a file, its line ends as they are.

    Raises:
        Failure: it is not text.
    """
    try:
        return file.read().decode()
    except UnicodeDecodeError:
        raise Failure(f"{file.name} is not a text in UTF-8") from None


def _secret(member: Member, file: tp.TextIO | None, wanted: bool) -> str | None:
    if file is not None:
        return file.readline().rstrip("\r\n")
    if not wanted:
        return None
    text = _spoken(member).capitalize()
    asked: str = click.prompt(text, hide_input=True, err=True)
    return asked


def _spoken(member: Member) -> str:
    return member.name.replace("_", " ")
