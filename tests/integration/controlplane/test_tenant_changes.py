# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Changes of tenants: what the node is told of them, and what they cost."""

from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import tenants
from tests.integration.controlplane import world as w


def test_a_change_of_a_suppression_costs_one_document(call, assigned, node, db):
    mine = tenants.add(db, assigned, "mine")
    for number in range(3):
        tenants.add_suppression(db, tenants.add(db, assigned, f"other-{number}"))
    suppression = tenants.add_suppression(db, mine)
    caller = call(node)
    before = caller.ask()
    db.execute(
        "UPDATE mail_send_suppressions SET reason = 'hard bounce' WHERE uuid = %s",
        (suppression,),
    )
    after = caller.ask_again(before)
    # No accounts, no settings, and of the tenants one.
    assert (after.texts, set(after.state.changed)) == ({}, {"tenants"})
    tags = before.tenants
    differing = [uuid for uuid, tag in after.tenants.items() if tags[uuid] != tag]
    assert differing == [mine]
    (document,) = caller.documents(*differing).values()
    assert document["suppressions"][0]["reason"] == "hard bounce"
    assert document["tag"] == after.tenants[mine]


def test_no_change_of_a_tenant_is_missed(call, world, assigned, node, db):
    """Whatever changes, payload and gateway agree on another revision."""
    caller = call(node)
    seen = {caller.ask().state.revision}

    def check() -> None:
        world.iterate()
        answer = caller.ask()
        state = answer.state
        calls.check(answer)
        assert w.payload(assigned)["revision"] == state.revision
        assert state.generation == w.read(assigned).generation
        assert state.revision not in seen
        seen.add(state.revision)
        for uuid, document in caller.documents(*answer.tenants).items():
            assert document["tag"] == answer.tenants[uuid]

    uuid = tenants.add(db, assigned)
    check()
    tenants.add_key(db, uuid)
    check()
    tenants.add_relay(db, uuid)
    check()
    tenants.add_suppression(db, uuid)
    check()
    for change in (
        "UPDATE mail_send_tenants SET active = FALSE",
        "UPDATE mail_send_tenants SET limit_day = 5",
        "UPDATE mail_send_api_keys SET scopes = '{read}'",
        "UPDATE mail_send_relays SET host = 'other.example'",
        "UPDATE mail_send_suppressions SET expires_at = now()",
        "DELETE FROM mail_send_suppressions",
        "DELETE FROM mail_send_relays",
        "DELETE FROM mail_send_api_keys",
    ):
        db.execute(change)
        check()
    db.execute("DELETE FROM mail_send_tenants")
    world.iterate()
    # What it was before there was a tenant.
    assert caller.ask().state.revision in seen


def test_a_document_may_be_newer_than_the_state(call, assigned, node, db):
    uuid = tenants.add(db, assigned)
    caller = call(node)
    told = caller.ask().tenants[uuid]
    tenants.add_suppression(db, uuid)
    document = caller.documents(uuid)[uuid]
    assert len(document["suppressions"]) == 1
    assert document["tag"] != told
    assert document["tag"] == caller.ask().tenants[uuid]


def test_a_change_rings(call, assigned, node, db):
    uuid = tenants.add(db, assigned)
    caller = call(node)
    caller.ask()
    for change in (
        lambda: tenants.add_suppression(db, uuid),
        lambda: db.execute("DELETE FROM mail_send_tenants"),
    ):
        change()
        caller.until_rung()
