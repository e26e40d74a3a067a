# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Moments and priorities, as callers write them."""

import datetime

import msgspec

PRIORITIES = {"immediate": 0, "high": 1, "medium": 2, "low": 3}


def parse_moment(given: str | float) -> int:
    """Return RFC 3339 text or seconds since 1970 as milliseconds since 1970.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(given, str):
        # NaN is not below anything, so this refuses it too.
        if not abs(given) < 10**11:
            raise ValueError("not a moment")
        return int(given * 1000)
    try:
        moment = msgspec.convert(given, datetime.datetime)
    except msgspec.ValidationError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(
            "write a moment as 2026-01-31T12:00:00Z, or as seconds since 1970"
        )
    return int(moment.timestamp() * 1000)


def parse_priority(given: str | int) -> int:
    """Return a priority by its name or number as a number.

    Raises:
        ValueError: no such priority.
    """
    if isinstance(given, str):
        given = PRIORITIES.get(given, -1)
    if given not in PRIORITIES.values():
        raise ValueError("a priority is immediate, high, medium, low, or 0 to 3")
    return given
