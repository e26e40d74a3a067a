# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a demo claims, each as a line that begins with PASS or FAIL."""

import threading
import time
import typing as tp


class Claims:
    """What is claimed, and how it ended."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._lock = threading.Lock()
        self.failed = 0

    def judge(self, what: str, test: tp.Callable[[], str | None]) -> None:
        """Note whether `test` holds: it returns "", or what is wrong."""
        begin = time.monotonic()
        try:
            wrong = test() or ""
        except SystemExit as error:
            wrong = str(error.code)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        took = f" ({time.monotonic() - begin:.1f} s)"
        line = f"FAIL {what}{took}: {wrong}" if wrong else f"PASS {what}{took}"
        with self._lock:
            self.failed += bool(wrong)
            self._lines.append(" ".join(line.split()))
            print(f"  {self._lines[-1]}", flush=True)

    def tell(self) -> None:
        """Print all of them."""
        print()
        for line in self._lines:
            print(line)
