# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What has to be there before the service runs: directory, database, secrets.

Whatever is wrong with one of them is told in one line, with an exit status: 1, it has
to be mended first; 3, a later start may go well. Nothing is left that would hinder it.
"""

import asyncio
import contextlib
import logging
import typing as tp

import click

from exordos_mail.send import backoff, clock, data_directory, keyfiles, vault
from exordos_mail.send.settings import Location
from exordos_mail.send.storage import database, migrations, secrets_keys, sqlite

log = logging.getLogger(__name__)

_DATABASE = "send.sqlite3"
#: Seconds between two looks for a database that is away.
_AGAIN = backoff.doubling(0.5, 10.0)
#: Seconds after which it is told again that the database is away.
_TELL = 30.0


class CannotStart(click.ClickException):
    """The service cannot run before somebody has mended what the text says."""

    exit_code = 1


class NotYet(CannotStart):
    """What the service needs is away; a later start may go well."""

    exit_code = 3


@contextlib.contextmanager
def told(what: str = "cannot start") -> tp.Iterator[None]:
    """Say in one line why the service cannot start.

    Args:
        what: how the line begins.

    Raises:
        CannotStart: the block has failed.
    """
    try:
        yield
    except (click.ClickException, click.Abort):
        raise
    except (database.DatabaseUnavailable, database.Conflict) as error:
        raise NotYet(f"{what}: the database is away: {_line(error)}") from None
    except (OSError, ValueError, database.Unusable, migrations.SchemaTooNew) as error:
        raise CannotStart(f"{what}: {_line(error)}") from None
    except Exception as error:
        log.exception("start")
        name = type(error).__name__
        raise CannotStart(f"{what}: unexpected {name}; see the log") from None


def prepare(chosen: Location) -> None:
    """Make the data directory, for the service's user only.

    Raises:
        OSError, ValueError: it cannot be used.
    """
    changed = data_directory.make(chosen.data)
    if changed is not None:
        log.warning("%s", changed)
    keyfiles.prepare(chosen.places)


def open_database(chosen: Location) -> database.Database:
    """Return the chosen database, not yet migrated.

    Raises:
        Unusable: its address is none.
    """
    if chosen.database is None:
        return sqlite.SqliteDatabase(chosen.data / _DATABASE)
    # Needs psycopg, which a service on SQLite does without.
    from exordos_mail.send.storage import postgresql

    return postgresql.PostgresqlDatabase(chosen.database)


async def migrate(base: database.Database, patience: float) -> None:
    """Bring the schema up to date, as soon as the database can be reached.

    Args:
        patience: seconds to wait for a database that is away.

    Raises:
        DatabaseUnavailable: it still is.
        Unusable: something is wrong with it.
        SchemaTooNew: a newer program has been here.
    """
    loop = asyncio.get_running_loop()
    begun, told_at, pauses = loop.time(), None, _AGAIN.pauses()
    while True:
        try:
            return await asyncio.to_thread(base.migrate)
        except database.DatabaseUnavailable as error:
            left = begun + patience - loop.time()
            if left <= 0:
                raise
            if told_at is None or loop.time() - told_at >= _TELL:
                told_at = loop.time()
                _tell_away(error, left)
        await asyncio.sleep(min(next(pauses), left))


async def open_vault(base: database.Database, places: keyfiles.Places) -> vault.Vault:
    """Return what opens the secrets of the database.

    Raises:
        CannotStart: its key is not here.
        ValueError, OSError, DatabaseUnavailable: it cannot be read.
    """
    there = await base.read(secrets_keys.known)
    try:
        found = vault.Vault(*keyfiles.secrets_keys(places, may_make=not there))
        await base.write(secrets_keys.adopt, found, clock.now())
    except (keyfiles.NoKey, secrets_keys.OtherKey) as error:
        where = places.of(keyfiles.SECRETS_KEY)
        raise CannotStart(
            f"cannot start: {error}: put the key that the other processes of this"
            f" database use into {where}; if it is lost: `exordos-mail-send"
            " secrets-key forget`"
        ) from None
    return found


def _tell_away(error: Exception, left: float) -> None:
    log.warning(
        "the database is away: %s; the start waits for it, %.0f s more",
        _line(error),
        left,
    )


def _line(error: Exception) -> str:
    """Return an error's text as one line."""
    # Of an OSError also the file's name.
    return " ".join(str(error).split()) or type(error).__name__
