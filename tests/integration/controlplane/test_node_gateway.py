# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node gateway on a real port: who is answered, and what."""

import threading
import uuid as sys_uuid

from gcl_sdk.agents.universal.dm import models as ua_models
from oslo_config import cfg
import psycopg
from restalchemy.dm import filters as dm_filters

from exordos_mail import constants as c
from exordos_mail.protocol import documents, messages
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import world as w
from tests.integration.controlplane.gateway_world import serve


def test_a_payload_holds_no_content(assigned):
    assert set(w.payload(assigned)) == {
        "uuid",
        "name",
        "generation",
        "revision",
        "domain",
    }


def test_a_node_gets_everything_that_its_revision_stands_for(
    call, world, assigned, node
):
    for name in ("alice", "bob", "carol"):
        w.add_account(assigned, name)
    world.iterate()
    answer = call(node).ask()
    state = answer.state
    assert sorted(calls.accounts(answer)) == ["alice", "bob", "carol"]
    assert state.instance == str(assigned.uuid)
    assert set(answer.settings) >= {"domain", "hostname", "dkim_keys", "rate_limit"}
    assert answer.settings["domain"] == "example.com"
    assert state.generation == w.read(assigned).generation
    assert set(answer.collections) >= {"accounts", "settings", "tenants"}
    calls.check(answer)
    assert w.payload(assigned)["revision"] == state.revision


def test_who_has_everything_gets_nothing(call, assigned, node):
    w.add_account(assigned, "alice")
    caller = call(node)
    again = caller.ask_again(caller.ask())
    assert (again.state.changed, again.texts) == ({}, {})


def test_a_change_costs_its_bucket(call, assigned, node, db):
    db.execute(
        "INSERT INTO mail_accounts (uuid, instance, project_id, username,"
        " password_hash, created_at, updated_at)"
        " SELECT gen_random_uuid(), %s, %s, 'user' || n, '$1$abcdefgh$' ||"
        " repeat('x', 22), now(), now() FROM generate_series(1, 2000) AS n",
        (assigned.uuid, w.PROJECT),
    )
    caller = call(node)
    before = caller.ask()
    assert len(calls.accounts(before)) == 2000
    w.add_account(assigned, "alice")
    after = caller.ask_again(before)
    assert set(after.state.changed) == {"accounts"}
    assert list(after.texts["accounts"]) == [documents.bucket("alice")]
    assert "alice" in calls.accounts(after)


def test_a_bucket_that_became_empty_is_told(call, assigned, node):
    account = w.add_account(assigned, "alice")
    caller = call(node)
    before = caller.ask()
    account.delete()
    after = caller.ask_again(before)
    assert (after.state.changed, after.texts) == ({"accounts": {}}, {})
    assert after.state.collections["accounts"] == documents.summary({})


def test_a_collection_that_there_is_none_of_has_no_texts(call, assigned, node):
    (part,) = call(node).fetch("nothing", "0")
    assert (part.texts, part.problem, part.last) == ({}, "", True)


def test_disabled_accounts_and_schemes_of_hashes_stay_here(call, assigned, node, db):
    w.add_account(assigned, "alice")
    bare = "$6$saltsalt$" + "x" * 85 + "1"
    db.execute(
        "UPDATE mail_accounts SET password_hash = %s", ("{SHA512-CRYPT}" + bare,)
    )
    bob = w.add_account(assigned, "bob")
    bob.active = False
    bob.update()
    assert calls.accounts(call(node).ask()) == {"alice": bare}


def test_no_change_of_an_account_is_missed(call, world, assigned, node, db):
    """Insert, rename, re-hash, disable, delete: each time digests are right."""
    caller = call(node)

    def check() -> None:
        world.iterate()
        have = caller.ask()
        calls.check(have)
        rows = db.execute("SELECT username FROM mail_accounts WHERE active").fetchall()
        assert set(calls.accounts(have)) == {row["username"] for row in rows}
        assert w.payload(assigned)["revision"] == have.state.revision

    for name in ("alice", "bob"):
        w.add_account(assigned, name)
    check()
    for change in (
        "UPDATE mail_accounts SET username = 'dave' WHERE username = 'alice'",
        "UPDATE mail_accounts SET active = FALSE WHERE username = 'bob'",
        "UPDATE mail_accounts SET active = TRUE",
        "UPDATE mail_accounts SET username = username || '1'",
        "DELETE FROM mail_accounts WHERE username = 'dave1'",
    ):
        db.execute(change)
        check()


def test_another_node_cannot_read_an_instance(call, world, assigned, version):
    w.add_account(assigned, "alice")
    other, other_node = w.new_instance(version, "other.example"), sys_uuid.uuid4()
    serve(world, other, other_node, "10.20.0.41")
    answer = call(other_node).ask()
    assert answer.state.instance == str(other.uuid)
    assert calls.accounts(answer) == {}
    stranger = sys_uuid.uuid4()
    assert isinstance(call(stranger).sync(), messages.Refused)


def test_a_node_of_a_deleted_instance_is_refused(call, world, assigned, node):
    caller = call(node)
    assert isinstance(caller.sync(), messages.State)
    w.read(assigned).delete()
    assert isinstance(caller.sync(), messages.Refused)


def test_a_lost_key_file_is_said_without_its_path(call, assigned, node, tmp_path):
    cfg.CONF.set_override("secrets_key_file", str(tmp_path / "none"), group="mail")
    refused = call(node).sync()
    assert refused == messages.Refused(
        1, "the platform cannot read this instance's keys"
    )


def test_a_reply_is_of_one_moment(call, assigned, node, db, database_url):
    """Accounts change all the time; all digests, and all texts, always agree."""
    for name in ("alice", "bob"):
        w.add_account(assigned, name)
    db.execute(
        "UPDATE mail_accounts SET password_hash = '$1$abcdefgh$' || %s", ("0" * 22,)
    )
    done = threading.Event()

    def change() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            number = 0
            while not done.is_set():
                number += 1
                connection.execute(
                    "UPDATE mail_accounts SET password_hash = %s",
                    ("$1$abcdefgh$" + f"{number:022d}",),
                )

    changer = threading.Thread(target=change)
    changer.start()
    try:
        caller = call(node)
        seen = set()
        for _ in range(50):
            state = caller.sync()
            assert state.revision == documents.revision(state.changed)
            buckets = list(state.changed["accounts"])
            assert len(buckets) == 2
            texts = caller.texts("accounts", *buckets)
            answer = calls.Answer(state, {}, {"accounts": texts})
            (hashed,) = set(calls.accounts(answer).values())
            seen.add(hashed)
        assert len(seen) > 1
    finally:
        done.set()
        changer.join()


def test_the_table_of_payloads_holds_no_secret(world, assigned, db):
    w.add_account(assigned, "alice")
    world.iterate()
    rows = db.execute("SELECT value::text FROM ua_target_resources").fetchall()
    for row in rows:
        assert "$6$" not in row["value"]
        assert "PRIVATE KEY" not in row["value"]


def test_the_payload_is_unknown_to_who_has_no_row(assigned, call, node):
    """The authorisation is the row that the builder makes, not the node's word."""
    rows = ua_models.TargetResource.objects.get_all(
        filters={
            "kind": dm_filters.EQ(c.NODE_KIND),
            "master": dm_filters.EQ(assigned.uuid),
        }
    )
    for row in rows:
        row.delete()
    assert isinstance(call(node).sync(), messages.Refused)
