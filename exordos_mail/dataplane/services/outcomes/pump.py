# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Threads of the agent: one reads exim's log, one for each listener tells it."""

import logging
import pathlib
import threading
import time
import typing as tp

from exordos_mail.dataplane.engine import logins as logins_lib
from exordos_mail.dataplane.services.outcomes import (
    journal,
    log_files,
    logins,
    telling,
)

LOG = logging.getLogger(__name__)

#: Seconds between two looks at the log; until what came too early is told again.
_PERIOD, _EARLY = 0.25, 2.0
#: Seconds between two attempts to tell, when the one before has failed.
_PAUSE_MIN, _PAUSE_MAX = 1.0, 30.0
#: Outcomes that are told at once.
_BATCH = 100
#: Seconds after which trouble is no hitch any more.
_PATIENCE = 60.0
_FILE = "journal.sqlite3"


class Pump:
    """Brings what exim's log tells to its listeners, until it is stopped.

    Args:
        log_dir: where exim's log is.
        directory: for the journal; it is there.
        listeners: by the words of journal.py.
        teller: hears of logins.
    """

    def __init__(
        self,
        log_dir: pathlib.Path,
        directory: pathlib.Path,
        listeners: tp.Mapping[str, telling.Tell],
        teller: logins_lib.Teller,
    ) -> None:
        self._teller = teller
        self._log_dir = log_dir
        self._path = directory / _FILE
        self.stopping = threading.Event()
        self._made = threading.Event()
        self._news = {whom: threading.Event() for whom in listeners}
        self._since: float | None = None
        self._trouble = ""
        self._threads = [
            threading.Thread(target=self._read, name="outcomes reader", daemon=True)
        ]
        for whom, tell in listeners.items():
            self._threads.append(
                threading.Thread(
                    target=self._tell,
                    args=(whom, tell),
                    name=f"outcomes for {whom}",
                    daemon=True,
                )
            )
        for one in self._threads:
            one.start()

    @property
    def problem(self) -> str:
        """Why the log has not been read for a minute; "": it is read."""
        since = self._since
        is_long = since is not None and time.monotonic() > since + _PATIENCE
        return f"exim's log is not read: {self._trouble}" if is_long else ""

    def stop(self, seconds: float) -> bool:
        """End the threads; return whether they have ended."""
        self.stopping.set()
        for one in (self._made, *self._news.values()):
            one.set()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    # --- reading ----------------------------------------------------------------

    def _read(self) -> None:
        while not self.stopping.is_set():
            try:
                self._follow()
            except Exception as exc:
                # Whatever it is, it must not end with it.
                self._troubled(exc)
            self.stopping.wait(_PERIOD)

    def _follow(self) -> None:
        journal.make(self._path)
        self._made.set()
        book = journal.Journal(self._path)
        try:
            places = book.places()
            while not self.stopping.is_set():
                places = self._turn(book, places)
        finally:
            book.close()

    def _turn(
        self, book: journal.Journal, places: dict[int, log_files.Place]
    ) -> dict[int, log_files.Place]:
        found = log_files.read(self._log_dir, places)
        new = {one.inode: one for one in found.places}
        if found.is_lost and new:
            LOG.warning(
                "exim's log is another one: what became of messages in the meantime is"
                " not known"
            )
        if found.lines or (new and new != places):
            if book.take(found):
                for one in self._news.values():
                    one.set()
            places = new
            self._teller.tell(logins.read(found.lines))
        self._since, self._trouble = None, ""
        if not found.more:
            self.stopping.wait(_PERIOD)
        return places

    def _troubled(self, exc: Exception) -> None:
        text = type(exc).__name__
        if isinstance(exc, OSError) and exc.strerror:
            text = exc.strerror
        if self._since is None:
            self._since = time.monotonic()
            LOG.warning("exim's log is not read: %s", text)
        self._trouble = text

    # --- telling ----------------------------------------------------------------

    def _tell(self, whom: str, tell: telling.Tell) -> None:
        self._made.wait()
        pause = _PAUSE_MIN
        while not self.stopping.is_set():
            try:
                book = journal.Journal(self._path)
                try:
                    while not self.stopping.is_set():
                        self._tell_some(book, whom, tell)
                        pause = _PAUSE_MIN
                finally:
                    book.close()
            except Exception as exc:
                if pause == _PAUSE_MIN:
                    LOG.warning("outcomes for %s wait: %s", whom, _line(exc))
                self.stopping.wait(pause)
                pause = min(2 * pause, _PAUSE_MAX)

    def _tell_some(self, book: journal.Journal, whom: str, tell: telling.Tell) -> None:
        self._news[whom].clear()
        waiting = book.waiting(whom, _BATCH)
        if not waiting:
            self._news[whom].wait(_EARLY)
            return
        early = tell(waiting)
        book.put_off([one.seq for one in waiting if one.seq in early], _EARLY)
        book.told(one.seq for one in waiting if one.seq not in early)


def _line(exc: Exception) -> str:
    """Return why, without the text of anything that was read."""
    return str(exc) if isinstance(exc, telling.NotTold) else type(exc).__name__
