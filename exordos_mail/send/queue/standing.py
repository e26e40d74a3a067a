# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a tenant has waiting.

The two numbers stand beside the number of the tenant's last event, because what
changes them also writes events (queue/events.py): so they cost no statement.
"""

import collections.abc as abc
import typing as tp

from exordos_mail.send.storage import database


class Standing(tp.NamedTuple):
    """Messages that are not final; or a change of that."""

    messages: int
    #: Of their stored contents.
    octets: int


NOTHING = Standing(0, 0)


def ended(rows: abc.Collection[database.Row]) -> Standing:
    """Return the change that the end of messages makes.

    Args:
        rows: `octets` of messages that were not final before this transaction.
    """
    return Standing(-len(rows), -sum(row["octets"] for row in rows))
