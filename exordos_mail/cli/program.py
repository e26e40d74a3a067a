# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The program `exordos-mail`: works on mail instances and on send services."""

import sys

import click

from exordos_mail.cli import PROGRAM, table
from exordos_mail.standards import program


class _Commands(program.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(table.COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        row = table.COMMANDS.get(name)
        if row is None or isinstance(row, str):
            return None if row is None else program.command_at(row)
        # It brings what makes requests, which only a command that runs needs.
        from exordos_mail.cli import commands

        return commands.group(name, row)


mail = _Commands(help="Work on mail instances and send services, here or elsewhere.")


def main() -> int:
    """Run it; return the exit status."""
    return program.run(mail, PROGRAM)


if __name__ == "__main__":
    sys.exit(main())
