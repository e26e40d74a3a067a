# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Names for new rows: UUID version 7 (RFC 9562 section 5.7).

They sort in the order in which one process made them, so an index on them
grows at its end, and a list in their order is a list by time.
"""

import os
import threading


class Generator:
    """Makes ids; safe to be called by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def take(self, count: int, now: int) -> list[str]:
        """Return `count` new ids in rising order.

        Args:
            count: how many.
            now: the moment in milliseconds since 1970.
        """
        # 48 bits of time and 26 bits that start at random in each millisecond
        # (RFC 9562 section 6.2, method 2) count up; the rest is random.
        with self._lock:
            start = max(now << 26 | int.from_bytes(os.urandom(2), "big"), self._last)
            self._last = start + count
        noise = os.urandom(6 * count)
        return [
            _text(start + 1 + index, noise[6 * index : 6 * index + 6])
            for index in range(count)
        ]

    def one(self, now: int) -> str:
        """Return one new id."""
        return self.take(1, now)[0]


def _text(counter: int, noise: bytes) -> str:
    time_part = counter >> 26
    high = counter >> 14 & 0xFFF
    low = counter & 0x3FFF
    return (
        f"{time_part >> 16:08x}-{time_part & 0xFFFF:04x}-7{high:03x}"
        f"-{0x8000 | low:04x}-{noise.hex()}"
    )


def floor(now: int) -> str:
    """Return the lowest id of a millisecond: ids before it are older."""
    return f"{now >> 16:08x}-{now & 0xFFFF:04x}-7000-8000-000000000000"


#: The process's own.
generator = Generator()
