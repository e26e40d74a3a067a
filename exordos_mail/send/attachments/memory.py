# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Small bytes in memory: least recently used go first."""

import collections
import time
import typing as tp

#: Tenant, algorithm, digest.
Key = tuple[str, str, str]


class Memory:
    """A bounded store; not for several threads.

    Args:
        limit: bytes of all together.
        seconds: how long something is kept after it was put in.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._size = 0
        self._entries: collections.OrderedDict[Key, tuple[float, bytes]] = (
            collections.OrderedDict()
        )

    def get(self, key: Key) -> bytes | None:
        """Return what is kept under a key."""
        entry = self._entries.get(key)
        if entry is None or entry[0] <= time.monotonic():
            return None
        self._entries.move_to_end(key)
        return entry[1]

    def put(self, key: Key, data: bytes) -> None:
        """Keep bytes; others go for them."""
        self._drop(key)
        if len(data) > self._limit:
            return
        self._entries[key] = (time.monotonic() + self._seconds, data)
        self._size += len(data)
        while self._size > self._limit:
            self._drop(next(iter(self._entries)))

    def sweep(self) -> None:
        """Drop what is too old."""
        now = time.monotonic()
        self._drop_all(key for key, entry in self._entries.items() if entry[0] <= now)

    def forget(self, tenant: str) -> None:
        """Drop all of a tenant."""
        self._drop_all(key for key in self._entries if key[0] == tenant)

    def _drop_all(self, keys: tp.Iterable[Key]) -> None:
        for key in list(keys):
            self._drop(key)

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= len(entry[1])
