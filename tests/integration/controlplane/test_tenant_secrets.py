# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Secrets of tenants: where they are, and what happens when one does not open."""

import logging

from oslo_config import cfg
import pytest

from exordos_mail.protocol import messages
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import tenants
from tests.integration.controlplane import world as w
from tests.unit.node_values import candidate_of


def test_secrets_are_nowhere_but_in_documents(
    call, world, assigned, node, db, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    uuid = tenants.add(db, assigned)
    tenants.add_relay(db, uuid)
    caller = call(node)
    world.iterate()
    told = messages.encode(caller.ask().state).decode()
    assert caller.documents(uuid)[uuid]["callback_secret"] == tenants.SECRET
    tenants.spoil(db, uuid)
    world.iterate()
    assert caller.fetch("tenants", uuid)[-1].problem
    rows = db.execute("SELECT value::text FROM ua_target_resources").fetchall()
    everywhere = [told, caplog.text, *capfd.readouterr()]
    everywhere += [row["value"] for row in rows]
    for text in everywhere:
        for secret in (tenants.SECRET, tenants.PASSWORD, "h1:"):
            assert secret not in text
        assert "callback" not in text


def test_a_secret_that_does_not_open_is_told_and_disturbs_nobody_else(
    call, world, assigned, node, db, caplog
):
    good, bad = tenants.add(db, assigned, "good"), tenants.add(db, assigned, "bad")
    tenants.spoil(db, bad)
    w.add_account(assigned, "alice")
    world.iterate()
    caller = call(node)
    answer = caller.ask()
    # Accounts and the payload are as they should be: nothing was opened for them.
    assert "alice" in calls.accounts(answer)
    assert w.payload(assigned)["revision"] == answer.state.revision
    assert set(answer.tenants) == {good, bad}
    assert caplog.text.count("Secrets of the tenant") == 0
    (part,) = caller.fetch("tenants", good, bad)
    assert set(part.texts) == {good}
    assert part.problem == "the platform cannot read the secrets of bad"
    # The operator is told which key is needed.
    assert f"Secrets of the tenant {bad}" in caplog.text
    assert "'lost-key'" in caplog.text


@pytest.mark.parametrize("change", ["password", "uuid"])
def test_a_password_of_another_row_does_not_open(call, assigned, node, db, change):
    uuid = tenants.add(db, assigned)
    first = tenants.add_relay(db, uuid, "first")
    second = tenants.add_relay(db, uuid, "second")
    if change == "password":
        db.execute(
            "UPDATE mail_send_relays AS mine SET password = theirs.password"
            " FROM mail_send_relays AS theirs"
            " WHERE mine.uuid = %s AND theirs.uuid = %s",
            (first, second),
        )
    else:
        db.execute(
            "UPDATE mail_send_relays SET uuid = gen_random_uuid() WHERE uuid = %s",
            (first,),
        )
    (part,) = call(node).fetch("tenants", uuid)
    assert part.texts == {}
    assert part.problem == "the platform cannot read the secrets of acme"


def test_a_lost_key_file(call, assigned, node, db, tmp_path):
    uuid = tenants.add(db, assigned)
    cfg.CONF.set_override("secrets_key_file", str(tmp_path / "none"), group="mail")
    refused = call(node).fetch("tenants", uuid)
    assert refused == messages.Refused(
        2, "the platform cannot read this instance's keys"
    )


def test_without_a_gateway_a_secret_that_does_not_open_disturbs_nobody_else(
    served, world, db, caplog
):
    good, bad = tenants.add(db, served, "good"), tenants.add(db, served, "bad")
    tenants.spoil(db, bad)
    w.add_account(served, "alice")
    world.iterate()
    value = w.payload(served)
    candidate = candidate_of(value)
    payload, texts = candidate.payload, candidate.texts
    assert set(payload.digests("tenants")) == {good, bad}
    assert set(value["bulk"]["texts"]["tenants"]) == {good}
    assert any("alice" in text for text in texts.values())
    assert f"Secrets of the tenant {bad}" in caplog.text
