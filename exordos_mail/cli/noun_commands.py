# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Commands of a noun, made from its row in the table."""

import typing as tp

import click

from exordos_mail.cli.nouns import TABLE, Member, Noun
from exordos_mail.cli.options import (
    Command,
    Decorator,
    data_option,
    members_of,
    options,
)
from exordos_mail.cli.secret_input import SecretFile
from exordos_mail.cli.session import Session, connected

_FLAGS = {"active": "--active/--inactive"}


def group(noun: Noun) -> click.Group:
    """Return the group of a noun, with a command for each of its verbs."""
    found = click.Group(noun.name, help=noun.help)
    for verb in noun.verbs:
        found.add_command(_COMMANDS[verb](noun))
    return found


def _list(noun: Noun) -> click.Command:
    def run(session: Session) -> None:
        session.rows(session.backend.of(noun).list(), *noun.columns)

    return _command("list", f"List {noun.name}.", run)


def _show(noun: Noun) -> click.Command:
    def run(session: Session, which: str) -> None:
        session.one(session.backend.of(noun).get(which))

    return _command("show", f"Show {_one(noun)}.", run, _argument(noun))


def _add(noun: Noun) -> click.Command:
    def run(session: Session, which: str, **given: tp.Any) -> None:
        body = _body(noun, given, ask=True) | {noun.key: which}
        session.one(session.backend.of(noun).add(body))

    # Its uuid is not known yet.
    argument = click.argument("which", metavar=noun.key.upper())
    wanted = (_option(member, member.required) for member in noun.members)
    return _command("add", f"Make {_one(noun)}.", run, argument, *wanted, data_option)


def _change(noun: Noun) -> click.Command:
    def run(session: Session, which: str, **given: tp.Any) -> None:
        body = _body(noun, given, ask=False)
        session.one(session.backend.of(noun).change(which, body))

    text = f"Change what is given of {_one(noun)}."
    free = (member for member in noun.members if not member.set_once)
    wanted = (_option(member, required=False) for member in free)
    return _command("change", text, run, _argument(noun), *wanted, data_option)


def _remove(noun: Noun) -> click.Command:
    def run(session: Session, which: str, force: bool = False) -> None:
        session.backend.of(noun).remove(which, force)
        session.done(f"removed {which}")

    text = f"Remove {_one(noun)} with everything that belongs to it."
    return _command("remove", text, run, _argument(noun))


_COMMANDS: dict[str, tp.Callable[[Noun], click.Command]] = {
    "list": _list,
    "show": _show,
    "add": _add,
    "change": _change,
    "remove": _remove,
}


def _command(
    name: str, text: str, run: Command, *decorators: Decorator
) -> click.Command:
    return click.command(name, help=text)(options(*decorators)(connected(run)))


def _one(noun: Noun) -> str:
    article = "an" if noun.singular[0] in "aeiou" else "a"
    return f"{article} {noun.singular}"


def _argument(noun: Noun) -> Decorator:
    return click.argument("which", metavar=f"{noun.key.upper()}|UUID")


def _option(member: Member, required: bool) -> Decorator:
    option = "--" + member.name.replace("_", "-")
    if member.type == "flag":
        option = _FLAGS.get(member.name, f"{option}/--no-{member.name}")
        return click.option(option, member.name, default=None, help=member.help)
    if member.type == "number":
        return click.option(option, type=int, required=required, help=member.help)
    if member.type == "secret":
        # Never as an argument: others can read the list of processes.
        return click.option(
            f"{option}-file",
            type=SecretFile("r"),
            help=f"File with the {member.help}; - is standard input.",
        )
    return click.option(option, required=required, help=member.help)


def _body(noun: Noun, given: dict[str, tp.Any], ask: bool) -> dict[str, tp.Any]:
    for member in noun.members:
        if member.type == "secret":
            file = given.pop(f"{member.name}_file")
            given[member.name] = _secret(member, file, ask and member.required)
    return members_of(given.pop("data"), **given)


def _secret(member: Member, file: tp.TextIO | None, ask: bool) -> str | None:
    if file is not None:
        return file.readline().rstrip("\r\n")
    if not ask:
        return None
    asked: str = click.prompt(member.name.capitalize(), hide_input=True, err=True)
    return asked


instances, accounts, versions = (
    group(TABLE[name]) for name in ("instances", "accounts", "versions")
)
