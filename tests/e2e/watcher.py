# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A client that logs in again and again while a test does harm."""

import threading
import time

from tests.functional import resources

PAUSE = 0.1  # seconds between two logins


class Watcher:
    """Logs in at an instance all the time, in a thread of its own.

    Attributes:
        good: how many logins were answered with 235.
        worst_gap: longest time between two good logins, in seconds.
        refusals: codes of logins that were answered, but not with 235.
    """

    def __init__(self, account: resources.Account) -> None:
        self.account = account
        self.good = 0
        self.worst_gap = 0.0
        self.refusals: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=60)

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(PAUSE):
            code = self.account.code()
            now = time.monotonic()
            self.worst_gap = max(self.worst_gap, now - last)
            if code == 235:
                self.good += 1
                last = now
            elif code:
                self.refusals.append(code)
