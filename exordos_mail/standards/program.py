# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A program on a command line: how its commands are found, and how one fails.

A failure is one line on standard error and an exit status: 1 refused, or not possible
as asked; 2 called wrongly; 3 no answer, it may go well later; 130 interrupted.
"""

import importlib
import sys
import typing as tp

import click


class Failure(click.ClickException):
    """Refused, or not possible as asked; the text is for people, without a secret."""

    exit_code = 1


class Unavailable(Failure):
    """No answer, or an error of the service: it may go well later."""

    exit_code = 3


class Group(click.Group):
    """Commands; help shows in full what each does, which click cuts to one line."""

    def format_commands(
        self, context: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the list of commands, as click does, but wrapped instead of cut."""
        rows = [
            (name, command.get_short_help_str(limit=sys.maxsize))
            for name in self.list_commands(context)
            if (command := self.get_command(context, name)) and not command.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class Commands(Group):
    """Commands whose modules are imported when they are asked for."""

    def __init__(self, places: tp.Mapping[str, str], **options: tp.Any) -> None:
        """Make the group.

        Args:
            places: `module:attribute` of each command, by its name.
            options: click's own.
        """
        super().__init__(**options)
        self._places = places

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names in the order in which help shows them."""
        return list(self._places)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command; None: there is none of that name."""
        if name not in self._places:
            return None
        return command_at(self._places[name])


def command_at(place: str) -> click.Command:
    """Return the command at `module:attribute`."""
    module, _, attribute = place.partition(":")
    found: click.Command = getattr(importlib.import_module(module), attribute)
    return found


def one_line(text: str) -> str:
    """Return a text as one line without control characters.

    Subjects and servers' replies are written by strangers, and could otherwise move the
    cursor or worse.
    """
    return "".join(letter if letter.isprintable() else " " for letter in text)


def report(program: str, message: str) -> None:
    """Write a line to standard error."""
    click.echo(f"{program}: {one_line(message)}", err=True)


def run(group: click.Group, program: str) -> int:
    """Run the command that was typed; return the exit status."""
    try:
        found: tp.Any = group.main(prog_name=program, standalone_mode=False)
        return found if isinstance(found, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        report(program, error.format_message())
        return error.exit_code
    except click.Abort:
        report(program, "interrupted")
        return 130
    except UnicodeError:
        report(program, "input is not valid UTF-8")
        return Failure.exit_code
    except OSError as error:
        report(program, str(error))
        return Failure.exit_code
