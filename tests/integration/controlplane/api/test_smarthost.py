# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How an instance's mail leaves: smarthost, its password, family, source address."""

import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_declarations as declarations
from tests.integration.support import client, core_agent, user_api

key_file = declarations.key_file
passes = declarations.passes

SECRET = "SECRET-71f0-${x}^:\"'"
LOGIN = {"smarthost_username": "shop", "smarthost_password": SECRET}
WAY = {"smarthost": "smtp.example.net", **LOGIN}
HIDDEN = "smarthost_password"


def events(db: conftest.Connection, uuid: str) -> list[dict[str, tp.Any]]:
    return db.execute(
        "SELECT action, snapshot FROM gcl_sdk_audit_events"
        " WHERE resource_uuid = %s ORDER BY created_at",
        (uuid,),
    ).fetchall()


def envelope(db: conftest.Connection, uuid: str) -> str | None:
    query = "SELECT smarthost_password AS found FROM mail_instances WHERE uuid = %s"
    row = db.execute(query, (uuid,)).fetchone()
    assert row is not None
    return tp.cast("str | None", row["found"])


@pytest.mark.parametrize(
    ("given", "port", "tls"),
    [
        ({}, 587, "starttls"),
        ({"smarthost_port": 465}, 465, "implicit"),
        ({"smarthost_port": 2525}, 2525, "starttls"),
        ({"smarthost_tls": "implicit"}, 465, "implicit"),
        ({"smarthost_tls": "starttls"}, 587, "starttls"),
    ],
)
def test_port_and_tls_follow_each_other(
    tenant: client.Client,
    version: models.MailVersion,
    given: client.Body,
    port: int,
    tls: str,
) -> None:
    body = client.instance_body(version.uuid, **WAY, **given)
    made = tenant.create("/instances/", body)
    assert (made["smarthost_port"], made["smarthost_tls"]) == (port, tls)
    assert made["smarthost"] == "smtp.example.net"
    assert made["smarthost_username"] == "shop"
    assert made["outbound_family"] == "any"
    assert made["outbound_address"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"smarthost": "smtp.example.net."}, "smarthost"),
        ({"smarthost": "smtp.example.net:587"}, "smarthost"),
        ({"smarthost": "münchen.example"}, "smarthost"),
        ({"smarthost": "${run{x}}"}, "smarthost"),
        ({"smarthost": "127.1"}, "smarthost"),
        ({"smarthost": "::ffff:10.0.0.1"}, "smarthost"),
        ({"smarthost": "::ffff:127.0.0.1", HIDDEN: SECRET}, "smarthost"),
        ({"smarthost": "127.0.0.1", HIDDEN: SECRET}, "smarthost"),
        ({"smarthost": "127.8.9.10", HIDDEN: SECRET}, "smarthost"),
        ({"smarthost": "::1", HIDDEN: SECRET}, "smarthost"),
        ({"smarthost": "localhost", HIDDEN: SECRET}, "smarthost"),
        ({"smarthost": "mail.localhost", HIDDEN: SECRET}, "smarthost"),
        ({"smarthost": ""}, "smarthost"),
        ({"smarthost_port": 0}, "smarthost_port"),
        ({"smarthost_port": 65536}, "smarthost_port"),
        ({"smarthost_port": "587"}, "smarthost_port"),
        ({"smarthost_tls": "maybe"}, "smarthost_tls"),
        ({"smarthost_tls": "none"}, "smarthost_tls"),
        ({"smarthost_port": 465}, "smarthost_tls"),
        ({"smarthost_username": None}, HIDDEN),
        ({"smarthost_password": None}, HIDDEN),
        ({"smarthost_password": "a\nb"}, HIDDEN),
        ({"smarthost_password": "a\0b"}, HIDDEN),
        ({"smarthost_password": "x" * 257}, HIDDEN),
        ({"smarthost": "other.example.net"}, HIDDEN),
        ({"outbound_family": "ipv5"}, "outbound_family"),
        ({"outbound_return_path": "mine"}, "outbound_return_path"),
        ({"outbound_address": "127.0.0.1"}, "outbound_address"),
        ({"outbound_address": "mail.example.com"}, "outbound_address"),
        (
            {"outbound_address": "203.0.113.9", "outbound_family": "ipv6"},
            "outbound_family",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_and_named(
    tenant: client.Client,
    version: models.MailVersion,
    change: client.Body,
    field: str,
) -> None:
    body = client.instance_body(version.uuid, **WAY)
    path = f"/instances/{tenant.create('/instances/', body)['uuid']}"
    before = tenant.get(path).json()
    for answer in (tenant.patch(path, change), tenant.put(path, change)):
        assert answer.status_code == 400, answer.text
        assert answer.json()["message"].partition(":")[0].endswith(field)
        assert "SECRET" not in answer.text
    assert tenant.get(path).json() == before


def test_the_own_machine_is_no_smarthost(
    tenant: client.Client, version: models.MailVersion, db: conftest.Connection
) -> None:
    """The node would refuse it alone, and mail would wait without anybody told."""
    local = client.instance_body(version.uuid, smarthost="127.0.0.1")
    answer = tenant.post("/instances/", local)
    assert answer.status_code == 400
    assert "smarthost: another machine" in answer.json()["message"]

    made = tenant.create("/instances/", client.instance_body(version.uuid))
    path = f"/instances/{made['uuid']}"
    db.execute(
        "UPDATE mail_instances SET ipsv4 = '{203.0.113.7}' WHERE uuid = %s",
        (made["uuid"],),
    )
    source = {"outbound_address": "2001:db8::7"}
    for change in (
        {"smarthost": made["hostname"]},
        {"smarthost": "203.0.113.7"},
        {"smarthost": "2001:db8::7", **source},
    ):
        assert tenant.patch(path, change).status_code == 400
    # the other way round as well
    assert tenant.patch(path, {"smarthost": "2001:db8::7"}).status_code == 200
    assert tenant.patch(path, source).status_code == 400


def test_another_smarthost_needs_the_password_anew(
    tenant: client.Client, version: models.MailVersion, db: conftest.Connection
) -> None:
    """Who may change an instance must not learn a password by sending it elsewhere."""
    made = tenant.create("/instances/", client.instance_body(version.uuid, **WAY))
    path = f"/instances/{made['uuid']}"
    other = {"smarthost": "other.example.net"}
    assert tenant.patch(path, other).status_code == 400
    assert tenant.patch(path, {"smarthost_port": 2525}).status_code == 200
    before = envelope(db, made["uuid"])
    assert tenant.patch(path, {**other, HIDDEN: "another one"}).status_code == 200
    assert envelope(db, made["uuid"]) != before
    nobody = {"smarthost": "third.example.net", "smarthost_username": None}
    assert tenant.patch(path, {**nobody, HIDDEN: None}).status_code == 200
    assert envelope(db, made["uuid"]) is None


def test_removal_takes_the_login_along(
    tenant: client.Client, version: models.MailVersion, db: conftest.Connection
) -> None:
    made = tenant.create("/instances/", client.instance_body(version.uuid, **WAY))
    answer = tenant.patch(f"/instances/{made['uuid']}", {"smarthost": None})
    assert answer.status_code == 200
    assert answer.json()["smarthost"] is None
    assert answer.json()["smarthost_username"] is None
    assert envelope(db, made["uuid"]) is None


def test_each_change_counts_and_the_password_is_nowhere(
    api: user_api.UserApi,
    tenant: client.Client,
    version: models.MailVersion,
    db: conftest.Connection,
) -> None:
    made = tenant.post("/instances/", client.instance_body(version.uuid, **WAY))
    uuid = made.json()["uuid"]
    path, answers = f"/instances/{uuid}", [made]
    changes = [
        {HIDDEN: SECRET + "!"},
        {"smarthost_username": "other"},
        {"smarthost_port": 2525},
        {"smarthost_port": 465, "smarthost_tls": "implicit"},
        {"outbound_family": "ipv4"},
        {"outbound_return_path": "host"},
        {"outbound_address": "203.0.113.9"},
    ]
    for number, change in enumerate(changes):
        answers.append(tenant.patch(path, change))
        assert answers[-1].json()["generation"] == number + 2
    answers += [tenant.get(path), tenant.get("/instances/")]
    answers += [tenant.get(path, fields=HIDDEN), tenant.get("/instances/", q="x")]
    answers += [tenant.get("/instances/", **{HIDDEN: "x"})]
    answers += [tenant.patch(path, {HIDDEN: SECRET * 100})]
    answers += [tenant.patch(path, {HIDDEN: {"x": SECRET}})]
    for answer in answers:
        assert "SECRET" not in answer.text and "h1:" not in answer.text
        assert f'"{HIDDEN}":' not in answer.text
    found = events(db, uuid)
    assert [one["action"] for one in found] == ["create"] + ["update"] * len(changes)
    assert found[1]["snapshot"]["changed_fields"] == [HIDDEN]
    stored = envelope(db, uuid)
    assert stored is not None and stored.startswith("h1:")
    for text in (str(found), api.log(), stored):
        assert "SECRET" not in text
    assert "h1:" not in str(found) + api.log()


def test_a_manifest_settles_and_a_wrong_one_says_why(
    passes: core_agent.Passes, version: models.MailVersion, db: conftest.Connection
) -> None:
    declared = declarations.new_instance(version, **WAY, outbound_family="ipv4")
    passes.run(declared)
    assert declarations.settled(passes.run(declared), declared)
    before = envelope(db, str(declared.uuid))
    assert before is not None and before.startswith("h1:")
    moved = declarations.changed(declared, smarthost="other.example.net")
    passes.run(moved)
    assert declarations.settled(passes.run(moved), moved)
    wrong = declarations.changed(declared, smarthost_tls="none")
    found = passes.run(wrong)[declared.uuid]
    assert found.value["status"] == "ERROR"
    assert found.value["status_reason"].startswith("smarthost_tls:")
    assert "SECRET" not in str(found.value)
