# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""`secrets-key`: the key that the secrets of a database are sealed with."""

import secrets
import typing as tp

import click

from exordos_mail.send import clock, keyfiles, vault
from exordos_mail.send.offline.offline_state import OfflineState, located
from exordos_mail.send.storage import database, sealed, secrets_keys
from exordos_mail.standards import secret_file
from exordos_mail.standards.program import Failure


@click.group("secrets-key")
def command() -> None:
    """Look at the key of stored secrets, and change it (works on the database)."""


@command.command()
@located
def show(offline: OfflineState) -> None:
    """Show the keys of the database and of this machine, by their digests."""
    there = offline.read(secrets_keys.known)
    ours = _vault(offline).digests
    for digest in dict.fromkeys((*there, *ours)):
        where = [
            name
            for name, digests in (("database", there), ("here", ours))
            if digest in digests
        ]
        click.echo(f"{secrets_keys.shown(digest)}  {', '.join(where)}")
    _check(there, ours)


@command.command()
@located
def rotate(offline: OfflineState) -> None:
    """Put a new key before the one in the data directory; the former still opens."""
    if keyfiles.is_given(offline.secrets):
        raise Failure(
            f"the key is in {offline.secrets.of(keyfiles.SECRETS_KEY)}: put a new one"
            " before it there (docs/send/backup.md)"
        )
    former = _keys(offline)
    _check(offline.read(secrets_keys.known), vault.Vault(*former).digests)
    keys = (secrets.token_bytes(vault.KEY_BYTES), *former)
    file = offline.secrets.file(keyfiles.SECRETS_KEY)
    secret_file.write(file, keyfiles.key_text(keys))
    click.echo(
        f"{file} has a new key: give the file to every process of this database, start"
        " them again, then run `exordos-mail-send secrets-key reseal`"
    )


@command.command()
@located
def reseal(offline: OfflineState) -> None:
    """Seal every secret with the first key, and give the other keys up."""
    keys = _keys(offline)
    found = vault.Vault(*keys)
    _check(offline.read(secrets_keys.known), found.digests)
    count = offline.write(_reseal, found)
    click.echo(
        f"{count} secrets are sealed with {secrets_keys.shown(found.digests[0])}"
    )
    where = offline.secrets.of(keyfiles.SECRETS_KEY)
    if not keyfiles.is_given(offline.secrets):
        file = offline.secrets.file(keyfiles.SECRETS_KEY)
        secret_file.write(file, keyfiles.key_text(keys[:1]))
        click.echo(f"{where} has this key only")
    elif len(keys) > 1:
        click.echo(f"take the other keys out of {where}")


@command.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@located
def forget(offline: OfflineState, yes: bool) -> None:
    """Continue with this machine's key although another one is lost.

    What was sealed with the lost key cannot be read any more: it is listed, and has to
    be set anew. Until then the messages that need it wait.
    """
    keys = keyfiles.secrets_keys(offline.secrets, may_make=True)
    found = vault.Vault(*keys)
    lost = offline.read(lambda tx: list(sealed.unreadable(tx, found)))
    if not yes:
        click.confirm(f"{len(lost)} secrets are lost. Go on?", abort=True, err=True)
    offline.write(_reseal, found)
    for one in lost:
        click.echo(f"lost: {one}")


def _reseal(tx: database.Transaction, found: vault.Vault) -> int:
    count = sealed.reseal(tx, found)
    secrets_keys.keep_first(tx, found, clock.now())
    return count


def _keys(offline: OfflineState) -> tuple[bytes, ...]:
    return keyfiles.secrets_keys(offline.secrets, may_make=False)


def _vault(offline: OfflineState) -> vault.Vault:
    return vault.Vault(*_keys(offline))


def _check(there: tp.Iterable[str], ours: tp.Iterable[str]) -> None:
    """Refuse to work with less than all keys.

    Raises:
        Failure: the database has secrets of another one.
    """
    missing = set(there) - set(ours)
    if missing:
        shown = ", ".join(sorted(map(secrets_keys.shown, missing)))
        raise Failure(f"the key {shown} of the database is not here")
