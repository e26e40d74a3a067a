# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`commands`: the log of every call that may have changed something."""

import click

from exordos_mail.cli.api import part
from exordos_mail.cli.session import Session, connected

_PATH = "/v1/commands"


@click.group()
def commands() -> None:
    """The command log, for the admin (docs/send/command-log.md)."""


@commands.command("list")
@click.option("--actor", help="`admin` or `key:ID`.")
@click.option("--method", help="As POST.")
@click.option("--path", help="What the path begins with.")
@click.option("--since", metavar="MOMENT", help="Not before; RFC 3339.")
@click.option("--until", metavar="MOMENT", help="Before this one.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1))
@connected
def list_(session: Session, limit: int, **filters: str | None) -> None:
    """List commands, the oldest first; of one tenant with --tenant."""
    rows = session.api.pages(_PATH, "commands", filters, limit)
    session.rows(rows, "id", "at", "actor", "tenant", "method", "path", "status")


@commands.command()
@click.argument("command_id", metavar="ID")
@connected
def show(session: Session, command_id: str) -> None:
    """Show a command with its request and result; secrets are masked."""
    path = f"{_PATH}/{part(command_id)}"
    session.one(session.api.call("GET", path, of_tenant=False))


@commands.command()
@click.option("--older-than", required=True, type=click.IntRange(0), help="Seconds.")
@connected
def purge(session: Session, older_than: int) -> None:
    """Remove old commands: they cannot be exported any more."""
    query = {"older_than": older_than}
    answer = session.api.call("POST", f"{_PATH}/purge", query, of_tenant=False)
    session.done(f"removed {answer['removed']}", answer)
