# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`storages`: where a tenant's attachments lie."""

import typing as tp

import click

from exordos_mail.cli.api import part
from exordos_mail.cli.options import members_of
from exordos_mail.cli.session import Session, connected
from exordos_mail.standards.program import Failure

_PATH = "/v1/storages"
_PROTOCOLS = click.Choice(("local", "s3", "gcs", "azure"))
_config_option = click.option(
    "--config",
    type=click.File("r"),
    required=True,
    help="JSON object with what the protocol needs; - is standard input.",
)


@click.group()
def storages() -> None:
    """Storages that messages name for their attachments."""


@storages.command("list")
@connected
def list_(session: Session) -> None:
    """List storages."""
    rows = session.api.pages(_PATH, "storages")
    session.rows(rows, "name", "protocol", "created_at", "updated_at")


@storages.command()
@click.argument("name")
@connected
def show(session: Session, name: str) -> None:
    """Show a storage without its configuration, which is a secret."""
    session.one(session.api.call("GET", _one(name)))


@storages.command()
@click.argument("name")
@click.option("--protocol", type=_PROTOCOLS, required=True)
@_config_option
@connected
def add(session: Session, name: str, protocol: str, config: tp.TextIO) -> None:
    """Make a storage (docs/send/attachments.md has the members of --config)."""
    # The API's call makes or changes.
    known = session.api.pages(_PATH, "storages")
    if name in (one["name"] for one in known):
        raise Failure(f"the storage {name} already exists")
    _put(session, name, protocol, config)


@storages.command()
@click.argument("name")
@click.option("--protocol", type=_PROTOCOLS, help="By default the same as before.")
@_config_option
@connected
def change(
    session: Session, name: str, protocol: str | None, config: tp.TextIO
) -> None:
    """Replace the whole configuration of a storage."""
    before = session.api.call("GET", _one(name))
    _put(session, name, protocol or before["protocol"], config)


@storages.command()
@click.argument("name")
@connected
def remove(session: Session, name: str) -> None:
    """Remove a storage; attachments that name it can no longer be fetched."""
    session.api.call("DELETE", _one(name))
    session.done(f"removed {name}")


def _put(session: Session, name: str, protocol: str, config: tp.TextIO) -> None:
    body = {"protocol": protocol, "config": members_of(config)}
    session.one(session.api.call("PUT", _one(name), body=body))


def _one(name: str) -> str:
    return f"{_PATH}/{part(name)}"
