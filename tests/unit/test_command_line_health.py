# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How the command line shows what the services of an instance are like."""

import typing as tp

from exordos_mail.cli import text
from exordos_mail.schema import health


def _door(port: int | None, **more: tp.Any) -> dict[str, tp.Any]:
    found = {"node": "n", "service": "exim", "port": port, "path": "/run/x"}
    known = {"protocol": "SMTP", "state": "ok", "reason": "", "since": "2026"}
    return {**found, **known, **more}


def test_health_is_a_table_below_its_state() -> None:
    doors = [_door(25), _door(None, state="failed", reason="no\x1b answer")]
    told = {"state": "failed", "reason": "x", "services": doors}
    assert text.members({"id": "1", "health": told}) == [
        "id      1",
        "health  failed: x",
        "  SERVICE  AT      PROTOCOL  STATE   SINCE  REASON",
        "  exim     25      SMTP      ok      2026",
        "  exim     /run/x  SMTP      failed  2026   no  answer",
    ]


def test_nodes_are_told_apart_where_there_are_several() -> None:
    doors = [_door(25), _door(25, node="m")]
    told = {"state": "ok", "reason": "", "services": doors}
    lines = text.members({"health": told})
    assert lines[0] == "health  ok"
    assert lines[1].split() == [
        *("NODE", "SERVICE", "AT", "PROTOCOL", "STATE", "SINCE", "REASON")
    ]
    assert [one.split()[0] for one in lines[2:]] == ["n", "m"]


def test_where_nothing_is_known_there_is_no_table() -> None:
    assert text.members({"health": health.NOTHING}) == [
        "health  unknown: the node has told nothing yet"
    ]
