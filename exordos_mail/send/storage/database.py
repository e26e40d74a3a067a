# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the service asks of a database, whichever it is.

A unit of work is an ordinary function whose first argument is a transaction.
It is committed when the function returns and undone when it raises.
"""

import collections.abc as abc
import typing as tp

from exordos_mail.send.storage import sql
from exordos_mail.send.storage.commits import Heard

Row = dict[str, tp.Any]
P = tp.ParamSpec("P")
T = tp.TypeVar("T")


class DatabaseUnavailable(Exception):
    """The database cannot be asked now: gone, full, locked for too long."""


class Unusable(Exception):
    """The database cannot be used before somebody mends it; the text says why."""


class Conflict(Exception):
    """A row breaks a unique key or a foreign key."""


class BadValue(Exception):
    """A value cannot be stored: half a character, too large a number…"""


class Transaction(tp.Protocol):
    """Statements that are committed together."""

    def rows(self, statement: sql.Statement, **parameters: object) -> list[Row]:
        """Return every row of the result."""

    def row(self, statement: sql.Statement, **parameters: object) -> Row | None:
        """Return the first row of the result, if there is one."""

    def run(self, statement: sql.Statement, **parameters: object) -> int:
        """Return how many rows were changed."""

    def run_many(
        self, statement: sql.Statement, rows: abc.Iterable[abc.Sequence[object]]
    ) -> None:
        """Run a statement with `?` parameters once for each row."""

    def ring(self) -> None:
        """Tell who listens, after the commit, that events were written."""


class Units(tp.Protocol):
    """Runs units of work.

    The methods raise what the unit raises, and DatabaseUnavailable, Conflict,
    BadValue.
    """

    async def write(
        self,
        unit: tp.Callable[tp.Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit and return its result after the commit is durable."""

    async def read(
        self,
        unit: tp.Callable[tp.Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a short unit that changes nothing on one state of the database."""

    async def report(
        self,
        unit: tp.Callable[tp.Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit that changes nothing, and may take long.

        Reports have threads of their own, so that no `read` waits for one.
        """


class Database(Units, tp.Protocol):
    """A database of a process of its own."""

    @property
    def runs(self) -> bool:
        """Tell whether it can work; if not, only a new process can use it."""

    def listen(self, heard: Heard) -> None:
        """Call `heard` after each commit of a transaction that has rung.

        Only for this process's: what others commit is to be looked for.
        """

    def migrate(self) -> None:
        """Bring the schema up to date (blocks).

        Raises:
            DatabaseUnavailable: the database is away; it may come back.
            Unusable: something is wrong with it; waiting does not help.
            SchemaTooNew: a newer program has been here.
        """

    def close(self) -> None:
        """Finish what was given and end every connection (blocks)."""
