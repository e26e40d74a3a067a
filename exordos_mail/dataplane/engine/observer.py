# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tells the control plane what a node sees, in a thread: who sees it waits for nobody.

Of each thing only the latest counts. What was taken is not told again until it changes,
or the agent begins anew.
"""

import collections
import hashlib
import itertools
import logging
import threading
import typing as tp
import weakref

from exordos_mail.dataplane.engine import source
from exordos_mail.protocol import observations

LOG = logging.getLogger(__name__)

#: Things that are told at once; what was not taken is told again.
_BATCH = 200
#: Seconds between two attempts, when the one before has failed.
_PAUSE_MIN, _PAUSE_MAX = 1.0, 30.0

_Facts = dict[str, tp.Mapping[str, tp.Any]]


class FactTeller:
    """What is seen and not told yet; without a gateway nothing is kept.

    Args:
        pause_min: seconds before the second attempt; a test has no patience.
    """

    def __init__(
        self, gateway: source.Gateway | None, pause_min: float = _PAUSE_MIN
    ) -> None:
        self._gateway = gateway
        self._pause_min = pause_min
        self._book = _Book()
        self._thread: threading.Thread | None = None

    def show(
        self, kind: str, facts: tp.Mapping[str, tp.Mapping[str, tp.Any] | None]
    ) -> None:
        """Have facts of a kind told soon; return at once.

        Args:
            kind: names the module of `controlplane/observed` that keeps them.
            facts: by key (see `protocol/observations`), each at most
                `messages.TOLD_MAX` octets of JSON. None: the thing is gone, and is told
                from the beginning if it comes again.
        """
        if self._gateway is None:
            return
        self._book.note(kind, facts)
        if self._thread is None:
            self._thread = threading.Thread(
                target=_tell,
                args=(self._book, self._gateway, self._pause_min),
                name="observer",
                daemon=True,
            )
            self._thread.start()
            # It ends with this object, too.
            weakref.finalize(self, self._book.close)


class _Book:
    """Which facts are to be told, and which were; any thread may use it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_closed = False
        self._due: collections.defaultdict[str, _Facts] = collections.defaultdict(dict)
        # Digests of what was told or is on its way.
        self._told: dict[tuple[str, str], bytes] = {}

    def note(
        self, kind: str, facts: tp.Mapping[str, tp.Mapping[str, tp.Any] | None]
    ) -> None:
        """Take facts down, as far as they are new."""
        with self._changed:
            for key, fact in facts.items():
                self._due[kind].pop(key, None)
                if fact is None:
                    self._told.pop((kind, key), None)
                elif self._told.get((kind, key)) != _digest(fact):
                    self._due[kind][key] = fact
            self._changed.notify_all()

    def take(self) -> tuple[str, _Facts] | None:
        """Return some facts that are to be told, as told; wait for them.

        None: there will be no more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or any(self._due.values()))
            if self._is_closed:
                return None
            kind = next(kind for kind, facts in self._due.items() if facts)
            # The kinds take turns.
            facts = self._due.pop(kind)
            some = dict(itertools.islice(facts.items(), _BATCH))
            for key, fact in some.items():
                del facts[key]
                self._told[kind, key] = _digest(fact)
            if facts:
                self._due[kind] = facts
            return kind, some

    def give_back(self, kind: str, facts: _Facts) -> None:
        """Take down what was not told after all, unless there is something newer."""
        with self._changed:
            for key, fact in facts.items():
                if self._told.get((kind, key)) == _digest(fact):
                    del self._told[kind, key]
                    self._due[kind].setdefault(key, fact)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed, seconds)

    def close(self) -> None:
        """Have who waits for facts end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


def _tell(book: _Book, gateway: source.Gateway, pause_min: float) -> None:
    pause = pause_min
    while (taken := book.take()) is not None:
        kind, facts = taken
        try:
            gateway.observe(kind, facts)
        except source.GatewayError:
            # The connection itself says in the log what is wrong.
            book.give_back(kind, facts)
            book.wait(pause)
            pause = min(2 * pause, _PAUSE_MAX)
        except Exception:
            # Told again it would be no better.
            LOG.exception("facts of %s are not told", kind)
        else:
            pause = pause_min


def _digest(fact: tp.Mapping[str, tp.Any]) -> bytes:
    text = observations.text(fact).encode()
    return hashlib.blake2b(text, digest_size=16).digest()
