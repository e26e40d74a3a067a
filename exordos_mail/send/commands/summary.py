# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the log keeps of a result: ids, states and numbers."""

import typing as tp

import msgspec

#: Members with a text that is kept; those with a number or a flag all are.
_TEXTS = ("id", "state")


def of(found: tp.Any) -> dict[str, tp.Any]:
    """Return what is kept of the result of a unit of work."""
    if isinstance(found, tuple):
        return of(found[0]) if found else {}
    if isinstance(found, list):
        return of(found[0]) if len(found) == 1 else {"count": len(found)}
    if isinstance(found, bool):
        return {}
    if isinstance(found, int):
        return {"count": found}
    if isinstance(found, msgspec.Raw):
        # The answer that was given before for the same idempotency key.
        return {"repeated": True}
    if isinstance(found, dict):
        members = found
    elif isinstance(found, msgspec.Struct):
        members = msgspec.structs.asdict(found)
    else:
        return {}
    return {
        name: value
        for name, value in members.items()
        if isinstance(value, int) or (name in _TEXTS and isinstance(value, str))
    }
