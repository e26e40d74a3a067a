# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Domains of an instance: the primary one comes with it, others are added."""

import concurrent.futures
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import models
from exordos_mail.schema import limits
from exordos_mail.standards import domain_proof
from tests.integration.controlplane import conftest
from tests.integration.support import client, user_api

DEFAULTS = {
    "description": "",
    "enabled": True,
    "receives": False,
    "publish": "none",
    "dkim_mode": "txt",
    "dkim_rotation_days": None,
    "dmarc_policy": "none",
    "dmarc_rua": None,
    "tls_rua": None,
    "mta_sts": "off",
    "ownership": "unproven",
    "publish_state": "none",
    "publish_reason": None,
    "checked_at": None,
    "check_asked_at": None,
    "mailbox_usage_bytes": None,
}


@pytest.fixture
def domains(instance: client.Body) -> str:
    """The path of an instance's domains."""
    return f"/instances/{instance['uuid']}/domains/"


@pytest.fixture
def primary(domains: str, instance: client.Body) -> str:
    """The path of the primary one: it has the uuid of its instance."""
    return f"{domains}{instance['uuid']}"


def generation(tenant: client.Client, instance: client.Body) -> int:
    return int(tenant.get(f"/instances/{instance['uuid']}").json()["generation"])


def fill(db: conftest.Connection, instance: client.Body, count: int) -> None:
    """Add domains as fast as the database can."""
    db.execute(
        "INSERT INTO mail_domains"
        " (uuid, name, project_id, instance, created_at, updated_at)"
        " SELECT gen_random_uuid(), 'd' || n || '.example', %s, %s, now(), now()"
        " FROM generate_series(1, %s) AS n",
        (instance["project_id"], instance["uuid"], count),
    )


def test_the_primary_domain_is_made_with_the_instance(
    tenant: client.Client, instance: client.Body, domains: str, primary: str
) -> None:
    (found,) = tenant.get(domains).json()
    project, uuid = map(sys_uuid.UUID, (instance["project_id"], instance["uuid"]))
    assert found == {
        **DEFAULTS,
        "uuid": instance["uuid"],
        "name": instance["domain"],
        "unicode_name": instance["domain"],
        "primary": True,
        "proof_name": f"_exordos-mail.{instance['domain']}",
        "proof_value": domain_proof.value(project, uuid, instance["domain"]),
        "project_id": instance["project_id"],
        "instance": f"{client.BASE}/instances/{instance['uuid']}",
        "created_at": instance["created_at"],
        "updated_at": instance["created_at"],
    }
    assert tenant.get(primary).json() == found
    assert generation(tenant, instance) == instance["generation"] == 1


def test_the_primary_domain_lives_and_dies_with_the_instance(
    tenant: client.Client, instance: client.Body, domains: str, primary: str
) -> None:
    tenant.create(domains, {"name": "example.org"})
    refused = tenant.delete(primary)
    assert refused.status_code == 409
    assert refused.json()["message"] == (
        "the primary domain is deleted with its instance"
    )
    assert len(tenant.get(domains).json()) == 2
    assert tenant.delete(f"/instances/{instance['uuid']}").status_code == 204
    assert tenant.get(domains).status_code == 404


def test_a_domain_is_added_changed_and_removed(
    tenant: client.Client, instance: client.Body, domains: str
) -> None:
    made = tenant.create(domains, {"name": "xn--fa-hia.example", "receives": True})
    assert (
        made.items()
        >= {
            **DEFAULTS,
            "name": "xn--fa-hia.example",
            "unicode_name": "faß.example",
            "primary": False,
            "receives": True,
        }.items()
    )
    path = domains + made["uuid"]
    change = {
        "enabled": False,
        "receives": False,
        "publish": "core",
        "dkim_mode": "cname",
        "dkim_rotation_days": 90,
        "dmarc_policy": "reject",
        "dmarc_rua": "dmarc@example.com",
        "tls_rua": "tls@example.com",
        "mta_sts": "enforce",
        "description": "x",
    }
    changed = tenant.patch(path, change).json()
    assert changed.items() >= change.items()
    assert tenant.get(domains, name=made["name"]).json() == [changed]
    assert tenant.delete(path).status_code == 204
    assert len(tenant.get(domains).json()) == 1


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({}, "name: a value is required"),
        ({"name": "Example.ORG"}, "write example.org"),
        ({"name": "example.org."}, "write example.org"),
        ({"name": "faß.example"}, "write xn--fa-hia.example"),
        ({"name": "a b.example"}, "name: a domain is"),
        ({"name": "localhost"}, "name: a domain is"),
        ({"name": "192.0.2.1"}, "name: a domain is"),
        ({"name": "example.org\n"}, "name: a domain is"),
        ({"name": "*.example.org"}, "name: a domain is"),
        ({"name": "_dmarc.example.org"}, "name: a domain is"),
        ({"name": 5}, "name: "),
        ({"name": "a.example", "publish": "dns"}, "publish: one of none, core, rfc"),
        ({"name": "a.example", "dkim_rotation_days": 6}, "a whole number from 7"),
        ({"name": "a.example", "dmarc_rua": "mailto:x@a.example"}, "dmarc_rua: "),
        ({"name": "a.example", "mta_sts": None}, "mta_sts: null is not allowed"),
        ({"name": "a.example", "mx": 1}, "unknown field: mx"),
    ],
)
def test_a_wrong_domain_is_refused_with_the_rule(
    tenant: client.Client, domains: str, body: client.Body, rule: str
) -> None:
    refused = tenant.post(domains, body)
    assert refused.status_code == 400
    assert rule in refused.json()["message"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("primary", True),
        ("ownership", "proven"),
        ("publish_state", "published"),
        ("publish_reason", "x"),
        ("checked_at", "2026-01-01T00:00:00Z"),
        ("unicode_name", "x.example"),
        ("proof_name", "x"),
        ("proof_value", "x"),
    ],
)
def test_what_services_observe_is_set_by_no_request(
    tenant: client.Client, domains: str, primary: str, field: str, value: tp.Any
) -> None:
    made = tenant.post(domains, {"name": "example.org", field: value})
    assert made.status_code == 403
    one = tenant.create(domains, {"name": "example.org"})
    for method in (tenant.patch, tenant.put):
        refused = method(domains + one["uuid"], {field: value})
        assert refused.status_code == 400
        assert field in refused.json()["message"]


def test_the_name_is_set_at_creation_only(
    tenant: client.Client, domains: str, primary: str
) -> None:
    made = tenant.create(domains, {"name": "example.org"})
    for path in (primary, domains + made["uuid"]):
        refused = tenant.patch(path, {"name": "example.net"})
        assert refused.status_code == 400
        assert "set at creation" in refused.json()["message"]


def test_a_name_is_there_once_in_an_instance_and_free_in_others(
    tenant: client.Client,
    stranger: client.Client,
    version: models.MailVersion,
    instance: client.Body,
    domains: str,
) -> None:
    tenant.create(domains, {"name": f"sub.{instance['domain']}"})
    for name in (instance["domain"], f"sub.{instance['domain']}"):
        refused = tenant.post(domains, {"name": name})
        assert refused.status_code == 409
        assert refused.json()["message"] == (
            "a domain of this name or uuid exists, or the instance is gone"
        )
    other = stranger.create("/instances/", client.instance_body(version.uuid))
    path = f"/instances/{other['uuid']}/domains/"
    made = stranger.create(path, {"name": f"sub.{instance['domain']}"})
    mine = {one["proof_value"] for one in tenant.get(domains).json()}
    assert made["proof_value"] not in mine


def test_the_host_name_is_one_of_the_instances_own(
    tenant: client.Client, instance: client.Body, domains: str
) -> None:
    path = f"/instances/{instance['uuid']}"
    assert instance["hostname"] == f"mail.{instance['domain']}"
    refused = tenant.patch(path, {"hostname": "mx.example.org"})
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("hostname: a host name is one of")
    org = tenant.create(domains, {"name": "example.org"})
    changed = tenant.patch(path, {"hostname": "mx.example.org"}).json()
    assert changed["hostname"] == "mx.example.org"
    assert changed["generation"] == 3
    # the name is known, so the domain is needed
    refused = tenant.delete(domains + org["uuid"])
    assert refused.status_code == 409
    assert refused.json()["message"] == (
        "the host name of the instance is in this domain;"
        " give the instance another hostname first"
    )
    below = tenant.create(domains, {"name": "mx.example.org"})
    assert tenant.delete(domains + org["uuid"]).status_code == 204
    assert tenant.delete(domains + below["uuid"]).status_code == 409
    tenant.patch(path, {"hostname": instance["domain"]})
    assert tenant.delete(domains + below["uuid"]).status_code == 204


def test_a_name_in_the_operators_zone_is_of_one_instance(
    tenant: client.Client, stranger: client.Client, version: models.MailVersion
) -> None:
    """Also where somebody chooses a uuid that begins like another one."""
    body = client.instance_body(
        version.uuid, domain="cloud.example", hostname="mx-0a0b0c0d.cloud.example"
    )
    tenant.create("/instances/", body)
    refused = stranger.post("/instances/", body)
    assert refused.status_code == 409
    assert refused.json()["message"] == (
        "an instance of this uuid or host name exists, or its version is gone"
    )


def test_a_change_of_the_host_name_and_a_deletion_meet(
    tenant: client.Client,
    colleague: client.Client,
    instance: client.Body,
    domains: str,
) -> None:
    path = f"/instances/{instance['uuid']}"
    for number in range(8):
        made = tenant.create(domains, {"name": f"d{number}.example"})
        with concurrent.futures.ThreadPoolExecutor() as pool:
            name = {"hostname": f"mx.d{number}.example"}
            change = pool.submit(tenant.patch, path, name)
            deletion = pool.submit(colleague.delete, domains + made["uuid"])
        statuses = (change.result().status_code, deletion.result().status_code)
        assert statuses in ((200, 409), (400, 204))


def test_another_project_sees_none(
    tenant: client.Client, stranger: client.Client, domains: str, primary: str
) -> None:
    for answer in (
        stranger.get(domains),
        stranger.get(primary),
        stranger.post(domains, {"name": "example.org"}),
        stranger.patch(primary, {"enabled": False}),
        stranger.delete(primary),
    ):
        assert answer.status_code == 404


def test_the_permissions_are_those_of_domains(
    api: user_api.UserApi, tenant: client.Client, domains: str, primary: str
) -> None:
    instances = "exordos_mail.mail_instance.read"
    without = client.Client(api.url, tenant.project, [instances])
    assert without.get(primary).status_code == 403
    reading = [instances, "exordos_mail.domain.read"]
    reader = client.Client(api.url, tenant.project, reading)
    assert reader.get(primary).status_code == 200
    assert reader.patch(primary, {"enabled": False}).status_code == 403
    assert reader.post(domains, {"name": "example.org"}).status_code == 403


def test_only_what_a_node_sees_counts_a_generation(
    tenant: client.Client,
    instance: client.Body,
    domains: str,
    db: conftest.Connection,
) -> None:
    made = tenant.create(domains, {"name": "example.org"})
    path = domains + made["uuid"]
    assert generation(tenant, instance) == 2
    tenant.patch(path, {"description": "x", "dmarc_policy": "reject"})
    db.execute(
        "UPDATE mail_domains SET checked_at = now() WHERE uuid = %s", (made["uuid"],)
    )
    assert generation(tenant, instance) == 2
    tenant.patch(path, {"enabled": False})
    assert generation(tenant, instance) == 3
    db.execute(
        "UPDATE mail_domains SET ownership = 'proven' WHERE uuid = %s",
        (made["uuid"],),
    )
    assert generation(tenant, instance) == 4
    tenant.delete(path)
    assert generation(tenant, instance) == 5


def test_an_instance_has_a_thousand_domains_and_no_more_at_once(
    tenant: client.Client,
    colleague: client.Client,
    instance: client.Body,
    domains: str,
    db: conftest.Connection,
) -> None:
    fill(db, instance, limits.DOMAINS_MAX - 2)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = list(
            pool.map(
                lambda n: (tenant, colleague)[n % 2].post(
                    domains, {"name": f"last-{n}.example"}
                ),
                range(8),
            )
        )
    assert sorted(one.status_code for one in answers) == [201] + 7 * [400]
    refused = next(one for one in answers if one.status_code == 400)
    assert refused.json()["message"] == "an instance has at most 1000 domains"
