# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which database and which key: the options that `serve` has, too."""

import asyncio
import collections.abc as abc
import contextlib
import functools
import os
import typing as tp

from exordos_mail.send import options, settings, starting
from exordos_mail.send.storage import database

T = tp.TypeVar("T")
#: Options of `serve` that say where things are.
_OPTIONS = ("data", "database", "database_file", "database_wait", "secrets_key_file")


class OfflineState:
    """A service's database, with its schema, and where its secrets are."""

    def __init__(self, base: database.Database, chosen: settings.Location) -> None:
        self._base = base
        self.secrets = chosen.places

    def read(self, unit: tp.Callable[..., T], *args: tp.Any) -> T:
        """Run a unit that changes nothing."""
        return asyncio.run(self._base.read(unit, *args))

    def write(self, unit: tp.Callable[..., T], *args: tp.Any) -> T:
        """Run a unit, wholly or not at all."""
        return asyncio.run(self._base.write(unit, *args))


def located(
    command: tp.Callable[..., None], new: bool = False
) -> tp.Callable[..., None]:
    """Give a command an OfflineState as its first argument, and the options for it.

    Args:
        new: make the data directory if there is none.
    """

    @functools.wraps(command)
    def run(**given: tp.Any) -> None:
        where = {name: given.pop(name) for name in _OPTIONS}
        with starting.told("not possible"), _opened(where, new) as offline:
            command(offline, **given)

    params = vars(run).setdefault("__click_params__", [])
    params += [options.NAMED[name] for name in reversed(_OPTIONS)]
    return run


def located_or_new(command: tp.Callable[..., None]) -> tp.Callable[..., None]:
    """Do as `located`, and make a data directory that is not there."""
    return located(command, new=True)


@contextlib.contextmanager
def _opened(where: dict[str, tp.Any], new: bool) -> abc.Iterator[OfflineState]:
    chosen = settings.location(where)
    os.umask(0o077)
    if new:
        starting.prepare(chosen)
    elif chosen.database is None and not chosen.data.is_dir():
        raise starting.CannotStart(f"there is no data directory {chosen.data}")
    base = starting.open_database(chosen)
    try:
        asyncio.run(starting.migrate(base, chosen.database_wait))
        yield OfflineState(base, chosen)
    finally:
        base.close()
