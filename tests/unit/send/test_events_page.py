# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The page about events has every type and every reason that the code has."""

import os
import pathlib
import typing as tp

from exordos_mail.send.queue import events, reasons, states

_PAGE = pathlib.Path(__file__).parents[3] / "docs/send/events.md"
_REASONS: tp.Mapping[str, tp.Mapping[str, str]] = {
    "`deferred`, `failed` and `expired`": reasons.OF_ATTEMPTS,
    "`released`": reasons.OF_RELEASES,
    "`cancelled`": reasons.OF_CANCELLATIONS,
    "`webhook_disabled`": reasons.OF_WEBHOOKS,
}


def _table(head: str, rows: tp.Mapping[str, str]) -> str:
    lines = [f"| `{name}` | {text} |" for name, text in rows.items()]
    return "\n".join([f"| {head} |", "|---|---|", *lines, ""])


def _made() -> str:
    parts = [_table("type | details", events.TYPES)]
    for types, found in _REASONS.items():
        parts.append(f"## Reasons of {types}\n\n" + _table("reason | meaning", found))
    return "\n".join(parts)


def test_every_type_and_reason_is_on_the_page() -> None:
    before, mark, after = _PAGE.read_text().partition("test_events_page.py -->\n")
    if os.environ.get("UPDATE_GOLDEN"):
        _PAGE.write_text(f"{before}{mark}\n{_made()}")
        return
    assert after == "\n" + _made()
    for outcome in states.OUTCOMES:
        assert f"`{outcome}`" in before + after
