# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The lock of the node: whoever changes something holds it."""

import fcntl
import os
import threading

from exordos_mail.dataplane.engine import heads
from exordos_mail.dataplane.engine import layout as layout_lib


class Lock:
    """Held by whoever changes the node: the agent or the boot-time program.

    Raises:
        BlockingIOError: somebody else holds it and `wait` is False.
    """

    def __init__(self, layout: layout_lib.Layout, wait: bool = True) -> None:
        self._layout = layout
        self._operation = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
        self._descriptor: int | None = None

    def __enter__(self) -> "Lock":
        heads.make_directory(self._layout)
        path = self._layout.disk(self._layout.lock)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, self._operation)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Shared:
    """The lock, held once for all threads of an engine that want it."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._lock = Lock(layout)
        self._mutex = threading.Lock()
        self._holders = 0

    def __enter__(self) -> "Shared":
        with self._mutex:
            if not self._holders:
                self._lock.__enter__()
            self._holders += 1
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self._mutex:
            self._holders -= 1
            if not self._holders:
                self._lock.__exit__()
