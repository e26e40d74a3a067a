# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A message that is settled while it is looked for is found, and once."""

import typing as tp

import pytest

from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import filters
from exordos_mail.send.storage import sql, sqlite
from exordos_mail.send.trace import records as traces
from exordos_mail.send.trace.search import END, TraceSearch
from tests.unit.send import memory_database
from tests.unit.send.memory_database import accepted

NOW = 1_800_000_000_000
_RECIPIENT = sql.statement("UPDATE recipients SET state = 'sent'")
_MESSAGE = sql.statement("UPDATE messages SET state = 'sent', final_at = 1")


class Settling:
    """A transaction in which all is settled after the n-th question, as by others."""

    def __init__(self, tx: sqlite.SqliteTransaction, after: int) -> None:
        self._tx, self._left = tx, after

    def _asked(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._tx.run(_RECIPIENT)
            self._tx.run(_MESSAGE)

    def rows(self, *words: tp.Any, **values: tp.Any) -> tp.Any:
        found = list(self._tx.rows(*words, **values))
        self._asked()
        return found

    def row(self, *words: tp.Any, **values: tp.Any) -> tp.Any:
        found = self._tx.row(*words, **values)
        self._asked()
        return found


@pytest.mark.parametrize("after", [1, 2, 3])
def test_in_the_list_of_a_recipient(after: int) -> None:
    with memory_database.transaction() as tx:
        made = accepted(tx, NOW, to="ann@example.net")
        between = tp.cast(tp.Any, Settling(tx, after))
        wanted = filters.MessageFilter(recipient="ann@example.net")
        found = messages.page(between, "default", "~", 10, wanted)
        assert [one.id for one in found] == [made]


@pytest.mark.parametrize("after", range(1, 7))
@pytest.mark.parametrize("wanted", ["recipient", "address", "sender", "subject"])
def test_in_a_trace(wanted: str, after: int) -> None:
    values = {"sender": "a@example.com", "subject": "Your order"}
    value = values.get(wanted, "ann@example.net")
    with memory_database.transaction() as tx:
        made = accepted(tx, NOW, to="ann@example.net", subject="Your order")
        between = tp.cast(tp.Any, Settling(tx, after))
        search = TraceSearch(**{wanted: value})  # type: ignore[arg-type]
        found = traces.search(between, "default", search, END, 10)
        assert [one.id for one in found.rows] == [made]
