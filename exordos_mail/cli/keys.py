# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`keys`: API keys of a tenant."""

import pathlib
import typing as tp

import click

from exordos_mail.cli import contexts, trust
from exordos_mail.cli.connection import Connection
from exordos_mail.cli.options import members_of
from exordos_mail.cli.session import Session, connected
from exordos_mail.standards import secret_file
from exordos_mail.standards.program import Failure

_SCOPES = ("send", "read", "manage")


@click.group()
def keys() -> None:
    """API keys of a tenant."""


@keys.command("list")
@connected
def list_(session: Session) -> None:
    """List API keys, without their secrets."""
    rows = session.backend.keys.list()
    session.rows(rows, "id", "name", "scopes", "created_at", "expires_at", "revoked_at")


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(_SCOPES),
    default=("send", "read"),
    show_default=True,
    help="What it may do; may be repeated.",
)
@click.option("--expires", "expires_at", metavar="MOMENT", help="As RFC 3339.")
@click.option(
    "--key-file",
    type=click.Path(path_type=pathlib.Path),
    help="New file that the key is written to, for its owner only.",
)
@click.option(
    "--as-context",
    metavar="NAME",
    help="Remember it as a context; or in the instance's own, by its name.",
)
@trust.trust_options
@connected
def add(
    session: Session,
    name: str,
    scopes: tuple[str, ...],
    expires_at: str | None,
    key_file: pathlib.Path | None,
    as_context: str | None,
    ca_file: tp.TextIO | None,
    pin: str | None,
) -> None:
    """Make an API key; it is not shown but written where an option says."""
    if key_file is None and as_context is None:
        raise click.UsageError("give --key-file, --as-context or both")
    if as_context is None and (ca_file is not None or pin is not None):
        raise click.UsageError("--ca-file and --pin are for --as-context")
    # The key is had once only: what would hinder keeping it is found out before.
    sender = None
    if as_context is not None:
        _check_free(as_context, session.backend.own)
        sender = session.backend.sender()
        sender.trust = trust.chosen(sender.url, ca_file, pin) or sender.trust
        Connection(sender.url, None, sender.trust).request("GET", "/health/live")
    if key_file is not None and not secret_file.create(key_file, ""):
        raise Failure(f"{key_file} already exists: name a new file")
    body = members_of(None, name=name, scopes=scopes, expires_at=expires_at)
    try:
        made = session.backend.keys.add(body)
        key = made["key"]
    except Failure:
        if key_file is not None:
            key_file.unlink()
        raise
    if key_file is not None:
        secret_file.write(key_file, key + "\n")
    if as_context is not None and sender is not None:
        sender.token = key
        _remember(as_context, sender)
    session.one({name: one for name, one in made.items() if name != "key"})


@keys.command()
@click.argument("key_id", metavar="ID")
@connected
def revoke(session: Session, key_id: str) -> None:
    """Revoke an API key for good."""
    session.backend.keys.remove(key_id)
    session.done(f"revoked {key_id}")


def _check_free(name: str, own: str | None) -> None:
    """Refuse a name whose context would be lost; an instance's own takes the key."""
    if name != own and name in contexts.load().contexts:
        raise Failure(f"the context {name} already exists")


def _remember(name: str, sender: contexts.Context) -> None:
    known = contexts.load()
    former = known.contexts.get(name)
    if former is None or former.instance is None:
        known.contexts[name] = sender
    else:
        former.instance.nodes[sender.tenant or ""] = sender
    contexts.save(known)
