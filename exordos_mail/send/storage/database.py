# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the service asks of a database, whichever it is.

A unit of work is an ordinary function whose first argument is a transaction.
It is committed when the function returns and undone when it raises.
"""

import abc as abstract
import collections.abc as abc
import typing as tp

from exordos_mail.send.storage import sql

Row = dict[str, tp.Any]
P = tp.ParamSpec("P")
T = tp.TypeVar("T")
#: Whether a unit changes something, and how long it may take.
Kind = tp.Literal["write", "read", "report"]
#: Called in the thread that has committed: it must be quick, and not raise.
Heard = tp.Callable[[], None]


class DatabaseUnavailable(Exception):
    """The database cannot be asked now: gone, full, locked for too long."""


class Unusable(Exception):
    """The database cannot be used before somebody mends it; the text says why."""


class Conflict(Exception):
    """A row breaks a unique key or a foreign key."""


class BadValue(Exception):
    """A value cannot be stored: half a character, too large a number…"""


class Commits:
    """Tells what was committed to all who listen in this process."""

    def __init__(self) -> None:
        self._heard: list[Heard] = []

    def listen(self, heard: Heard) -> None:
        """Call `heard` after each commit of a transaction that has rung."""
        self._heard.append(heard)

    def told(self) -> None:
        """Know that such a transaction is committed."""
        for heard in self._heard:
            heard()


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


class Units(abstract.ABC):
    """Runs units of work.

    The methods raise what the unit raises, and DatabaseUnavailable, Conflict,
    BadValue.
    """

    @abstract.abstractmethod
    async def run(self, kind: Kind, unit: tp.Callable[[Transaction], T]) -> T:
        """Run a unit that needs nothing but its transaction."""

    async def write(
        self,
        unit: tp.Callable[tp.Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit and return its result after the commit is durable."""
        return await self.run("write", lambda tx: unit(tx, *args, **kwargs))

    async def read(
        self,
        unit: tp.Callable[tp.Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a short unit that changes nothing on one state of the database."""
        return await self.run("read", lambda tx: unit(tx, *args, **kwargs))

    async def report(
        self,
        unit: tp.Callable[tp.Concatenate[Transaction, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit that changes nothing, and may take long.

        Reports have threads of their own, so that no `read` waits for one.
        """
        return await self.run("report", lambda tx: unit(tx, *args, **kwargs))


class Database(Units):
    """A database of a process of its own."""

    def __init__(self) -> None:
        self._commits = Commits()

    @property
    def runs(self) -> bool:
        """Tell whether it can work; if not, only a new process can use it."""
        return True

    def listen(self, heard: Heard) -> None:
        """Call `heard` after each commit of a transaction that has rung.

        Only for this process's: what others commit is to be looked for.
        """
        self._commits.listen(heard)

    @abstract.abstractmethod
    def migrate(self) -> None:
        """Bring the schema up to date (blocks).

        Raises:
            DatabaseUnavailable: the database is away; it may come back.
            Unusable: something is wrong with it; waiting does not help.
            SchemaTooNew: a newer program has been here.
        """

    @abstract.abstractmethod
    def close(self) -> None:
        """Finish what was given and end every connection (blocks)."""
