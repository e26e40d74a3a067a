# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`state`: everything that a service knows, out of one and into another one."""

import pathlib
import sys
import typing as tp

import click

from exordos_mail.send import clock, keyfiles, vault
from exordos_mail.send.offline import hpke, reading, writing
from exordos_mail.send.offline.offline_state import (
    OfflineState,
    located,
    located_or_new,
)
from exordos_mail.send.storage import database, secrets_keys
from exordos_mail.standards import secret_file
from exordos_mail.standards.program import Failure

_PATH = click.Path(path_type=pathlib.Path)


@click.group("state")
def command() -> None:
    """Take the state of a service out, or in (works on the database)."""


@command.command("new-key")
@click.argument("file", type=_PATH)
def new_key(file: pathlib.Path) -> None:
    """Make a key pair: the private key goes to FILE, the public one is printed."""
    private, public = hpke.new_key()
    if not secret_file.create(file, private + "\n"):
        raise Failure(f"{file} already exists: name a new file")
    click.echo(public)


@command.command("export")
@click.argument("file", type=_PATH)
@click.option("--to", "public", metavar="KEY", help="Public key to seal secrets to.")
@click.option("--without-secrets", is_flag=True, help="Leave them out.")
@click.option("--mail", is_flag=True, help="Messages that wait, too.")
@located
def export(
    offline: OfflineState,
    file: pathlib.Path,
    public: str | None,
    without_secrets: bool,
    mail: bool,
) -> None:
    """Write the state to a new FILE.

    That is tenants, keys (as hashes), relays, suppressions, suspensions, storages,
    counters of limits and of events, and how far each webhook has come.
    """
    if (public is None) != without_secrets:
        raise click.UsageError("give one of --to KEY and --without-secrets")
    if mail and public is None:
        raise click.UsageError("--mail: give --to KEY, the content is sealed, too")
    if public is not None:
        hpke.seal(b"", "", public)
    report = _export(offline, file, writing.ExportOptions(public, mail))
    _tell(report.rows)
    for one in report.left_out:
        click.echo(f"left out: {one}", err=True)
    if mail and report.workers:
        click.echo(
            "a process works on this database, or was killed: what it sends from now on"
            " is sent again by the service that imports the file",
            err=True,
        )


@command.command("import")
@click.argument("file", type=_PATH)
@click.option("--private-key", type=_PATH, help="File that `new-key` has made.")
@located_or_new
def import_(
    offline: OfflineState, file: pathlib.Path, private_key: pathlib.Path | None
) -> None:
    """Read the state of FILE into an empty service, wholly or not at all."""
    head = reading.check(file)
    private = None if private_key is None else secret_file.read(private_key)
    if head.sealed_to is not None:
        if private is None:
            raise click.UsageError(
                f"--private-key: the secrets are sealed to {head.sealed_to}"
            )
        if hpke.public_text(private) != head.sealed_to:
            raise Failure(f"{private_key} is not the key of {head.sealed_to}")
    _tell(offline.write(_import, file, _keys(offline), private))


def _export(
    offline: OfflineState, file: pathlib.Path, wanted: writing.ExportOptions
) -> writing.Report:
    keys = keyfiles.secrets_keys(offline.secrets, may_make=False)
    try:
        with secret_file.writing(file) as out:
            return offline.read(writing.write, out, vault.Vault(*keys), wanted)
    except FileExistsError:
        raise Failure(f"{file} already exists: name a new file") from None
    except writing.CannotExport as error:
        raise Failure(str(error)) from None


def _import(
    tx: database.Transaction,
    file: pathlib.Path,
    keys: tuple[bytes, ...],
    private: str | None,
) -> dict[str, int]:
    secrets = vault.Vault(*keys)
    secrets_keys.adopt(tx, secrets, clock.now())
    return reading.read(tx, file, secrets, private)


def _keys(offline: OfflineState) -> tuple[bytes, ...]:
    may_make = not offline.read(secrets_keys.known)
    return keyfiles.secrets_keys(offline.secrets, may_make=may_make)


def _tell(rows: tp.Mapping[str, int]) -> None:
    for name, count in rows.items():
        click.echo(f"{count:8} {name}")
    sys.stdout.flush()
