# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""Two requests at the same moment, each in a worker of its own.

A third transaction holds the row that both need until both of them wait.
"""

import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest, interleaving
from tests.integration.support import client

INSTANCE = "SELECT uuid FROM mail_instances WHERE uuid = %s FOR UPDATE"
ACCOUNT = "SELECT uuid FROM mail_accounts WHERE uuid = %s FOR UPDATE"
DELETION = "DELETE FROM mail_instances WHERE uuid = %s"


def body(username: str) -> client.Body:
    return {"username": username, "password_hash": client.HASH}


def rows(db: conftest.Connection, instance: client.Body) -> int:
    """Return how many accounts the instance has, whether it exists or not."""
    row = db.execute(
        "SELECT count(*) AS rows FROM mail_accounts WHERE instance = %s",
        (instance["uuid"],),
    ).fetchone()
    assert row is not None
    return int(row["rows"])


def test_of_two_creates_of_one_account_one_wins_and_the_other_learns_nothing(
    stage: interleaving.Stage,
    tenant: client.Client,
    colleague: client.Client,
    instance: client.Body,
    accounts: str,
) -> None:
    with stage.holding(INSTANCE, instance["uuid"]):
        one = stage.start(lambda: tenant.post(accounts, body("alice")))
        other = stage.start(lambda: colleague.post(accounts, body("alice")))
    won, lost = sorted(
        (one.result(), other.result()), key=lambda answer: answer.status_code
    )
    assert (won.status_code, lost.status_code) == (201, 409)
    assert lost.json()["message"] == models.MailAccount.__conflict__
    assert tenant.get(accounts).json() == [won.json()]


def test_of_two_atomic_bulks_with_one_name_in_common_one_is_stored_whole(
    stage: interleaving.Stage,
    tenant: client.Client,
    colleague: client.Client,
    instance: client.Body,
    accounts: str,
) -> None:
    def bulk(*usernames: str) -> client.Body:
        return {"mode": "atomic", "create": [body(name) for name in usernames]}

    with stage.holding(INSTANCE, instance["uuid"]):
        one = stage.start(lambda: tenant.post(f"{accounts}bulk/", bulk("a", "b")))
        other = stage.start(lambda: colleague.post(f"{accounts}bulk/", bulk("c", "b")))
    assert sorted((one.result().status_code, other.result().status_code)) == [200, 409]
    stored = {account["username"] for account in tenant.get(accounts).json()}
    assert stored in ({"a", "b"}, {"c", "b"})
    now = tenant.get(f"/instances/{instance['uuid']}").json()
    assert now["generation"] == 2


@pytest.mark.parametrize("kind", ["single", "bulk", "patch", "delete"])
def test_a_write_that_waits_for_a_deletion_of_the_instance_finds_nothing(
    stage: interleaving.Stage,
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    account: client.Body,
    db: conftest.Connection,
    kind: str,
) -> None:
    one = f"{accounts}{account['uuid']}"
    writes: dict[str, tp.Callable[[], client.requests.Response]] = {
        "single": lambda: tenant.post(accounts, body("bob")),
        "bulk": lambda: tenant.post(f"{accounts}bulk/", {"create": [body("bob")]}),
        "patch": lambda: tenant.patch(one, {"active": False}),
        "delete": lambda: tenant.delete(one),
    }
    with stage.holding(DELETION, instance["uuid"]):
        write = stage.start(writes[kind])
    assert write.result().status_code == 404
    assert rows(db, instance) == 0


@pytest.mark.parametrize("kind", ["single", "bulk"])
def test_a_deletion_that_waits_for_a_create_takes_the_account_with_it(
    stage: interleaving.Stage,
    tenant: client.Client,
    colleague: client.Client,
    instance: client.Body,
    accounts: str,
    db: conftest.Connection,
    kind: str,
) -> None:
    path, sent = {
        "single": (accounts, body("bob")),
        "bulk": (f"{accounts}bulk/", {"create": [body("bob")]}),
    }[kind]
    with stage.holding("LOCK TABLE mail_accounts IN SHARE MODE"):
        create = stage.start(lambda: tenant.post(path, sent))
        deletion = stage.start(
            lambda: colleague.delete(f"/instances/{instance['uuid']}")
        )
    assert create.result().status_code in (200, 201)
    assert deletion.result().status_code == 204
    assert rows(db, instance) == 0


def test_a_change_of_an_account_and_a_deletion_of_its_instance_do_not_deadlock(
    stage: interleaving.Stage,
    tenant: client.Client,
    colleague: client.Client,
    instance: client.Body,
    accounts: str,
    account: client.Body,
    db: conftest.Connection,
) -> None:
    one = f"{accounts}{account['uuid']}"
    with stage.holding(ACCOUNT, account["uuid"]):
        change = stage.start(lambda: tenant.patch(one, {"active": False}))
        deletion = stage.start(
            lambda: colleague.delete(f"/instances/{instance['uuid']}")
        )
    assert change.result().status_code == 200
    assert deletion.result().status_code == 204
    assert rows(db, instance) == 0
