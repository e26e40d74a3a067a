# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What every command of a client has: a service, and a way to show answers."""

import functools
import json
import os
import sys
import typing as tp
import uuid

import click

from exordos_mail.cli import contexts, text
from exordos_mail.cli.api import Api
from exordos_mail.cli.backends import Backend, InstanceBackend, ServiceBackend
from exordos_mail.cli.options import Command, Decorator, options
from exordos_mail.cli.secret_input import SecretFile
from exordos_mail.standards.program import Failure

_VARIABLE = "EXORDOS_MAIL_{}"
_TOKEN = _VARIABLE.format("TOKEN")
_WHERE = ("context", "url", "token_file", "tenant", "instance")


class Session:
    """One command's run."""

    def __init__(self, backend: Backend, as_json: bool) -> None:
        self.backend = backend
        self.as_json = as_json

    @property
    def api(self) -> Api:
        """Return the send service."""
        return self.backend.api

    def rows(self, rows: tp.Sequence[text.Row], *columns: str) -> None:
        """Show a list: the named members, or with --json everything."""
        if self.as_json:
            self._json(rows)
        else:
            click.echo("\n".join(text.table(rows, columns)))

    def one(self, row: text.Row) -> None:
        """Show one thing with all its members."""
        if self.as_json:
            self._json(row)
        else:
            click.echo("\n".join(text.members(row)))

    def done(self, what: str, answer: object = None) -> None:
        """Say that it is done; with --json show the answer, if there is one."""
        if not self.as_json:
            click.echo(text.plain(what))
        elif answer:
            self._json(answer)

    def line(self, row: text.Row, *columns: str) -> None:
        """Show a row that others follow; with --json as one line of JSON."""
        shown = (
            json.dumps(row)
            if self.as_json
            else "  ".join(text.plain(row.get(name)) for name in columns)
        )
        click.echo(shown)
        # Who reads from a pipe wants it now.
        sys.stdout.flush()

    @staticmethod
    def _json(found: object) -> None:
        click.echo(json.dumps(found, indent=1, ensure_ascii=False))


def connected(command: Command) -> Command:
    """Give a command a Session as its first argument, and the options for it."""

    @functools.wraps(command)
    def run(as_json: bool, **given: tp.Any) -> None:
        where = {name: given.pop(name) for name in _WHERE}
        command(Session(_backend(**where), as_json), **given)

    return _OPTIONS(run)


def read_token(file: tp.TextIO | None) -> str:
    """Return a token: of a file, else asked for without showing it.

    Standard input is read when it is no terminal.
    """
    if file is not None:
        return contexts.checked_token(file.read())
    if not sys.stdin.isatty():
        return contexts.checked_token(sys.stdin.readline())
    return contexts.checked_token(click.prompt("Token", hide_input=True, err=True))


def token_option(required_for: str) -> Decorator:
    """Return the option of a file that holds a token."""
    return click.option(
        "--token-file",
        type=SecretFile("r"),
        help=f"File with the token {required_for}; - is standard input.",
    )


_OPTIONS = options(
    click.option(
        "--context",
        metavar="NAME",
        envvar=_VARIABLE.format("CONTEXT"),
        help="One of `contexts list`, instead of the current one.",
    ),
    click.option(
        "--url",
        metavar="URL",
        envvar=_VARIABLE.format("URL"),
        help=f"Address of the service, instead of the context's or {contexts.LOCAL}.",
    ),
    token_option(f"to call with; else {_TOKEN}, or the context's"),
    click.option(
        "--tenant",
        metavar="ID",
        envvar=_VARIABLE.format("TENANT"),
        help="Tenant the command is about, instead of the context's.",
    ),
    click.option(
        "--instance",
        metavar="UUID",
        type=click.UUID,
        envvar=_VARIABLE.format("INSTANCE"),
        help="Instance the command is about, with a context of the platform.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs."),
)


def _backend(
    context: str | None,
    url: str | None,
    token_file: tp.TextIO | None,
    tenant: str | None,
    instance: uuid.UUID | None,
) -> Backend:
    given = None if token_file is None else token_file.read()
    # A context that is named brings its own token.
    if given is None and context is None:
        given = os.environ.get(_TOKEN)
    token = None if given is None else contexts.checked_token(given)
    target = contexts.target(contexts.load(), context, url, tenant, token)
    chosen = target.context
    if chosen is not None and chosen.instance is not None:
        wanted = None if instance is None else str(instance)
        return InstanceBackend(target.name, chosen, target.tenant, wanted)
    if instance is not None:
        raise click.UsageError("--instance: the context is of a send service")
    token = target.token
    if token is None:
        if not sys.stdin.isatty():
            raise Failure(
                f"no token for {target.url}: make a context, give --token-file or"
                f" {_TOKEN}"
            )
        token = read_token(None)
    trusted = None if chosen is None else chosen.trust
    return ServiceBackend(contexts.Context(target.url, token, target.tenant, trusted))
