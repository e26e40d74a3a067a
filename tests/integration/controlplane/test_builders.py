# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Builders against the platform's real tables: one pass at a time."""

import datetime
import hashlib
import logging
import os
import ssl
import uuid as sys_uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import oid

from exordos_mail import constants as c
from exordos_mail.controlplane import nodes as platform_nodes
from exordos_mail.standards import dkim
from tests import bulk
from tests.integration.controlplane import world as w


def certificate_of(name):
    """Return a certificate in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def snapshot(db, instance):
    """Return every row of the instance with its write counter."""
    return (
        db.execute("SELECT xmin, * FROM mail_instances ORDER BY uuid").fetchall(),
        db.execute(
            "SELECT xmin, * FROM ua_target_resources ORDER BY res_uuid"
        ).fetchall(),
        db.execute("SELECT xmin, * FROM mail_dkim_keys ORDER BY uuid").fetchall(),
    )


def test_a_new_instance_becomes_a_node_set_with_two_disks(world, instance):
    world.iterate()
    (target,) = w.targets(platform_nodes.NODE_SET_KIND, instance.uuid)
    assert target.value["cores"] == 1
    assert target.value["ram"] == 1024
    assert target.value["replicas"] == 1
    assert [disk["size"] for disk in target.value["disk_spec"]["disks"]] == [
        c.ROOT_DISK_SIZE,
        10,
    ]
    assert w.read(instance).status == "IN_PROGRESS"


def test_no_payload_and_no_error_before_the_agent_has_registered(
    world, instance, node, caplog
):
    caplog.set_level(logging.INFO)
    world.iterate()
    w.core_reports(instance, {node: w.ADDRESS})
    for _ in range(3):
        world.iterate()
    assert w.targets(c.NODE_KIND, instance.uuid) == []
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
    assert w.read(instance).ipv4 == w.ADDRESS
    assert w.read(instance).ipsv4 == [w.ADDRESS]


def test_a_registered_agent_gets_a_complete_payload(world, instance, node):
    w.add_account(instance, "alice")
    world.iterate()
    w.core_reports(instance, {node: w.ADDRESS})
    w.agent_registers(node)
    world.iterate()
    (target,) = w.targets(c.NODE_KIND, instance.uuid)
    assert target.agent == target.uuid == platform_nodes.agent_uuid(node)
    value = target.value
    assert list(bulk.documents_in(value["bulk"], "accounts")) == ["alice"]
    assert value["revision"] == bulk.revision_of(value["bulk"])
    settings = bulk.documents_in(value["bulk"], "settings")
    assert settings["domain"] == value["domain"]
    records = {
        key["algorithm"]: dkim.public_record(key["private_key"])
        for key in settings["dkim_keys"].values()
    }
    assert set(records) == set(dkim.ALGORITHMS)


def test_selectors_of_two_instances_of_a_domain_differ(world, version):
    first, second = w.new_instance(version), w.new_instance(version)
    selectors = []
    for instance in (first, second):
        world.infra._iteration()
        node = sys_uuid.uuid4()
        w.core_reports(instance, {node: w.ADDRESS})
        w.agent_registers(node)
        world.iterate()
        selectors += w.documents(instance, "settings")["dkim_keys"]
    assert len(set(selectors)) == 4
    # One label of a domain name (RFC 1035 section 2.3.4).
    assert all(len(one) <= 63 for one in selectors)


def test_certificates_come_from_the_nodes_report(world, served, db):
    pems = [certificate_of(name) for name in ("a.test", "b.test")]
    w.node_reports(served, certificates=[*pems, "rubbish", 7])
    world.iterate()
    shown = w.read(served).certificates
    assert [one["pem"] for one in shown] == pems
    for one in shown:
        octets = ssl.PEM_cert_to_DER_cert(one["pem"])
        assert one["sha256"] == hashlib.sha256(octets).hexdigest()
        assert one["key_type"] == "ECDSA"
    before = snapshot(db, served)
    world.iterate()
    assert snapshot(db, served) == before
    # A node that cannot tell has not lost them.
    w.node_reports(served, certificates=[])
    world.iterate()
    assert w.read(served).certificates == shown


def test_active_comes_from_the_nodes_report(world, instance, node):
    world.iterate()
    w.core_reports(instance, {node: w.ADDRESS})
    w.agent_registers(node)
    world.iterate()
    assert w.read(instance).status == "IN_PROGRESS"
    w.node_reports(instance)
    world.iterate()
    now = w.read(instance)
    assert (now.status, now.status_reason) == ("ACTIVE", "")
    assert now.dkim_public_key == w.RECORDS["platform"]
    assert now.applied_generation == now.generation


def test_passes_over_an_unchanged_database_write_nothing(world, served, db):
    world.iterate()
    before = snapshot(db, served)
    for _ in range(3):
        world.iterate()
    assert snapshot(db, served) == before


def test_an_account_change_reaches_the_payload(world, served):
    old = w.payload(served)
    account = w.add_account(served, "bob")
    world.iterate()
    new = w.payload(served)
    assert list(bulk.documents_in(new["bulk"], "accounts")) == ["bob"]
    assert new["revision"] != old["revision"]
    assert new["generation"] == old["generation"] + 1
    keys = [bulk.documents_in(one["bulk"], "settings") for one in (old, new)]
    assert keys[0]["dkim_keys"] == keys[1]["dkim_keys"]

    account.active = False
    account.update()
    world.iterate()
    assert w.documents(served, "accounts") == {}
    assert w.read(served).status == "ACTIVE"


def test_a_nodes_error_shows_on_the_instance_and_heals(world, served):
    w.node_reports(served, "ERROR", status_reason="exim4 refuses the configuration")
    world.iterate()
    now = w.read(served)
    assert (now.status, now.status_reason) == (
        "ERROR",
        "exim4 refuses the configuration",
    )
    w.node_reports(served)
    world.iterate()
    assert w.read(served).status == "ACTIVE"


def test_cores_error_and_the_nodes_verdict_do_not_fight(world, served, node, db):
    w.core_reports(served, {node: w.ADDRESS}, status="ERROR")
    w.node_reports(served, generation=99)
    world.iterate()
    assert w.read(served).status == "ERROR"
    world.iterate()
    before = snapshot(db, served)
    world.iterate()
    assert snapshot(db, served) == before
    w.core_reports(served, {node: w.ADDRESS})
    world.iterate()
    assert w.read(served).status == "ACTIVE"


def test_a_bigger_machine_is_active_when_core_says_so(world, served, node):
    change = w.read(served)
    change.ram = 2048
    change.disk_size = 20
    change.update()
    world.iterate()
    (target,) = w.targets(platform_nodes.NODE_SET_KIND, served.uuid)
    assert target.value["ram"] == 2048
    assert target.value["disk_spec"]["disks"][1]["size"] == 20
    assert w.read(served).status == "IN_PROGRESS"
    w.core_reports(served, {node: w.ADDRESS})
    world.iterate()
    assert w.read(served).status == "ACTIVE"


def test_a_users_change_during_a_pass_survives_and_is_applied(
    world, served, monkeypatch
):
    """The harm of whole-row updates: the builder takes the change back."""
    w.add_account(served, "early")
    real = world.paas.create_paas_objects

    def change_meanwhile(stale):
        monkeypatch.undo()
        result = real(stale)
        user = w.read(served)
        user.description = "changed meanwhile"
        user.update()
        stale.service_reason = "seen"
        return result

    monkeypatch.setattr(world.paas, "create_paas_objects", change_meanwhile)
    world.paas._iteration()
    now = w.read(served)
    assert now.description == "changed meanwhile"
    world.paas._iteration()
    assert w.payload(served)["generation"] == now.generation


def test_a_change_between_a_change_and_a_report_is_not_lost(world, served, monkeypatch):
    """The harm: the pass that takes the report notes the change as done."""
    w.add_account(served, "first")
    w.node_reports(served, status_reason="something new")
    real = world.paas._actualize_updated_instances

    def change_afterwards():
        monkeypatch.undo()
        real()
        w.add_account(served, "second")

    monkeypatch.setattr(world.paas, "_actualize_updated_instances", change_afterwards)
    world.paas._iteration()
    world.paas._iteration()
    assert sorted(w.documents(served, "accounts")) == ["first", "second"]


def test_an_exchanged_machine_gets_the_same_keys(world, served, node):
    keys = w.documents(served, "settings")["dkim_keys"]
    other = sys_uuid.uuid4()
    w.core_reports(served, {other: "10.20.0.41"})
    world.iterate()
    w.agent_registers(other)
    world.iterate()
    (target,) = w.targets(c.NODE_KIND, served.uuid)
    assert target.agent == platform_nodes.agent_uuid(other)
    assert bulk.documents_in(target.value["bulk"], "settings")["dkim_keys"] == keys
    assert w.read(served).ipv4 == "10.20.0.41"


def test_unreadable_keys_are_an_error_with_a_neutral_reason(
    world, served, caplog, tmp_path
):
    key_file = tmp_path / "keys.json"
    lost = tmp_path / "lost.json"
    os.rename(key_file, lost)
    w.add_account(served, "carol")
    world.iterate()
    world.iterate()
    now = w.read(served)
    assert now.status == "ERROR"
    assert "ask the operator" in now.status_reason
    assert str(tmp_path) not in now.status_reason
    errors = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert not key_file.exists(), "a new key would be lost when the old one is back"

    os.rename(lost, key_file)
    world.iterate()
    assert list(w.documents(served, "accounts")) == ["carol"]
    w.node_reports(served)
    world.iterate()
    assert w.read(served).status == "ACTIVE"


def test_private_keys_are_not_readable_in_our_tables(world, served, db):
    rows = db.execute("SELECT * FROM mail_dkim_keys").fetchall()
    assert rows
    assert "PRIVATE KEY" not in str(rows)
    assert all(row["private_key"].startswith("h1:") for row in rows)
