# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`keys add`: a key that is seen once, and kept."""

import dataclasses
import pathlib
import typing as tp

import click

from exordos_mail.cli import contexts, nouns, options, trust
from exordos_mail.cli.connection import Connection
from exordos_mail.cli.session import Session, connected
from exordos_mail.standards import secret_file
from exordos_mail.standards.program import Failure

_KEYS = nouns.OF_PLANE["api_key"]
_DEFAULTS = {"scopes": ("send", "read")}
_MEMBERS = tuple(
    dataclasses.replace(one, default=_DEFAULTS.get(one.name))
    for one in _KEYS.members
    if one.name != "name"
)


@click.command()
@click.argument("name")
@options.options(*(options.option(one, adding=True) for one in _MEMBERS))
@click.option(
    "--key-file",
    type=click.Path(path_type=pathlib.Path),
    help="New file that the key is written to, for its owner only.",
)
@click.option(
    "--as-context",
    metavar="NAME",
    help="New context that keeps it; or the instance's, by its name.",
)
@trust.trust_options
@connected
def add(
    session: Session,
    name: str,
    key_file: pathlib.Path | None,
    as_context: str | None,
    ca_file: tp.TextIO | None,
    pin: str | None,
    **given: tp.Any,
) -> None:
    """Make an API key, and keep it where an option says.

    It is had once only, and not shown.
    """
    if key_file is None and as_context is None:
        raise click.UsageError("give --key-file, --as-context or both")
    if as_context is None and (ca_file is not None or pin is not None):
        raise click.UsageError("--ca-file and --pin are for --as-context")
    # The key is had once only: what would hinder keeping it is found out before.
    sender = None
    if as_context is not None:
        _check_free(as_context, session.backend.own)
        sender = _sender(session, ca_file, pin)
    made = _made(session, options.body(_MEMBERS, given) | {"name": name}, key_file)
    if as_context is not None and sender is not None:
        sender.token = made["key"]
        _remember(as_context, sender)
    session.one({name: one for name, one in made.items() if name != "key"})


def _sender(
    session: Session, ca_file: tp.TextIO | None, pin: str | None
) -> contexts.Context:
    """Return where the tenant sends, which has answered and is trusted."""
    found = session.backend.sender()
    found.trust = trust.chosen(found.url, ca_file, pin) or found.trust
    Connection(found.url, None, found.trust).request("GET", "/health/live")
    return found


def _made(
    session: Session, body: dict[str, tp.Any], file: pathlib.Path | None
) -> dict[str, tp.Any]:
    """Make a key, and keep it in a new file if there is to be one."""
    if file is not None and not secret_file.create(file, ""):
        raise Failure(f"{file} already exists: name a new file")
    try:
        made = session.backend.of(_KEYS).add(body)
        key = made["key"]
    except Failure:
        if file is not None:
            file.unlink()
        raise
    if file is not None:
        secret_file.write(file, key + "\n")
    return made


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
