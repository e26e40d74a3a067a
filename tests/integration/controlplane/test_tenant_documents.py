#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""What a node gets of the tenants of its instance, and what it never gets."""

import json
import logging
import threading
import uuid as sys_uuid

from oslo_config import cfg
import psycopg
import pytest

from exordos_mail.controlplane.dm import models, sealing_key
from exordos_mail.controlplane.paas.services import builder
from exordos_mail.dataplane import payload as node_payload
from exordos_mail.protocol import messages, revision
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import tenants
from tests.integration.controlplane import world as w
from tests.integration.controlplane.gateway_world import serve

_MOMENT = "2026-01-02T03:04:05.678Z"
_NOTHING = {
    "limit_minute": None,
    "limit_hour": None,
    "limit_day": None,
}


def _revision(state: messages.State) -> str:
    assert state.settings is not None
    return revision.compute(
        state.domain,
        revision.settings_digest(state.settings),
        state.shards,
        state.tenants,
    )


def _spoil(db, uuid: str) -> None:
    """Have the secret of a tenant not open, as if its key were lost."""
    envelope = tenants.seal(tenants.SECRET, models.MailSendTenant, uuid)
    lost = envelope.split(":")
    lost[1] = "lost-key"
    db.execute(
        "UPDATE mail_send_tenants SET callback_secret = %s WHERE uuid = %s",
        (":".join(lost), uuid),
    )


# --- what a document is ---------------------------------------------------------


def test_a_document_is_all_that_there_is_of_a_tenant(call, assigned, node, db):
    uuid = tenants.add(
        db,
        assigned,
        "acme",
        name="ACME Inc.",
        limit_minute=10,
        limit_hour=100,
        limit_day=1000,
        attachment_url="https://app.example/files",
    )
    keys = sorted(
        [
            tenants.add_key(db, uuid, "first"),
            tenants.add_key(db, uuid, "second", expires_at="2027-01-01 00:00"),
        ]
    )
    tenants.add_account(db, uuid, "zeta", limit_hour=7)
    tenants.add_account(db, uuid, "default", username=None, password=None)
    tenants.add_suppression(db, uuid, "z@recipient.example")
    tenants.add_suppression(
        db, uuid, "Ab@recipient.example", expires_at="2027-01-01 00:00:00.5"
    )
    caller = call(node)
    tag = caller.ask().state.tenants[uuid]
    document = caller.documents(uuid)[uuid]
    found_keys = document.pop("api_keys")
    assert document == {
        "uuid": uuid,
        "tag": tag,
        "id": "acme",
        "name": "ACME Inc.",
        "active": True,
        "limit_minute": 10,
        "limit_hour": 100,
        "limit_day": 1000,
        "sender_domains": ["example.com"],
        "callback_url": "https://app.example/events",
        "callback_auth": "signature",
        "callback_username": None,
        "callback_secret": tenants.SECRET,
        "attachment_url": "https://app.example/files",
        "smtp_accounts": [
            {
                "id": "default",
                **tenants.ACCOUNT,
                **_NOTHING,
                "username": None,
                "password": None,
            },
            {
                "id": "zeta",
                **tenants.ACCOUNT,
                **_NOTHING,
                "limit_hour": 7,
                "username": "u",
                "password": tenants.PASSWORD,
            },
        ],
        "suppressions": [
            {
                "address": "Ab@recipient.example",
                "reason": "asked for it",
                "created_at": _MOMENT,
                "expires_at": "2027-01-01T00:00:00.500Z",
            },
            {
                "address": "z@recipient.example",
                "reason": "asked for it",
                "created_at": _MOMENT,
                "expires_at": None,
            },
        ],
    }
    assert [one["id"] for one in found_keys] == keys
    for one in found_keys:
        assert set(one) == {"id", "name", "hash", "scopes", "created_at", "expires_at"}
        assert (len(one["hash"]), one["scopes"]) == (64, ["send", "read"])
        assert one["created_at"] == _MOMENT
    assert {one["name"]: one["expires_at"] for one in found_keys} == {
        "first": None,
        "second": "2027-01-01T00:00:00.000Z",
    }


def test_a_tenant_with_nothing(call, assigned, node, db):
    uuid = tenants.add(db, assigned, callback_secret=None, callback_auth="none")
    document = call(node).documents(uuid)[uuid]
    # Nodes need a name.
    assert document["name"] == document["id"] == "acme"
    assert document["callback_secret"] is None
    for name in ("api_keys", "smtp_accounts", "suppressions"):
        assert document[name] == []


def test_what_the_models_write_is_what_the_node_gets(call, assigned, node):
    sealing_key.publish(tenants.public_key())
    tenant = models.MailSendTenant(
        instance=w.read(assigned),
        slug="acme",
        callback_url="https://app.example/events",
        callback_auth="basic",
        callback_username="acme",
        callback_secret=tenants.SECRET,
    )
    tenant.insert()
    models.MailSendSMTPAccount(
        tenant=tenant,
        slug="default",
        host="smtp.relay.example",
        username="acme",
        password=tenants.PASSWORD,
    ).insert()
    models.MailSendSuppression(
        tenant=tenant, address="no@recipient.example", reason="asked for it"
    ).insert()
    (document,) = call(node).documents(str(tenant.uuid)).values()
    assert document["callback_secret"] == tenants.SECRET
    assert document["smtp_accounts"][0]["password"] == tenants.PASSWORD
    assert document["suppressions"][0]["address"] == "no@recipient.example"


def test_a_large_document_comes_whole(call, assigned, node, db):
    large = tenants.add(db, assigned, "large")
    small = [tenants.add(db, assigned, f"small-{number}") for number in range(3)]
    tenants.add_suppressions(db, large, 10_000)
    parts = call(node).fetch(large, *small)
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    found = {uuid: one for part in parts for uuid, one in part.documents.items()}
    assert set(found) == {large, *small}
    addresses = [one["address"] for one in found[large]["suppressions"]]
    assert len(addresses) == 10_000
    assert addresses == sorted(addresses)
    for part in parts:
        size = len(messages.encode(part))
        assert large in part.documents or size < messages.PART_MAX
        assert size < messages.FROM_GATEWAY_MAX


def test_a_document_is_of_one_moment(call, assigned, node, db, database_url):
    """Everything changes all the time, and all of a document agrees."""
    uuid = tenants.add(db, assigned)
    tenants.add_suppression(db, uuid)
    tenants.add_key(db, uuid)
    db.execute("UPDATE mail_send_suppressions SET reason = '0'")
    db.execute("UPDATE mail_send_api_keys SET name = '0'")
    db.execute("UPDATE mail_send_tenants SET name = '0'")
    done = threading.Event()

    def change() -> None:
        with psycopg.connect(database_url) as connection:
            number = 0
            while not done.is_set():
                number += 1
                for column in (
                    "mail_send_tenants SET name",
                    "mail_send_suppressions SET reason",
                    "mail_send_api_keys SET name",
                ):
                    connection.execute(f"UPDATE {column} = %s", (str(number),))
                connection.commit()

    changer = threading.Thread(target=change)
    changer.start()
    try:
        caller, seen = call(node), set()
        for _ in range(50):
            document = caller.documents(uuid)[uuid]
            values = {
                document["name"],
                document["suppressions"][0]["reason"],
                document["api_keys"][0]["name"],
            }
            assert len(values) == 1
            seen |= values
        assert len(seen) > 1
    finally:
        done.set()
        changer.join()


# --- what a change costs ---------------------------------------------------------


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
    # No shard, no settings, and of the tenants one.
    assert (after.texts, after.state.settings) == ({}, None)
    tags = before.state.tenants
    differing = [uuid for uuid, tag in after.state.tenants.items() if tags[uuid] != tag]
    assert differing == [mine]
    (document,) = caller.documents(*differing).values()
    assert document["suppressions"][0]["reason"] == "hard bounce"
    assert document["tag"] == after.state.tenants[mine]


def test_no_change_of_a_tenant_is_missed(call, world, assigned, node, db):
    """Whatever changes, payload and gateway agree on another revision."""
    caller = call(node)
    seen = {caller.ask().state.revision}

    def check() -> messages.State:
        world.iterate()
        state = caller.ask().state
        assert w.payload(assigned)["revision"] == state.revision == _revision(state)
        assert state.generation == w.read(assigned).generation
        assert state.revision not in seen
        seen.add(state.revision)
        for uuid, document in caller.documents(*state.tenants).items():
            assert document["tag"] == state.tenants[uuid]
        return state

    uuid = tenants.add(db, assigned)
    check()
    tenants.add_key(db, uuid)
    check()
    tenants.add_account(db, uuid)
    check()
    tenants.add_suppression(db, uuid)
    check()
    for change in (
        "UPDATE mail_send_tenants SET active = FALSE",
        "UPDATE mail_send_tenants SET limit_day = 5",
        "UPDATE mail_send_api_keys SET scopes = '{read}'",
        "UPDATE mail_send_smtp_accounts SET host = 'other.example'",
        "UPDATE mail_send_suppressions SET expires_at = now()",
        "DELETE FROM mail_send_suppressions",
        "DELETE FROM mail_send_smtp_accounts",
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
    told = caller.ask().state.tenants[uuid]
    tenants.add_suppression(db, uuid)
    document = caller.documents(uuid)[uuid]
    assert len(document["suppressions"]) == 1
    assert document["tag"] != told
    assert document["tag"] == caller.ask().state.tenants[uuid]


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


# --- whose they are ------------------------------------------------------------


def test_the_tenants_of_another_instance_are_never_given(
    call, world, assigned, node, version, db
):
    mine = tenants.add(db, assigned)
    other, other_node = w.new_instance(version, "other.example"), sys_uuid.uuid4()
    serve(world, other, other_node, "10.20.0.41")
    theirs = tenants.add(db, other)
    caller = call(other_node)
    assert set(caller.ask().state.tenants) == {theirs}
    assert set(caller.documents(mine)) == set()
    assert set(caller.documents(mine, theirs, str(sys_uuid.uuid4()))) == {theirs}
    assert set(call(node).documents(mine, theirs)) == {mine}


def test_who_has_no_instance_gets_no_document(call, assigned, node, db):
    uuid = tenants.add(db, assigned)
    assert isinstance(call(sys_uuid.uuid4()).fetch(uuid), messages.Refused)
    caller = call(node)
    assert uuid in caller.documents(uuid)
    w.read(assigned).delete()
    assert isinstance(caller.fetch(uuid), messages.Refused)


def test_a_deleted_tenant(call, assigned, node, db):
    gone, stays = tenants.add(db, assigned, "gone"), tenants.add(db, assigned, "stays")
    caller = call(node)
    assert set(caller.ask().state.tenants) == {gone, stays}
    db.execute("DELETE FROM mail_send_tenants WHERE uuid = %s", (gone,))
    assert set(caller.documents(gone, stays)) == {stays}
    assert set(caller.ask().state.tenants) == {stays}


@pytest.mark.parametrize(
    "question",
    [
        b'{"type":"fetch_tenants","number":2,"tenants":["x"]}',
        json.dumps(
            {
                "type": "fetch_tenants",
                "number": 2,
                "tenants": [str(sys_uuid.UUID(int=number)) for number in range(17)],
            }
        ).encode(),
        messages.encode(messages.Tenants(2, {}, "", last=True)),
    ],
)
def test_who_asks_for_nonsense_is_sent_away(call, assigned, node, question, caplog):
    caller = call(node)
    caller.ask()
    caller.socket.send(caller.channel.seal(question))
    with pytest.raises(calls.CLOSED):
        while True:
            caller.hear()
    assert isinstance(call(node).ask(), calls.Answer)
    assert "Traceback" not in caplog.text


# --- secrets ----------------------------------------------------------------------


def test_secrets_are_nowhere_but_in_documents(
    call, world, assigned, node, db, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    uuid = tenants.add(db, assigned)
    tenants.add_account(db, uuid)
    caller = call(node)
    world.iterate()
    told = messages.encode(caller.ask().state).decode()
    assert caller.documents(uuid)[uuid]["callback_secret"] == tenants.SECRET
    _spoil(db, uuid)
    world.iterate()
    assert caller.fetch(uuid)[-1].problem
    rows = db.execute("SELECT value::text FROM ua_target_resources").fetchall()
    everywhere = [told, caplog.text, *capfd.readouterr()]
    everywhere += [row["value"] for row in rows]
    for text in everywhere:
        for secret in (tenants.SECRET, tenants.PASSWORD, "x1:"):
            assert secret not in text
        assert "callback" not in text


def test_a_secret_that_does_not_open_is_told_and_disturbs_nobody_else(
    call, world, assigned, node, db, caplog
):
    good, bad = tenants.add(db, assigned, "good"), tenants.add(db, assigned, "bad")
    _spoil(db, bad)
    w.add_account(assigned, "alice")
    world.iterate()
    caller = call(node)
    answer = caller.ask()
    # Accounts and the payload are as they should be: nothing was opened for them.
    assert "alice" in calls.accounts(answer)
    assert w.payload(assigned)["revision"] == answer.state.revision
    assert set(answer.state.tenants) == {good, bad}
    assert caplog.text.count("Secrets of the tenant") == 0
    (part,) = caller.fetch(good, bad)
    assert set(part.documents) == {good}
    assert part.problem == "the platform cannot read the secrets of bad"
    # The operator is told which key is needed.
    assert f"Secrets of the tenant {bad}" in caplog.text
    assert "'lost-key'" in caplog.text


@pytest.mark.parametrize("change", ["password", "uuid"])
def test_a_password_of_another_row_does_not_open(call, assigned, node, db, change):
    uuid = tenants.add(db, assigned)
    first = tenants.add_account(db, uuid, "first")
    second = tenants.add_account(db, uuid, "second")
    if change == "password":
        db.execute(
            "UPDATE mail_send_smtp_accounts AS mine SET password = theirs.password"
            " FROM mail_send_smtp_accounts AS theirs"
            " WHERE mine.uuid = %s AND theirs.uuid = %s",
            (first, second),
        )
    else:
        db.execute(
            "UPDATE mail_send_smtp_accounts SET uuid = gen_random_uuid()"
            " WHERE uuid = %s",
            (first,),
        )
    (part,) = call(node).fetch(uuid)
    assert part.documents == {}
    assert part.problem == "the platform cannot read the secrets of acme"


def test_a_lost_key_file(call, assigned, node, db, tmp_path):
    uuid = tenants.add(db, assigned)
    cfg.CONF.set_override("secrets_key_file", str(tmp_path / "none"), group="mail")
    refused = call(node).fetch(uuid)
    assert refused == messages.Refused(
        2, "the platform cannot read this instance's keys"
    )


# --- without a gateway ---------------------------------------------------------


def test_without_a_gateway_the_payload_has_documents(served, world, db):
    assert "tenants" not in w.payload(served)["bulk"]
    uuid = tenants.add(db, served)
    tenants.add_account(db, uuid)
    world.iterate()
    value = w.payload(served)
    candidate = node_payload.from_bulk(value)
    assert set(candidate.payload.tenants) == {uuid}
    assert candidate.documents[uuid]["callback_secret"] == tenants.SECRET
    (account,) = candidate.documents[uuid]["smtp_accounts"]
    assert account["password"] == tenants.PASSWORD
    del value["bulk"]
    assert tenants.SECRET not in json.dumps(value)
    db.execute("DELETE FROM mail_send_tenants")
    world.iterate()
    assert "tenants" not in w.payload(served)["bulk"]


def test_without_a_gateway_a_secret_that_does_not_open_disturbs_nobody_else(
    served, world, db, caplog
):
    good, bad = tenants.add(db, served, "good"), tenants.add(db, served, "bad")
    _spoil(db, bad)
    w.add_account(served, "alice")
    world.iterate()
    candidate = node_payload.from_bulk(w.payload(served))
    assert set(candidate.payload.tenants) == {good, bad}
    assert set(candidate.documents) == {good}
    assert any(b"alice" in text for text in candidate.texts.values())
    assert f"Secrets of the tenant {bad}" in caplog.text


# --- networks ----------------------------------------------------------------------


@pytest.fixture
def networks():
    cfg.CONF.set_override(
        "send_private_networks", ["10.0.0.0/8", "fd00::/8"], group="mail"
    )
    yield ["10.0.0.0/8", "fd00::/8"]
    cfg.CONF.clear_override("send_private_networks", group="mail")


def test_private_networks_are_told_where_there_are_tenants(
    networks, call, world, assigned, node, db
):
    caller = call(node)
    assert "send_networks" not in caller.ask().state.settings
    tenants.add(db, assigned)
    world.iterate()
    state = caller.ask().state
    assert state.settings["send_networks"] == networks
    assert w.payload(assigned)["revision"] == state.revision == _revision(state)


def test_private_networks_in_a_payload(networks, served, world, db):
    tenants.add(db, served)
    world.iterate()
    candidate = node_payload.from_bulk(w.payload(served))
    assert candidate.payload.spec.send_networks == tuple(networks)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "everywhere", "10.0.0.0/8;::/0"])
def test_networks_that_are_none_end_the_start(tmp_path, text):
    config = tmp_path / "mail.conf"
    config.write_text(f"[mail]\nsend_private_networks = fd00::/8, {text}\n")
    try:
        cfg.CONF(["--config-file", str(config)], project="test")
        with pytest.raises(cfg.ConfigFileValueError, match="send_private_networks"):
            builder.MailInstanceBuilder()
        config.write_text("[mail]\nsend_private_networks = FD00::/8, 10.0.0.1\n")
        cfg.CONF(["--config-file", str(config)], project="test")
        builder.MailInstanceBuilder()
        found = cfg.CONF.mail.send_private_networks
        assert found == ["fd00::/8", "10.0.0.1/32"]
    finally:
        cfg.CONF([], project="test")
