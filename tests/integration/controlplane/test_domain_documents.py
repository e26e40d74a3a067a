# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nodes learn of domains: which are in service, and who may send from them."""

from oslo_config import cfg
import pytest

from exordos_mail.controlplane.dm import models
from exordos_mail.protocol import documents
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import tenants
from tests.integration.controlplane import world as w


@pytest.fixture
def proof(world):
    """The operator wants domains to be proven."""
    cfg.CONF.set_override("require_domain_proof", True, group="mail")
    yield
    cfg.CONF.clear_override("require_domain_proof", group="mail")


def add(instance, name: str, **values) -> models.MailDomain:
    made = models.MailDomain(instance=w.read(instance), name=name, **values)
    made.insert()
    return made


def prove(db, name: str) -> None:
    db.execute("UPDATE mail_domains SET ownership = 'proven' WHERE name = %s", (name,))


def in_service(answer: calls.Answer) -> dict[str, bool]:
    found = {}
    for text in answer.texts.get("domains", {}).values():
        found |= {k: v["enabled"] for k, v in documents.parse(text).items()}
    return found


def senders(caller, tenant: str) -> list[str]:
    return caller.documents(tenant)[tenant]["sender_domains"]


def test_a_node_gets_the_domains_with_what_is_for_it(call, assigned, node):
    add(assigned, "example.org", receives=True, description="x", publish="core")
    answer = call(node).ask()
    found = {}
    for text in answer.texts["domains"].values():
        found |= documents.parse(text)
    assert (
        found["example.com"].items()
        >= {
            "primary": True,
            "enabled": True,
            "receives": False,
        }.items()
    )
    assert found["example.org"].items() >= {"primary": False, "receives": True}.items()
    for one in found.values():
        assert not {"publish", "ownership", "checked_at", "description"} & one.keys()
    calls.check(answer)


def test_a_tenant_may_send_from_each_domain_in_service(call, assigned, node, db):
    uuid = tenants.add(db, assigned, "acme")
    caller = call(node)
    answer = caller.ask()
    assert senders(caller, uuid) == ["example.com"]
    second = add(assigned, "b.example")
    add(assigned, "a.example")
    after = caller.ask_again(answer)
    assert after.tenants[uuid] != answer.tenants[uuid]
    assert senders(caller, uuid) == ["example.com", "a.example", "b.example"]
    second.enabled = False
    second.update()
    assert senders(caller, uuid) == ["example.com", "a.example"]
    db.execute("UPDATE mail_domains SET enabled = FALSE")
    assert senders(caller, uuid) == []
    last = caller.ask()
    # what tenants do not see of a domain changes nothing of theirs
    db.execute("UPDATE mail_domains SET description = 'x', receives = TRUE")
    assert caller.ask().tenants == last.tenants
    second.delete()
    assert caller.ask().tenants != last.tenants


def test_domains_of_another_instance_are_nobody_elses(
    call, assigned, node, db, version
):
    uuid = tenants.add(db, assigned, "acme")
    caller = call(node)
    before = caller.ask()
    add(w.new_instance(version, "other.example"), "more.example")
    assert caller.ask_again(before).state.changed == {}
    assert senders(caller, uuid) == ["example.com"]


def test_where_proof_is_wanted_only_proven_domains_are_in_service(
    proof, call, assigned, node, db
):
    uuid = tenants.add(db, assigned, "acme")
    add(assigned, "example.org")
    caller = call(node)
    answer = caller.ask()
    assert in_service(answer) == {"example.com": False, "example.org": False}
    assert senders(caller, uuid) == []
    prove(db, "example.org")
    assert in_service(caller.ask()) == {"example.com": False, "example.org": True}
    assert senders(caller, uuid) == ["example.org"]
    db.execute("UPDATE mail_domains SET ownership = 'lapsed'")
    assert in_service(caller.ask()) == {"example.com": False, "example.org": False}
    assert senders(caller, uuid) == []


def test_a_change_of_one_of_a_thousand_domains_costs_its_bucket(
    call, assigned, node, db
):
    db.execute(
        "INSERT INTO mail_domains"
        " (uuid, name, project_id, instance, created_at, updated_at)"
        " SELECT gen_random_uuid(), 'd' || n || '.example', %s, %s, now(), now()"
        " FROM generate_series(1, 999) AS n",
        (assigned.project_id, assigned.uuid),
    )
    caller = call(node)
    before, generation = caller.ask(), w.read(assigned).generation
    db.execute("UPDATE mail_domains SET enabled = FALSE WHERE name = 'd7.example'")
    after = caller.ask_again(before)
    assert set(after.state.changed) == {"domains"}
    assert list(after.texts["domains"]) == [documents.bucket("d7.example")]
    assert w.read(assigned).generation == generation + 1
    models.MailAccount(
        instance=w.read(assigned),
        username="ann",
        domain="d8.example",
        password="a password",
    ).insert()
    last = caller.ask_again(after)
    assert set(last.state.changed) == {"accounts"}
    assert list(last.texts["accounts"]) == [documents.bucket("ann@d8.example")]
