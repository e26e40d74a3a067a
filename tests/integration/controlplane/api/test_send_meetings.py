# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Writers of tenants that meet others at the same moment.

A third transaction holds the row that both need until both of them wait.
"""

import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest, interleaving
from tests.integration.support import client

INSTANCE = "SELECT uuid FROM mail_instances WHERE uuid = %s FOR UPDATE"
DELETION = "DELETE FROM mail_instances WHERE uuid = %s"
BUCKET = "SELECT tag FROM mail_document_buckets WHERE bucket = %s FOR UPDATE"
BUCKETS = "LOCK TABLE mail_document_buckets IN SHARE MODE"
TENANTS_END = "DELETE FROM mail_send_tenants WHERE uuid = %s"


def left(db: conftest.Connection, tenant: client.Client) -> int:
    """Return how many tenants the project has, whether their instance exists or not."""
    return db.execute(
        "SELECT FROM mail_send_tenants WHERE project_id = %s", (tenant.project,)
    ).rowcount


def test_of_two_creates_of_one_slug_one_wins_and_the_other_learns_nothing(
    stage: interleaving.Stage,
    tenant: client.Client,
    colleague: client.Client,
    instance: client.Body,
    tenants: str,
) -> None:
    with stage.holding(INSTANCE, instance["uuid"]):
        one = stage.start(lambda: tenant.post(tenants, {"id": "shop"}))
        other = stage.start(lambda: colleague.post(tenants, {"id": "shop"}))
    won, lost = sorted(
        (one.result(), other.result()), key=lambda answer: answer.status_code
    )
    assert (won.status_code, lost.status_code) == (201, 409)
    assert lost.json()["message"] == models.MailSendTenant.__conflict__
    assert tenant.get(tenants).json() == [won.json()]


@pytest.mark.parametrize("what", ["instance", "tenant"])
@pytest.mark.parametrize("collection", ["tenants/", *client.TENANT_PARTS])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_write_that_waits_for_the_end_of_its_parent_finds_nothing(
    stage: interleaving.Stage,
    tenant: client.Client,
    instance: client.Body,
    shop: client.Body,
    parts: dict[str, str],
    db: conftest.Connection,
    what: str,
    collection: str,
    method: str,
) -> None:
    (path,) = (one for one in parts if one.endswith(collection))
    new = {"tenants/": {"id": "new"}, **client.TENANT_PARTS}[collection]
    if collection == "suppressions/":
        new = {"address": "new@example.net", "reason": "x"}
    if collection == "relays/":
        new = {"id": "new", "host": "a.example"}
    calls: dict[str, tp.Callable[[], client.requests.Response]] = {
        "POST": lambda: tenant.post(path, new),
        "PATCH": lambda: tenant.patch(parts[path], {"name": "x"}),
        "DELETE": lambda: tenant.delete(parts[path]),
    }
    statement, uuid = {
        "instance": (DELETION, instance["uuid"]),
        "tenant": (TENANTS_END, shop["uuid"]),
    }[what]
    with stage.holding(statement, uuid):
        write = stage.start(calls[method])
    status = write.result().status_code
    if collection == "tenants/" and what == "tenant":
        # a new one is no part of the one that goes; what goes may go twice
        assert status == {"POST": 201, "PATCH": 404, "DELETE": 204}[method]
    elif method == "DELETE" and what == "tenant":
        assert status in (204, 404)
    else:
        assert status == 404
    assert left(db, tenant) == (status == 201)


@pytest.mark.parametrize("change", ["create", "part", "patch"])
def test_an_end_of_the_instance_that_waits_for_a_write_takes_all_with_it(
    stage: interleaving.Stage,
    tenant: client.Client,
    colleague: client.Client,
    instance: client.Body,
    tenants: str,
    shop: client.Body,
    below: str,
    db: conftest.Connection,
    change: str,
) -> None:
    calls: dict[str, tp.Callable[[], client.requests.Response]] = {
        "create": lambda: tenant.post(tenants, {"id": "new"}),
        "part": lambda: tenant.post(
            f"{below}api_keys/", client.TENANT_PARTS["api_keys/"]
        ),
        "patch": lambda: tenant.patch(f"{tenants}{shop['uuid']}", {"active": False}),
    }
    with stage.holding(BUCKETS):
        write = stage.start(calls[change])
        deletion = stage.start(
            lambda: colleague.delete(f"/instances/{instance['uuid']}")
        )
    assert write.result().status_code in (200, 201)
    assert deletion.result().status_code == 204
    assert left(db, tenant) == 0


def test_a_change_below_and_the_end_of_the_instance_do_not_deadlock(
    stage: interleaving.Stage,
    tenant: client.Client,
    colleague: client.Client,
    instance: client.Body,
    shop: client.Body,
    parts: dict[str, str],
    db: conftest.Connection,
) -> None:
    (one,) = (one for path, one in parts.items() if path.endswith("suppressions/"))
    with stage.holding(BUCKET, shop["uuid"]):
        change = stage.start(lambda: tenant.patch(one, {"reason": "x"}))
        deletion = stage.start(
            lambda: colleague.delete(f"/instances/{instance['uuid']}")
        )
    assert change.result().status_code == 200
    assert deletion.result().status_code == 204
    assert left(db, tenant) == 0
