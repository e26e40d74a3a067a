# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`relays`: relays of a tenant."""

import typing as tp

import click

from exordos_mail.cli import noun_options
from exordos_mail.cli.options import (
    data_option,
    limit_options,
    limits,
    members_of,
    options,
)
from exordos_mail.cli.secret_input import SecretFile
from exordos_mail.cli.session import Session, connected
from exordos_mail.schema import relay
from exordos_mail.schema.field import Kind


@click.group()
def relays() -> None:
    """Relays: where a tenant's mail is handed over."""


_options = options(
    *noun_options.options_of(
        one for one in relay.FIELDS if one.kind in (Kind.INTEGER, Kind.WORD)
    ),
    click.option(
        "--verify/--no-verify",
        "tls_verify",
        default=None,
        help="Check the server's certificate?",
    ),
    click.option("--username", help="With it a password is asked for."),
    click.option(
        "--password-file",
        type=SecretFile("r"),
        help="File with the password, instead of asking; - is standard input.",
    ),
    click.option(
        "--public-only/--any-address",
        default=None,
        help="May it reach private addresses? The admin's choice.",
    ),
    limit_options,
    data_option,
)


@relays.command("list")
@connected
def list_(session: Session) -> None:
    """List relays."""
    rows = session.backend.relays.list()
    session.rows(
        rows, "id", "host", "port", "tls", "username", "concurrency", "public_only"
    )


@relays.command()
@click.argument("relay_id", metavar="ID")
@connected
def show(session: Session, relay_id: str) -> None:
    """Show a relay."""
    session.one(session.backend.relays.get(relay_id))


@relays.command()
@click.argument("relay_id", metavar="ID")
@click.option("--host", required=True, help="Name or address of the server.")
@_options
@connected
def add(session: Session, relay_id: str, **given: tp.Any) -> None:
    """Make a relay; messages that name none use the one called `default`."""
    body = _body(given, {}) | {"id": relay_id}
    session.one(session.backend.relays.add(body))


@relays.command()
@click.argument("relay_id", metavar="ID")
@click.option("--host", help="Name or address of the server.")
@_options
@connected
def change(session: Session, relay_id: str, **given: tp.Any) -> None:
    """Change what is given of a relay."""
    before = session.backend.relays.get(relay_id)
    body = _body(given, before["limits"])
    session.one(session.backend.relays.change(relay_id, body))


@relays.command()
@click.argument("relay_id", metavar="ID")
@connected
def remove(session: Session, relay_id: str) -> None:
    """Remove a relay that no message waits for."""
    session.backend.relays.remove(relay_id)
    session.done(f"removed {relay_id}")


def _body(given: dict[str, tp.Any], before: dict[str, int | None]) -> dict[str, tp.Any]:
    spans = {span: given.pop(f"per_{span}") for span in ("minute", "hour", "day")}
    password = _password(given.pop("password_file"), given["username"])
    return members_of(
        given.pop("data"),
        **given,
        password=password,
        limits=limits(before, **spans),
    )


def _password(file: tp.TextIO | None, username: str | None) -> str | None:
    if file is not None:
        return file.readline().rstrip("\r\n")
    if username is None:
        return None
    asked: str = click.prompt("Password", hide_input=True, err=True)
    return asked
