# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The moment as the database writes it."""

import datetime
import time


def now() -> int:
    """Return the wall clock's moment in milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000


def text(moment: int) -> str:
    """Return a moment as RFC 3339 writes it, in UTC with milliseconds."""
    found = datetime.datetime.fromtimestamp(moment / 1000, datetime.timezone.utc)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")
