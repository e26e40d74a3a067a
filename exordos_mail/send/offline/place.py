# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Which database and which key: the options that `serve` has, too."""

import asyncio
import collections.abc as abc
import contextlib
import functools
import os
import typing as tp

import click

from exordos_mail.send import options, settings, starting
from exordos_mail.send.storage import database

P = tp.ParamSpec("P")
T = tp.TypeVar("T")
#: Options of `serve` that say where things are.
_OPTIONS = ("data", "database", "database-file", "database-wait", "secrets-key-file")


class Place:
    """A service's database, with its schema, and where its secrets are."""

    def __init__(self, base: database.Database, chosen: settings.Settings) -> None:
        self._base = base
        self.secrets = chosen.places

    def read(
        self,
        unit: tp.Callable[tp.Concatenate[database.Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit that changes nothing."""
        return asyncio.run(self._base.read(unit, *args, **kwargs))

    def write(
        self,
        unit: tp.Callable[tp.Concatenate[database.Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit, wholly or not at all."""
        return asyncio.run(self._base.write(unit, *args, **kwargs))


def located(
    command: tp.Callable[..., None], new: bool = False
) -> tp.Callable[..., None]:
    """Give a command a Place as its first argument, and the options for it.

    Args:
        new: make the data directory if there is none.
    """

    @functools.wraps(command)
    def run(**given: tp.Any) -> None:
        options = [name.replace("-", "_") for name in _OPTIONS]
        where = {name: given.pop(name) for name in options}
        with starting.told("not possible"), _opened(where, new) as place:
            command(place, **given)

    known = {str(one.name): one for one in options.parameters()}
    found = tp.cast("click.Command", run)
    for name in reversed(_OPTIONS):
        option = known[name.replace("-", "_")]
        vars(found).setdefault("__click_params__", []).append(option)
    return run


def located_or_new(command: tp.Callable[..., None]) -> tp.Callable[..., None]:
    """Do as `located`, and make a data directory that is not there."""
    return located(command, new=True)


@contextlib.contextmanager
def _opened(where: dict[str, str], new: bool) -> abc.Iterator[Place]:
    defaults = {str(one.name): str(one.default) for one in options.parameters()}
    chosen = settings.read({**defaults, **where})
    os.umask(0o077)
    if new:
        starting.prepare(chosen)
    elif chosen.database is None and not chosen.data.is_dir():
        raise starting.CannotStart(f"there is no data directory {chosen.data}")
    base = starting.open_database(chosen)
    try:
        asyncio.run(starting.migrate(base, chosen.database_wait))
        yield Place(base, chosen)
    finally:
        base.close()
