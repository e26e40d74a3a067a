# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One thing at a time beside the passes, waited for so long and no longer."""

import queue
import threading
import time
import typing as tp

# Seconds for who was too late the last time: others have waited for it once.
_SHORT = 0.1
_monotonic = time.monotonic


class _Job:
    """A step that has begun."""

    def __init__(self, name: str, step: tp.Callable[[], None], seconds: float) -> None:
        self._step = step
        self._seconds = seconds
        self._begun = _monotonic()
        self._took: float | None = None
        self._raised: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def was_late(self) -> bool:
        return self._took is None or self._took > self._seconds

    def wait(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def raise_what_was_raised(self) -> None:
        if not self._raised.empty():
            raise self._raised.get()

    def _run(self) -> None:
        try:
            self._step()
        except BaseException as exc:
            self._raised.put(exc)
        self._took = _monotonic() - self._begun


class Worker:
    """Runs the steps of a service, which may hang, for a caller that must not."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._job: _Job | None = None

    def run(self, step: tp.Callable[[], None], seconds: float) -> bool:
        """Run a step; return whether it has ended within these seconds.

        A step that has not goes on by itself; until its end no other one begins.
        What is late once is not waited for again until it has been in time.

        Raises:
            BaseException: what the step has raised; a late one is not heard.
        """
        is_late = False
        if self._job is not None:
            if not self._job.wait(_SHORT):
                return False
            is_late = self._job.was_late
        self._job = job = _Job(self._name, step, seconds)
        if not job.wait(_SHORT if is_late else seconds):
            return False
        self._job = None
        job.raise_what_was_raised()
        return True

    def wait(self, seconds: float) -> bool:
        """Wait for the end of a step that was late; return whether nothing runs."""
        return self._job is None or self._job.wait(seconds)
