# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Commands, made from the rows of the table."""

import sys
import typing as tp

import click

from exordos_mail.cli import nouns, options, table
from exordos_mail.cli.api import part
from exordos_mail.cli.connection import Answer
from exordos_mail.cli.members import of_fields
from exordos_mail.cli.nouns import Noun, Usual
from exordos_mail.cli.options import Command, Decorator
from exordos_mail.cli.resources import Collection
from exordos_mail.cli.session import Session, connected
from exordos_mail.cli.verbs import Verb
from exordos_mail.schema.action import Action
from exordos_mail.standards import program


def group(name: str, row: table.Group) -> click.Group:
    """Return a group with all its commands."""
    found = program.Group(name, help=row.text)
    if row.noun is not None:
        for action in row.noun.actions:
            found.add_command(_USUAL[action](row.noun))
        for one in row.noun.own_actions:
            found.add_command(_own(row.noun, one))
    for verb in row.verbs:
        found.add_command(_verb(verb))
    for command, place in row.by_hand.items():
        found.add_command(program.command_at(place), command)
    return found


def _list(noun: Noun) -> click.Command:
    def run(session: Session, limit: int | None = None, **filters: str | None) -> None:
        rows = _all(session, noun, filters).list(filters, limit)
        session.rows(rows, *noun.shown)

    ends = () if noun.newest_first is None else (options.limit_option,)
    filters = (options.option(one) for one in noun.filters)
    return _command(noun, "list", f"List {noun.name}.", run, *filters, *ends)


def _show(noun: Noun) -> click.Command:
    def run(session: Session, which: str, **given: str) -> None:
        session.one(_all(session, noun, given).get(which))

    return _command(noun, "show", f"Show {_one(noun)}.", run, _argument(noun))


def _add(noun: Noun) -> click.Command:
    def run(session: Session, which: str, **given: tp.Any) -> None:
        things = _all(session, noun, given)
        body = options.body(noun.members, given, given["data"], adding=True)
        session.one(things.add({**body, noun.key: which}))

    # Its uuid is not known yet.
    argument = click.argument("which", metavar=noun.key.upper())
    wanted = (options.option(one, adding=True) for one in noun.members)
    text = f"Make {_one(noun)}."
    return _command(noun, "add", text, run, argument, *wanted, options.data_option)


def _change(noun: Noun) -> click.Command:
    free = tuple(one for one in noun.members if not one.set_once)
    free = (*noun.key_members, *free)

    def run(session: Session, which: str, **given: tp.Any) -> None:
        things = _all(session, noun, given)
        body = options.body(free, given, given["data"])
        session.one(things.change(which, body))

    text = f"Change what is given of {_one(noun)}."
    wanted = (options.option(one) for one in free)
    argument, data = _argument(noun), options.data_option
    return _command(noun, "change", text, run, argument, *wanted, data)


def _remove(noun: Noun) -> click.Command:
    name = noun.renamed.get("remove", "remove")

    def run(session: Session, which: str, force: bool = False, **given: str) -> None:
        things = _all(session, noun, given)
        if noun.loses and not force and not things.careful:
            _confirm(noun, things.get(which)[noun.key])
        things.remove(which, force)
        session.done(f"{name}d {which}")

    also = (_force(noun),) if noun.loses else ()
    more = f"\n\nWith it go {noun.loses}." if noun.loses else ""
    text = f"Remove {_one(noun)}.{more}"
    return _command(noun, "remove", text, run, _argument(noun), *also)


def _own(noun: Noun, action: Action) -> click.Command:
    members = of_fields(action.fields)

    def run(session: Session, which: str, **given: tp.Any) -> None:
        things = _all(session, noun, given)
        session.one(things.invoke(which, action.name, options.body(members, given)))

    wanted = (options.option(one, adding=True) for one in members)
    name = action.name.replace("_", "-")
    return _command(noun, name, action.text, run, _argument(noun), *wanted)


_USUAL: dict[Usual, tp.Callable[[Noun], click.Command]] = {
    "list": _list,
    "show": _show,
    "add": _add,
    "change": _change,
    "remove": _remove,
}


def _confirm(noun: Noun, name: str) -> None:
    """Have the name of what is to be removed typed once more.

    Raises:
        Failure: it was not, or there is nobody to ask.
    """
    lost = f"with the {noun.singular} {name} go {noun.loses}"
    if not sys.stdin.isatty():
        raise program.Failure(f"{lost}: give --force if all of it is to be removed")
    click.echo(f"Warning: {lost}.", err=True)
    typed = click.prompt("Type its name to remove it", default="", err=True)
    if typed != name:
        raise program.Failure(f"nothing was removed: the name is {name}, not {typed!r}")


def _force(noun: Noun) -> Decorator:
    text = "Do not ask; remove it whatever is lost with it."
    return click.option("--force", is_flag=True, help=text)


def _command(
    noun: Noun, action: str, text: str, run: Command, *decorators: Decorator
) -> click.Command:
    name, text = noun.renamed.get(action, action), noun.helps.get(action, text)
    taken = options.options(*decorators, *_parents(noun))
    return click.command(name, help=text)(taken(connected(run)))


def _all(session: Session, noun: Noun, given: dict[str, tp.Any]) -> Collection:
    """Return all of a noun, below what options say, which are taken out."""
    return session.backend.of(noun, {one: given.pop(one) for one in noun.chosen})


def _parents(noun: Noun) -> tp.Iterator[Decorator]:
    """Yield the options that say below what the things are, the highest first."""
    for name in reversed(noun.chosen):
        parent = nouns.OF_PLANE[name]
        yield click.option(
            f"--{name.replace('_', '-')}",
            name,
            required=True,
            metavar=f"{parent.key.upper()}|UUID",
            help=f"{parent.singular.capitalize()} that the command is about.",
        )


def _one(noun: Noun) -> str:
    article = "an" if noun.singular[0] in "aeiou" else "a"
    return f"{article} {noun.singular}"


def _argument(noun: Noun) -> Decorator:
    also = "" if noun.kept != "plane" or noun.key == "uuid" else "|UUID"
    return click.argument("which", metavar=f"{noun.key.upper()}{also}")


def _verb(verb: Verb) -> click.Command:
    method, verb_path = verb.call.split(" ")

    def run(session: Session, which: tp.Any = None, **given: tp.Any) -> None:
        query = options.body(verb.query, given)
        body = options.body(verb.body, given, given.get("data"))
        _check(verb, body)
        for one in which if isinstance(which, tuple) else (which,):
            given_part = f"/{part(one)}" if one else ""
            path = verb_path.replace(f"/{{{verb.argument}}}", given_part)
            call = method, path, query, body or None, verb.of_tenant
            _said(session, verb, one, session.api.call(*call))

    taken = [options.option(one, adding=True) for one in (*verb.query, *verb.body)]
    taken += [options.data_option] if verb.data else []
    taken += [_verb_argument(verb)] if verb.argument else []
    command = options.options(*taken)(connected(run))
    return click.command(verb.name, help=verb.help)(command)


def _verb_argument(verb: Verb) -> Decorator:
    return click.argument(
        "which",
        metavar=verb.argument,
        nargs=-1 if verb.argument.endswith("...") else 1,
        required=not verb.argument.startswith("["),
    )


def _check(verb: Verb, body: dict[str, tp.Any]) -> None:
    good = {"": True, "one": len(body) == 1, "some": bool(body)}[verb.needs]
    if not good:
        *most, last = (one.flags for one in verb.body)
        raise click.UsageError(f"give {', '.join(most)} or {last}")


def _said(session: Session, verb: Verb, which: str | None, answer: Answer) -> None:
    known = Answer(answer, which=which)
    if verb.unless is not None and not answer[verb.unless[0]]:
        raise program.Failure(verb.unless[1].format_map(known))
    if verb.said:
        session.done(verb.said.format_map(known), answer)
    else:
        session.one(answer)
