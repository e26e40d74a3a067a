# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What an instance shows of its nodes' services, and when it is written."""

import logging
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane import health, silence
from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import world as w

_SINCE = "2026-11-30T12:00:00Z"


def door(
    port: int, state: str = "ok", reason: str = "", **more: tp.Any
) -> dict[str, tp.Any]:
    """Return a door as a node tells it."""
    told = {"service": "exim", "port": port, "path": None, "protocol": "SMTP"}
    return {**told, "state": state, "reason": reason, "since": _SINCE, **more}


def told(*doors: tp.Any, alive_at: str = _SINCE) -> dict[str, tp.Any]:
    """Return the part of a report."""
    return {"alive_at": alive_at, "services": list(doors)}


def _row(db: tp.Any, instance: models.MailInstance) -> tp.Any:
    return db.execute(
        "SELECT xmin, * FROM mail_instances WHERE uuid = %s", (instance.uuid,)
    ).fetchone()


def _be_silent(db: tp.Any) -> None:
    db.execute("UPDATE ua_actual_resources SET updated_at = updated_at - interval '1h'")


def test_nothing_is_known_before_the_node_has_told(
    world: w.World, served: models.MailInstance
) -> None:
    shown = w.read(served).health
    assert shown == {
        "state": "unknown",
        "reason": "the node has told nothing yet",
        "services": [],
    }


def test_what_is_degraded_leaves_the_instance_active_and_its_payload_alone(
    world: w.World, served: models.MailInstance, node: sys_uuid.UUID
) -> None:
    before, payload = w.read(served), w.payload(served)
    wrong = door(587, "degraded", "it offers no TLS")
    w.node_reports(served, health=told(door(25), wrong))
    world.iterate()
    now = w.read(served)
    assert (now.status, now.status_reason) == ("ACTIVE", "")
    assert now.health["state"] == "degraded"
    assert now.health["reason"] == "exim 587 SMTP: it offers no TLS"
    assert now.health["services"] == [
        {"node": str(node), **one} for one in (door(25), wrong)
    ]
    assert (now.generation, now.updated_at) == (before.generation, before.updated_at)
    assert w.payload(served) == payload
    w.node_reports(served, health=told(door(25), door(587)))
    world.iterate()
    assert (w.read(served).health["state"], w.read(served).health["reason"]) == (
        "ok",
        "",
    )


def test_a_sign_of_life_writes_no_instance_and_null_changes_nothing(
    world: w.World, served: models.MailInstance, db: tp.Any
) -> None:
    w.node_reports(served, health=told(door(25)))
    world.iterate()
    before = _row(db, served)
    for one in (told(door(25), alive_at="2026-11-30T12:05:00Z"), None):
        w.node_reports(served, health=one)
        world.iterate()
        assert _row(db, served) == before


def test_of_a_silent_node_nothing_is_known_until_it_tells_again(
    world: w.World, served: models.MailInstance, db: tp.Any
) -> None:
    w.node_reports(served, health=told(door(25), door(587, "failed", "no answer")))
    world.iterate()
    assert silence.show() == 0
    _be_silent(db)
    assert silence.show() == 1
    shown = w.read(served).health
    assert shown["state"] == "unknown"
    assert shown["reason"].startswith("the node has told nothing since 20")
    assert [one["state"] for one in shown["services"]] == ["unknown", "unknown"]
    assert shown["services"][1]["reason"] == "the node is silent; before: failed"
    assert w.read(served).status == "ACTIVE"
    assert silence.show() == 0
    later = told(door(25), door(587), alive_at="2026-11-30T13:00:00Z")
    w.node_reports(served, health=later)
    world.iterate()
    assert w.read(served).health["state"] == "ok"


def test_who_has_just_started_takes_nobody_for_silent(
    world: w.World, served: models.MailInstance, db: tp.Any
) -> None:
    w.node_reports(served, health=told(door(25)))
    world.iterate()
    _be_silent(db)
    now = [0.0]
    watch = silence.SilenceWatch(lambda: now[0])
    now[0] = health.SILENCE - 1
    watch._iteration()
    assert w.read(served).health["state"] == "ok"
    now[0] = health.SILENCE
    watch._iteration()
    assert w.read(served).health["state"] == "unknown"


@pytest.mark.parametrize(
    "sent",
    [
        7,
        "ok",
        [],
        {},
        {"services": 7},
        {"services": [7]},
        told(door(0)),
        told(door(True)),
        told(door(25, "unknown")),
        told(door(25, service="a\nb")),
        told(door(25, service=None)),
        told(door(25, path=7)),
        told(door(25, since="now")),
        told(door(25, reason=None)),
        told(*(door(port) for port in range(1, 100))),
    ],
)
def test_what_is_no_health_is_told_and_ends_no_pass(
    world: w.World, served: models.MailInstance, sent: tp.Any, caplog: tp.Any
) -> None:
    caplog.set_level(logging.WARNING)
    w.node_reports(served, health=sent)
    world.iterate()
    now = w.read(served)
    assert now.status == "ACTIVE"
    assert now.health["state"] == "unknown"
    assert "not understood" in now.health["reason"]
    assert not caplog.records


def test_the_worst_of_all_nodes_counts() -> None:
    def row(told_: tp.Any, is_silent: bool = False) -> dict[str, tp.Any]:
        node = sys_uuid.uuid4()
        silent = {"is_silent": is_silent, "told_at": _SINCE}
        return {"node": node, "health": told_, **silent}

    good, weak = row(told(door(25))), row(told(door(25, "degraded", "x")))
    bad, silent = row(told(door(25, "failed", "y"))), row(told(door(25)), True)
    for rows, state in (
        ([], "unknown"),
        ([good, good], "ok"),
        ([good, weak], "degraded"),
        ([weak, silent], "unknown"),
        ([good, row(None)], "unknown"),
        ([silent, bad], "failed"),
    ):
        assert health.shown(rows)["state"] == state
    shown = health.shown([good, bad])
    assert [one["node"] for one in shown["services"]] == [
        str(good["node"]),
        str(bad["node"]),
    ]


def test_a_text_of_a_node_is_one_line_of_bounded_length(
    world: w.World, served: models.MailInstance
) -> None:
    long = "a\x07\n\u202e" + "x" * 5000
    doors = (door(port, "failed", long) for port in range(1, 40))
    w.node_reports(served, health=told(*doors))
    world.iterate()
    shown = w.read(served).health
    assert len(shown["reason"]) <= 1024
    for one in shown["services"]:
        assert len(one["reason"]) <= 500
        assert "\n" not in one["reason"] and "\x07" not in one["reason"]
