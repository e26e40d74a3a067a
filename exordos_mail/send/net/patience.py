# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How long a connection waits for its client."""

import asyncio

from exordos_mail.send.net.door import ConnectionBounds

#: Bytes a second at which a client counts as one that has just come.
_FAST = 65536


class Patience:
    """One connection's deadlines, by the loop's clock."""

    def __init__(self, bounds: ConnectionBounds) -> None:
        self._bounds = bounds
        self._now = asyncio.get_running_loop().time
        #: Since when it waits for its client; None: it is at work.
        self.waits_since: float | None = None
        self._deadline: float | None = None
        #: Seconds that the body has left, while it is not read.
        self._left = 0.0
        #: Bytes that the client had not taken, and since when they do not get fewer.
        self._unsent, self._unsent_since = 0, 0.0

    def wait(self, seconds: float) -> None:
        """Wait for the client, not for ever."""
        self.waits_since = self._now()
        self._deadline = self.waits_since + seconds

    def work(self) -> None:
        """Wait for ourselves."""
        self.waits_since = self._deadline = None

    def forget(self) -> None:
        """Wait for nothing any more."""
        self._deadline = None

    def hurry(self) -> None:
        """Give a request that has begun the time for its head, once."""
        end = self._now() + self._bounds.head
        if self._deadline is None or self._deadline > end:
            self._deadline = end

    def received(self, octets: int) -> None:
        """Know that a part of a body has come."""
        now = self._now()
        # Who sends fast makes room last.
        self.waits_since = min(now, (self.waits_since or now) + octets / _FAST)
        if self._deadline is not None:
            # Who is fast now must not be slow for hours afterwards.
            most = now + 2 * self._bounds.grace
            self._deadline = min(self._deadline + octets / self._bounds.rate, most)

    def pause(self) -> None:
        """Stop the clock: nothing is read."""
        if self._deadline is not None:
            self._left = self._deadline - self._now()
            self._deadline = None

    def resume(self) -> None:
        """Go on with a body."""
        self._deadline = self._now() + self._left

    def is_over(self, now: float) -> bool:
        """Tell, once, whether the deadline is over."""
        if self._deadline is None or now < self._deadline:
            return False
        self._deadline = None
        return True

    def is_stuck(self, now: float, unsent: int) -> bool:
        """Tell whether the client takes nothing of what waits for it."""
        if not unsent or unsent < self._unsent or not self._unsent:
            self._unsent_since = now
        self._unsent = unsent
        return unsent > 0 and now >= self._unsent_since + self._bounds.write
