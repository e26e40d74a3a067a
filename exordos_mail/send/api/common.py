# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What several resources share."""

import typing as tp

import msgspec

from exordos_mail.schema import limits
from exordos_mail.send import clock
from exordos_mail.send.api.problem import invalid_field
from exordos_mail.send.api.route import Call
from exordos_mail.send.content import values
from exordos_mail.standards import tenant as standard

R = tp.TypeVar("R")
#: Id of a tenant or a relay: also a part of paths.
Id = tp.Annotated[str, msgspec.Meta(pattern=f"^{standard.ID_PATTERN}")]
Name = tp.Annotated[str, msgspec.Meta(min_length=1, max_length=standard.NAME_MAX)]
#: A limit; absent or null: none.
Count = tp.Annotated[int, msgspec.Meta(ge=1, le=limits.COUNT_MAX)]
Limit = tp.Annotated[int, msgspec.Meta(ge=1, le=500)]

#: A text that is looked for; the databases have none with a NUL.
OneLine = tp.Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*\Z")]


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    """A part of a list: `next` of the part before is `after` of the following."""

    after: str = ""
    limit: Limit = 100


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
        return values.parse_moment(given)
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


def next_of(rows: tp.Sequence[object], limit: int, key: str) -> str | None:
    """Return where the next part of a list begins; None: this was the last.

    Args:
        key: name of the column that the rows are in the order of.
    """
    return str(getattr(rows[-1], key)) if len(rows) == limit else None


async def part(
    page: tp.Callable[..., list[R]], call: Call, query: PageQuery, key: str
) -> tuple[list[R], str | None]:
    """Return a part of what a tenant has of something, and where the next begins.

    Args:
        page: a unit of work: tenant, after which key, how many at the most.
        key: name of the column that the rows are in the order of.
    """
    rows = await call.base.read(page, call.tenant_id, query.after, query.limit)
    return rows, next_of(rows, query.limit, key)
