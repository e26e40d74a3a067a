# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""When a certificate is renewed, and when again after a failure."""

import datetime
import hashlib

#: An authority counts failures by name and hour: Let's Encrypt allows five.
FIRST = datetime.timedelta(minutes=15)
LAST = datetime.timedelta(hours=24)
#: How much of its life a certificate may be renewed sooner, and of a wait, later.
_JITTER = 1 / 12


def due(
    not_before: datetime.datetime, not_after: datetime.datetime, name: str
) -> datetime.datetime:
    """Return when to renew: after 7/12 to 2/3 of the life, the same for one name.

    Certificates that were made at once are so renewed one after the other.
    """
    life = not_after - not_before
    return not_before + life * (2 / 3 - _JITTER * _share(name))


def again(
    failures: int, name: str, asked: datetime.timedelta | None = None
) -> datetime.timedelta:
    """Return how long to wait after so many failures in a row, one or more.

    Args:
        failures: in a row.
        name: whose they are: others do not wait for it.
        asked: by the authority (Retry-After); it is waited at least so long, and two
            days at the most.
    """
    # 2 ** 10 * FIRST is beyond LAST
    wait = min(FIRST * 2 ** min(max(failures, 1) - 1, 10), LAST)
    wait += wait * _JITTER * _share(f"{name} {failures}")
    return max(wait, min(asked or wait, 2 * LAST))


def _share(text: str) -> float:
    """Return a number from 0 to 1 that is the same for one text."""
    return (
        int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 0xFFFFFFFF
    )
