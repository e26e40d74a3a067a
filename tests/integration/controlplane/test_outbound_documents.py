# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a node is told of how mail leaves; the password is nowhere else."""

import logging

from exordos_mail.controlplane.dm import models
from exordos_mail.dataplane.engine import outbound
from exordos_mail.protocol import documents, messages
from exordos_mail.standards import smarthost
from tests.integration.controlplane import tenants
from tests.integration.controlplane import world as w
from tests.unit.node_values import candidate_of

_SECRET = "sesame, open ^ ${x}"


def _set(db, instance, **columns):
    sealed = tenants.seal(_SECRET, models.MailInstance, str(instance.uuid))
    given = {
        "smarthost": "smtp.example.net",
        "smarthost_username": "shop",
        "smarthost_password": sealed,
        **columns,
    }
    names = ", ".join(f"{name} = %s" for name in given)
    db.execute(
        f"UPDATE mail_instances SET {names} WHERE uuid = %s",  # noqa: S608 our names
        (*given.values(), instance.uuid),
    )


def _way(caller):
    return outbound.parse(documents.parse(caller.texts("outbound", "0")["0"]))


def test_nothing_is_told_where_nothing_is_said(call, assigned, node):
    assert call(node).ask().collections["outbound"] == {}


def test_all_of_it_is_told_and_a_change_has_another_tag(
    call, world, assigned, node, db
):
    caller = call(node)
    seen = set()
    for columns, expected in (
        ({}, smarthost.Way("smtp.example.net", 587, "starttls", "shop", _SECRET)),
        (
            {"smarthost_port": 465, "smarthost_tls": "implicit"},
            smarthost.Way("smtp.example.net", 465, "implicit", "shop", _SECRET),
        ),
        (
            {
                "smarthost": None,
                "smarthost_username": None,
                "smarthost_password": None,
                "outbound_address": "203.0.113.9",
                "smarthost_port": 587,
                "smarthost_tls": "starttls",
            },
            smarthost.Way(address="203.0.113.9"),
        ),
        (
            {
                "smarthost": None,
                "smarthost_username": None,
                "smarthost_password": None,
                "outbound_return_path": "host",
            },
            smarthost.Way(address="203.0.113.9", return_path="host"),
        ),
    ):
        _set(db, assigned, **columns)
        world.iterate()
        answer = caller.ask()
        assert _way(caller) == expected
        assert w.payload(assigned)["revision"] == answer.state.revision
        tag = answer.collections["outbound"]["0"]
        assert documents.is_tag(tag)
        seen.add(tag)
    assert len(seen) == 4


def test_password_is_nowhere_but_in_the_document(
    call, world, assigned, node, db, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    _set(db, assigned)
    world.iterate()
    caller = call(node)
    told = messages.encode(caller.sync()).decode()
    assert _way(caller).password == _SECRET
    rows = db.execute("SELECT value::text FROM ua_target_resources").fetchall()
    texts = [told, caplog.text, *capfd.readouterr(), *(one["value"] for one in rows)]
    assert all(_SECRET not in text and "h1:" not in text for text in texts)


def test_password_of_another_instance_does_not_open(call, assigned, node, db, caplog):
    other = tenants.seal(_SECRET, models.MailInstance, str(assigned.version.uuid))
    _set(db, assigned, smarthost_password=other)
    refused = call(node).fetch("outbound", "0")
    assert refused == messages.Refused(
        2, "the platform cannot read this instance's keys"
    )
    assert _SECRET not in caplog.text


def test_payload_that_carries_everything_has_it(served, world, db):
    _set(db, served, outbound_family="ipv4")
    world.iterate()
    candidate = candidate_of(w.payload(served))
    text = candidate.texts["outbound", "0"]
    way = outbound.parse(documents.parse(text))
    assert (way.password, way.family) == (_SECRET, "ipv4")
