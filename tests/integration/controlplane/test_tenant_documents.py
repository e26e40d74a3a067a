# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a document of a tenant is, and which nodes get it."""

import json
import threading
import uuid as sys_uuid

import psycopg
import pytest

from exordos_mail.controlplane.dm import models, sealing_key
from exordos_mail.protocol import documents, messages
from tests import bulk
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import tenants
from tests.integration.controlplane import world as w
from tests.integration.controlplane.gateway_world import serve
from tests.unit.node_values import candidate_of

_MOMENT = "2026-01-02T03:04:05.678Z"
_NOTHING = {
    "limit_minute": None,
    "limit_hour": None,
    "limit_day": None,
}


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
    tenants.add_relay(db, uuid, "zeta", limit_hour=7)
    tenants.add_relay(db, uuid, "default", username=None, password=None)
    tenants.add_suppression(db, uuid, "z@recipient.example")
    tenants.add_suppression(
        db, uuid, "Ab@recipient.example", expires_at="2027-01-01 00:00:00.5"
    )
    caller = call(node)
    tag = caller.ask().tenants[uuid]
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
        "relays": [
            {
                "id": "default",
                **tenants.RELAY,
                **_NOTHING,
                "username": None,
                "password": None,
            },
            {
                "id": "zeta",
                **tenants.RELAY,
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
    for name in ("api_keys", "relays", "suppressions"):
        assert document[name] == []


def test_what_the_models_write_is_what_the_node_gets(call, assigned, node):
    sealing_key.publish(tenants.public_key())
    tenant = models.MailSendTenant(
        instance=w.read(assigned),
        id="acme",
        callback_url="https://app.example/events",
        callback_auth="basic",
        callback_username="acme",
        callback_secret=tenants.SECRET,
    )
    tenant.insert()
    models.MailSendRelay(
        tenant=tenant,
        id="default",
        host="smtp.relay.example",
        username="acme",
        password=tenants.PASSWORD,
    ).insert()
    models.MailSendSuppression(
        tenant=tenant, address="no@recipient.example", reason="asked for it"
    ).insert()
    (document,) = call(node).documents(str(tenant.uuid)).values()
    assert document["callback_secret"] == tenants.SECRET
    assert document["relays"][0]["password"] == tenants.PASSWORD
    assert document["suppressions"][0]["address"] == "no@recipient.example"


def test_a_large_document_comes_whole(call, assigned, node, db):
    large = tenants.add(db, assigned, "large")
    small = [tenants.add(db, assigned, f"small-{number}") for number in range(3)]
    tenants.add_suppressions(db, large, 10_000)
    parts = call(node).fetch("tenants", large, *small)
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    found = {
        uuid: documents.parse(one)[uuid]
        for part in parts
        for uuid, one in part.texts.items()
    }
    assert set(found) == {large, *small}
    addresses = [one["address"] for one in found[large]["suppressions"]]
    assert len(addresses) == 10_000
    assert addresses == sorted(addresses)
    for part in parts:
        size = len(messages.encode(part))
        assert large in part.texts or size < messages.PART_MAX
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


def test_the_tenants_of_another_instance_are_never_given(
    call, world, assigned, node, version, db
):
    mine = tenants.add(db, assigned)
    other, other_node = w.new_instance(version, "other.example"), sys_uuid.uuid4()
    serve(world, other, other_node, "10.20.0.41")
    theirs = tenants.add(db, other)
    caller = call(other_node)
    assert set(caller.ask().tenants) == {theirs}
    assert set(caller.documents(mine)) == set()
    assert set(caller.documents(mine, theirs, str(sys_uuid.uuid4()))) == {theirs}
    assert set(call(node).documents(mine, theirs)) == {mine}


def test_who_has_no_instance_gets_no_document(call, assigned, node, db):
    uuid = tenants.add(db, assigned)
    assert isinstance(call(sys_uuid.uuid4()).fetch("tenants", uuid), messages.Refused)
    caller = call(node)
    assert uuid in caller.documents(uuid)
    w.read(assigned).delete()
    assert isinstance(caller.fetch("tenants", uuid), messages.Refused)


def test_a_deleted_tenant(call, assigned, node, db):
    gone, stays = tenants.add(db, assigned, "gone"), tenants.add(db, assigned, "stays")
    caller = call(node)
    assert set(caller.ask().tenants) == {gone, stays}
    db.execute("DELETE FROM mail_send_tenants WHERE uuid = %s", (gone,))
    assert set(caller.documents(gone, stays)) == {stays}
    assert set(caller.ask().tenants) == {stays}


@pytest.mark.parametrize(
    "question",
    [
        b'{"type":"fetch","number":2,"collection":"tenants","buckets":["../x"]}',
        json.dumps(
            {
                "type": "fetch",
                "number": 2,
                "collection": "tenants",
                "buckets": [str(sys_uuid.UUID(int=number)) for number in range(17)],
            }
        ).encode(),
        messages.encode(messages.Documents(2, {}, "", last=True)),
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


def test_a_name_that_is_no_uuid_is_one_of_nobody(call, assigned, node, db):
    uuid = tenants.add(db, assigned)
    assert set(call(node).documents("x", uuid)) == {uuid}


def test_without_a_gateway_the_payload_has_documents(served, world, db):
    assert w.payload(served)["bulk"]["collections"]["tenants"] == {}
    uuid = tenants.add(db, served)
    tenants.add_relay(db, uuid)
    world.iterate()
    value = w.payload(served)
    assert set(candidate_of(value).payload.digests("tenants")) == {uuid}
    document = bulk.documents_in(value["bulk"], "tenants")[uuid]
    assert document["callback_secret"] == tenants.SECRET
    (relay,) = document["relays"]
    assert relay["password"] == tenants.PASSWORD
    del value["bulk"]
    assert tenants.SECRET not in json.dumps(value)
    db.execute("DELETE FROM mail_send_tenants")
    world.iterate()
    assert w.payload(served)["bulk"]["collections"]["tenants"] == {}
