# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What several resources share."""

import typing as tp

import msgspec

from exordos_mail.schema import limits
from exordos_mail.send import clock
from exordos_mail.send.api.problem import Problem, invalid_field, not_found
from exordos_mail.send.content import check
from exordos_mail.send.records import tenants
from exordos_mail.send.storage import database
from exordos_mail.standards import tenant as standard

#: Id of a tenant or a relay: also a part of paths.
Id = tp.Annotated[str, msgspec.Meta(pattern=f"^{standard.ID_PATTERN}")]
Name = tp.Annotated[str, msgspec.Meta(min_length=1, max_length=standard.NAME_MAX)]
#: A limit; absent or null: none.
Count = tp.Annotated[int, msgspec.Meta(ge=1, le=limits.COUNT_MAX)]
Limit = tp.Annotated[int, msgspec.Meta(ge=1, le=500)]


class LimitsIO(msgspec.Struct, forbid_unknown_fields=True):
    """Messages per minute, hour and day; null: no limit."""

    minute: Count | None = None
    hour: Count | None = None
    day: Count | None = None


class WaitingIO(msgspec.Struct, forbid_unknown_fields=True):
    """How much a tenant may have waiting; null: as much as the service is set to."""

    messages: Count | None = None
    mib: Count | None = None


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    """A part of a list: `next` of the part before is `after` of the following."""

    after: str = ""
    limit: Limit = 100


def limit_columns(given: LimitsIO) -> dict[str, int | None]:
    """Return limits as a row keeps them."""
    return {f"limit_{name}": getattr(given, name) for name in ("minute", "hour", "day")}


def limits_out(row: dict[str, tp.Any]) -> LimitsIO:
    """Return the limits of a row."""
    return LimitsIO(row["limit_minute"], row["limit_hour"], row["limit_day"])


def moment(milliseconds: int | None) -> str | None:
    """Return a moment as RFC 3339 text in UTC."""
    return None if milliseconds is None else clock.text(milliseconds)


def milliseconds(field: str, given: str | float | None) -> int | None:
    """Return a moment that a caller has written.

    Raises:
        Problem: 422, it is none.
    """
    if given is None:
        return None
    try:
        return check.parse_moment(given)
    except ValueError as error:
        raise invalid_field(field, str(error)) from None


def future(field: str, given: str | float | None, now: int) -> int | None:
    """Return a moment that has to be ahead.

    Raises:
        Problem: 422, it is none, or is past.
    """
    found = milliseconds(field, given)
    if found is not None and found <= now:
        raise invalid_field(field, "this moment is past")
    return found


def next_of(rows: list[dict[str, tp.Any]], limit: int, key: str) -> str | None:
    """Return where the next part of a list begins; None: this was the last."""
    return str(rows[-1][key]) if len(rows) == limit else None


def managed() -> Problem:
    """Return the problem of changing what the control plane writes."""
    return Problem(409, "managed", "the control plane manages this: change it there")


def own_tenant(
    tx: database.Transaction, tenant_id: str, lock: bool = False
) -> database.Row:
    """Return a tenant that this API may change.

    Raises:
        Problem: 404, there is none; 409, the control plane writes it.
    """
    row = tenants.get(tx, tenant_id, lock)
    if row is None:
        raise not_found("tenant")
    if row["managed"]:
        raise managed()
    return row
