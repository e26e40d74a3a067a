# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`python -m tests.command_line_page`: writes the commands into their page.

docs/reference/command-line.md has everything that the program's own help says, below a
heading; what stands above it is written by hand. docs/reference/send-service.md is the
same of the program `exordos-mail-send`. A unit test compares them.
"""

import collections.abc as abc
import pathlib
import re
import typing as tp

import click

from exordos_mail.cli import program, session
from exordos_mail.send import program as service

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/reference/command-line.md"
SERVICE_PAGE = ROOT / "docs/reference/send-service.md"
HEADING = "## Commands\n"
#: Of a line of code that calls the program: the words after its name.
_CALL = re.compile(r"(?:^|[`|(] ?)exordos-mail ([a-z][^`|#\n]*)", re.MULTILINE)
Found = tuple[tuple[str, ...], click.Command]


def commands(
    command: click.Command = program.mail, path: tuple[str, ...] = ()
) -> abc.Iterator[Found]:
    """Yield each command that can be run, with its words."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from commands(
            tp.cast(click.Command, command.get_command(context, name)), (*path, name)
        )


def shared() -> dict[str, str]:
    """Return the options that all commands have which call a service."""
    common = click.command()(session.connected(lambda _: None))
    return dict(_records(common))


def reference() -> str:
    """Return the page's part on each command."""
    parts = [
        HEADING,
        "Made of the program's own help by `python -m tests.command_line_page`.\n",
        "Commands that call a service or the platform, which are all but `contexts`,"
        " have these options too:\n",
        _table(shared()),
    ]
    for path, command in commands():
        common = shared().items()
        own = {
            name: text for name, text in _records(command) if (name, text) not in common
        }
        parts += described(path, command, own)
    return "\n".join(parts)


def described(
    path: tuple[str, ...], command: click.Command, options: tp.Mapping[str, str]
) -> list[str]:
    """Return the parts on one command with some of its options."""
    parts = [f"### `{' '.join((*path, *_arguments(command)))}`\n"]
    parts += [f"{_plain(command.help or '')}\n"]
    return [*parts, _table(options)] if options else parts


def service_page() -> str:
    """Return the page on the program that is the send service."""
    parts = [
        "# `exordos-mail-send`: the send service and its files\n",
        "Made of the program's own help by `python -m tests.command_line_page`. Each"
        " option is also the variable of the environment that stands with it; the"
        " command line goes before it.\n",
    ]
    for path, command in commands(service.send):
        parts += described(path, command, dict(_records(command)))
    return "\n".join(parts)


def page() -> str:
    """Return the whole page as it has to be."""
    by_hand = PAGE.read_text().partition(HEADING)[0]
    return by_hand + reference()


def mistakes(text: str) -> list[str]:
    """Return the calls in a text that the program would not take."""
    known = dict(commands())
    found = []
    for call in _CALL.findall(text):
        words = call.split()
        path = next((p for p in known if p == tuple(words[: len(p)])), None)
        if path is None:
            found.append(f"no such command: {call}")
            continue
        options = {
            flag
            for parameter in known[path].params
            for flag in (*parameter.opts, *parameter.secondary_opts)
        }
        found += [
            f"no such option: {word} of {' '.join(path)}"
            for word in words
            if word.startswith("--") and word.partition("=")[0] not in options
        ]
    return found


def _records(command: click.Command) -> abc.Iterator[tuple[str, str]]:
    context = click.Context(command)
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            yield record


def _arguments(command: click.Command) -> list[str]:
    context = click.Context(command)
    arguments = (one for one in command.params if isinstance(one, click.Argument))
    return [one.make_metavar(context) for one in arguments]


def _plain(help_: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in help_.split("\n\n"))


def _table(options: tp.Mapping[str, str]) -> str:
    rows = (f"* `{name}`: {' '.join(text.split())}" for name, text in options.items())
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    PAGE.write_text(page())
    SERVICE_PAGE.write_text(service_page())
