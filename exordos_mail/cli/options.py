# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Members of a request, from options and files."""

import json
import typing as tp

import click

from exordos_mail.cli.secret_input import check_members
from exordos_mail.standards.program import Failure

Command = tp.Callable[..., None]
Decorator = tp.Callable[[Command], Command]


def members_of(file: tp.TextIO | None, **given: object) -> dict[str, tp.Any]:
    """Return a request's members: those of a JSON file, then the options given.

    Raises:
        Failure: the file holds no JSON object.
    """
    found: dict[str, tp.Any] = {}
    if file is not None:
        try:
            found = json.load(file)
        except ValueError:
            found = {}
        if not isinstance(found, dict) or not found:
            raise Failure(f"{file.name} does not hold a JSON object")
        check_members(file, found)
    return found | {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if value is not None and value != ()
    }


data_option = click.option(
    "--data",
    type=click.File("r"),
    help="JSON object with further members of the request; - is standard input.",
)


def options(*added: Decorator) -> Decorator:
    """Return a decorator that adds options, which are shown in this order."""

    def add(command: Command) -> Command:
        for one in reversed(added):
            command = one(command)
        return command

    return add


limit_options = options(
    *(
        click.option(
            f"--per-{span}",
            type=click.IntRange(0),
            help=f"Messages per {span}; 0: no limit.",
        )
        for span in ("minute", "hour", "day")
    )
)


def limits(
    before: tp.Mapping[str, int | None], **given: int | None
) -> dict[str, int | None] | None:
    """Return limits with those that are given in their place; None: none is."""
    if all(one is None for one in given.values()):
        return None
    changed = {name: one or None for name, one in given.items() if one is not None}
    return {**before, **changed}
