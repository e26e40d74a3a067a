# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the README promises of instances and versions."""

import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest
from tests.integration.support import client


def test_the_request_of_the_readme_creates_an_instance(
    tenant: client.Client, version: models.MailVersion
) -> None:
    body = client.instance_body(version.uuid, project_id=str(tenant.project))
    response = tenant.post("/instances/", body)
    assert response.status_code == 201
    made = response.json()
    path = f"{client.BASE}/instances/{made['uuid']}"
    assert response.headers["Location"].endswith(path)
    assert body.items() <= made.items()
    assert {name: made[name] for name in made if name not in body} == {
        "uuid": made["uuid"],
        "description": "",
        "status": "NEW",
        "status_reason": "",
        "ipsv4": [],
        "ipv4": None,
        "hostname": "mail.example.com",
        "host_certificate": True,
        "smarthost": None,
        "smarthost_port": 587,
        "smarthost_tls": "starttls",
        "smarthost_username": None,
        "outbound_family": "any",
        "outbound_address": None,
        "outbound_return_path": "sender",
        "mailboxes": False,
        "mailbox_quota_bytes": None,
        "mailbox_quota_messages": None,
        "mailbox_overcommit": False,
        "mailbox_quota_sum_bytes": 0,
        "mailbox_usage_bytes": None,
        "mailbox_retention_days": 14,
        "generation": 1,
        "applied_generation": 0,
        "dkim_selector": None,
        "dkim_public_key": None,
        "dkim_keys": [],
        "certificates": [],
        "health": {
            "state": "unknown",
            "reason": "the node has told nothing yet",
            "services": [],
        },
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }
    assert tenant.get(f"/instances/{made['uuid']}").json() == made
    assert tenant.get("/instances/").json() == [made]


def test_the_command_line_may_choose_the_uuid(
    tenant: client.Client, version: models.MailVersion
) -> None:
    chosen = str(sys_uuid.uuid4())
    body = client.instance_body(version.uuid, uuid=chosen, description="by hand")
    made = tenant.create("/instances/", body)
    assert made["uuid"] == chosen and made["description"] == "by hand"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_both_patch_and_put_update_the_fields_in_the_body(
    tenant: client.Client, instance: client.Body, method: str
) -> None:
    path = f"/instances/{instance['uuid']}"
    change = {"cpu": 4, "ram": 4096, "disk_size": 40, "name": "new", "description": "d"}
    response = tenant.call(method, path, json=change)
    assert response.status_code == 200
    updated = response.json()
    assert updated == {
        **instance,
        **change,
        "generation": 2,
        "updated_at": updated["updated_at"],
    }
    assert updated["updated_at"] > instance["updated_at"]
    assert tenant.get(path).json() == updated


def test_an_update_may_repeat_the_uuid_but_not_change_it(
    tenant: client.Client, instance: client.Body
) -> None:
    path = f"/instances/{instance['uuid']}"
    same = tenant.put(path, {"uuid": instance["uuid"], "cpu": 8})
    assert same.status_code == 200 and same.json()["cpu"] == 8
    assert tenant.put(path, {"uuid": str(sys_uuid.uuid4())}).status_code == 400


def test_an_update_that_changes_nothing_counts_no_generation(
    tenant: client.Client, instance: client.Body
) -> None:
    path = f"/instances/{instance['uuid']}"
    assert tenant.patch(path, {}).json() == instance
    assert tenant.patch(path, {"cpu": instance["cpu"]}).json() == instance


def test_an_instance_can_move_to_another_version(
    tenant: client.Client, instance: client.Body, version: models.MailVersion
) -> None:
    newer = models.MailVersion(name=f"v-{sys_uuid.uuid4()}", image="http://x.example/y")
    newer.insert()
    uri = f"{client.BASE}/versions/{newer.uuid}"
    updated = tenant.patch(f"/instances/{instance['uuid']}", {"version": uri})
    assert updated.json()["version"] == uri
    assert updated.json()["generation"] == 2


def test_the_data_disk_grows_and_never_shrinks(
    tenant: client.Client, instance: client.Body
) -> None:
    path = f"/instances/{instance['uuid']}"
    assert tenant.patch(path, {"disk_size": 21}).status_code == 200
    refused = tenant.patch(path, {"disk_size": 20, "cpu": 16})
    assert refused.status_code == 400
    assert "cannot shrink" in refused.json()["message"]
    kept = tenant.get(path).json()
    assert (kept["disk_size"], kept["cpu"]) == (21, instance["cpu"])


def test_two_instances_may_serve_one_domain(
    tenant: client.Client, instance: client.Body, version: models.MailVersion
) -> None:
    # that is how one moves to a new server
    second = tenant.create("/instances/", client.instance_body(version.uuid))
    assert second["domain"] == instance["domain"]


def test_a_uuid_that_is_taken_is_a_neutral_conflict(
    tenant: client.Client,
    stranger: client.Client,
    instance: client.Body,
    version: models.MailVersion,
) -> None:
    body = client.instance_body(version.uuid, uuid=instance["uuid"])
    for http in (tenant, stranger):
        response = http.post("/instances/", body)
        assert response.status_code == 409
        message = response.json()["message"]
        assert message == models.MailInstance.__conflict__
        assert instance["uuid"] not in response.text


def test_deleting_an_instance_removes_accounts_and_keys_with_it(
    tenant: client.Client,
    instance: client.Body,
    account: client.Body,
    accounts: str,
    db: conftest.Connection,
) -> None:
    row = models.MailDomain.objects.get_one(filters={"uuid": instance["uuid"]})
    models.MailDKIMKey(domain=row).insert()
    path = f"/instances/{instance['uuid']}"
    response = tenant.delete(path)
    assert response.status_code == 204 and response.content == b""
    for gone in (path, accounts, f"{accounts}{account['uuid']}"):
        assert tenant.get(gone).status_code == 404
    assert tenant.delete(path).status_code == 404
    for table, column in (("mail_accounts", "instance"), ("mail_dkim_keys", "domain")):
        left = db.execute(
            f"SELECT uuid FROM {table} WHERE {column} = %s".encode(),  # noqa: S608
            (instance["uuid"],),
        )
        assert left.fetchall() == []


def test_observed_facts_show_on_the_instance(
    tenant: client.Client, instance: client.Body, engine: object
) -> None:
    row = models.MailInstance.objects.get_one(filters={"uuid": instance["uuid"]})
    row.infra_status = row.service_status = "ACTIVE"
    row.ipsv4 = ["192.0.2.1", "192.0.2.2"]
    row.applied_generation = 1
    row.dkim_selector = "platform"
    row.dkim_public_key = "v=DKIM1; k=rsa; p=x"
    row.dkim_keys = [{"selector": "platform", "record": "v=DKIM1; k=rsa; p=x"}]
    row.update()
    shown = tenant.get(f"/instances/{instance['uuid']}").json()
    assert shown == {
        **instance,
        "status": "ACTIVE",
        "ipsv4": ["192.0.2.1", "192.0.2.2"],
        "ipv4": "192.0.2.1",
        "applied_generation": 1,
        "dkim_selector": "platform",
        "dkim_public_key": "v=DKIM1; k=rsa; p=x",
        "dkim_keys": [{"selector": "platform", "record": "v=DKIM1; k=rsa; p=x"}],
    }


def test_what_builders_keep_for_themselves_is_never_shown(
    tenant: client.Client, instance: client.Body
) -> None:
    hidden = {"infra_status", "infra_reason", "service_status", "service_reason"}
    shown = tenant.get(f"/instances/{instance['uuid']}").json()
    assert not hidden & shown.keys()
    for name in hidden:
        assert tenant.get("/instances/", **{name: "NEW"}).status_code == 400
        assert tenant.get("/instances/", sort_key=name).status_code == 400
        only = tenant.get(f"/instances/{instance['uuid']}?fields={name}")
        assert only.json() == {}


def test_versions_are_listed_and_read(
    tenant: client.Client, version: models.MailVersion
) -> None:
    one = tenant.get(f"/versions/{version.uuid}").json()
    assert one["uuid"] == str(version.uuid)
    assert one["name"] == version.name
    assert one["image"] == version.image
    assert one in tenant.get("/versions/").json()
    assert tenant.get("/versions/", name=version.name).json() == [one]


def test_versions_cannot_be_written_by_rest(
    admin: client.Client, version: models.MailVersion, instance: client.Body
) -> None:
    before = admin.get("/versions/").json()
    body = {"name": "mine", "image": "http://images.example/x"}
    assert admin.post("/versions/", body).status_code == 405
    for method in ("PUT", "PATCH", "DELETE"):
        response = admin.call(method, f"/versions/{version.uuid}", json=body)
        assert response.status_code == 405
    assert admin.get("/versions/").json() == before


def test_the_root_lists_the_collections(tenant: client.Client) -> None:
    assert tenant.get("/").json() == ["instances", "versions"]


def test_the_platform_can_describe_the_api(tenant: client.Client) -> None:
    url = tenant.call("GET", "/").url.split("/v1/")[0]
    for openapi in ("3.0.3", "3.1.0"):
        response = tenant.session.get(f"{url}/specifications/{openapi}", timeout=30)
        assert response.status_code == 200, response.text
        paths = response.json()["paths"]
        assert any(path.startswith(f"{client.BASE}/instances/") for path in paths)
