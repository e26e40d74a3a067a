# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Mail of deleted accounts: kept, restored, purged."""

import typing as tp

import pytest

from exordos_mail.controlplane import mailbox_retention
from exordos_mail.controlplane.documents import collection
from exordos_mail.controlplane.documents import registry as documents
from exordos_mail.controlplane.observed import registry
from exordos_mail.protocol import messages
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_app_passwords as apps
from tests.integration.controlplane.api.bulk_request import item
from tests.integration.support import client

LATER = """
UPDATE mail_deleted_accounts SET purge_at = purge_at - make_interval(days => 3)
"""


@pytest.fixture
def path(instance: client.Body) -> str:
    return f"/instances/{instance['uuid']}"


@pytest.fixture
def deleted(path: str) -> str:
    """The path of the instance's deleted accounts."""
    return f"{path}/deleted_accounts/"


@pytest.fixture
def box(tenant: client.Client, accounts: str) -> client.Body:
    """An account with a mailbox."""
    return tenant.create(accounts, item("alice", mailbox=True, quota_bytes=1000))


def rest(tenant: client.Client, of: str) -> tp.Any:
    answer = tenant.get(of)
    assert answer.status_code == 200
    return answer.json()


def remove(tenant: client.Client, accounts: str, box: client.Body) -> None:
    assert tenant.delete(f"{accounts}{box['uuid']}").status_code == 204


def act(tenant: client.Client, deleted: str, box: client.Body, action: str) -> tp.Any:
    return tenant.post(f"{deleted}{box['uuid']}/actions/{action}/invoke", {})


def purges(db: conftest.Connection, instance: client.Body) -> dict[str, tp.Any]:
    """Return what the node is told to remove."""
    view = collection.View(db, instance["uuid"], tp.cast(tp.Any, None), stores=True)
    found = documents.digests(view)["purges"]
    texts = documents.texts(view, "purges", list(found)).texts
    assert apps.documents.digests(texts) == found
    told: dict[str, tp.Any] = {}
    for text in texts.values():
        told |= apps.json.loads(text)
    return told


def done(db: conftest.Connection, instance: client.Body, *uuids: str) -> None:
    """Have the node say that it has removed the mail."""
    keep = registry.keeper("purges")
    assert keep is not None
    keep(db, tp.cast(tp.Any, instance["uuid"]), {one: {"done": True} for one in uuids})


def test_what_was_deleted_is_restored_with_all_that_it_was(
    tenant: client.Client,
    instance: client.Body,
    path: str,
    accounts: str,
    deleted: str,
    box: client.Body,
    db: conftest.Connection,
) -> None:
    tenant.patch(f"{accounts}{box['uuid']}", {"suspended": "defer", "name": "Alice"})
    tenant.create(f"{accounts}{box['uuid']}/app_passwords/", apps.PHONE)
    alias = {"local_part": "sales", "targets": ["alice@example.com"]}
    sales = tenant.create(f"{path}/aliases/", alias)
    usage = registry.keeper("usage")
    assert usage is not None
    usage(
        db,
        tp.cast(tp.Any, instance["uuid"]),
        {box["uuid"]: {"octets": 7, "messages": 1}},
    )
    before = rest(tenant, f"{accounts}{box['uuid']}")
    told = apps.told(db, instance)["alice"]
    remove(tenant, accounts, box)
    assert rest(tenant, accounts) == []
    assert rest(tenant, path)["mailbox_usage_bytes"] == 0
    (kept,) = rest(tenant, deleted)
    assert kept["uuid"] == box["uuid"]
    assert (kept["state"], kept["usage_bytes"]) == ("kept", 7)
    assert kept["deleted_at"][:10] < kept["purge_at"][:10]
    assert "password_hash" not in kept and "account" not in kept
    assert purges(db, instance) == {}
    answer = act(tenant, deleted, box, "restore")
    assert (answer.status_code, answer.json()["state"]) == (200, "restored")
    after = rest(tenant, f"{accounts}{box['uuid']}")
    assert after == {**before, "updated_at": after["updated_at"]}
    # Revoked stays revoked.
    assert rest(tenant, f"{accounts}{box['uuid']}/app_passwords/") == []
    del told["app_passwords"]
    assert apps.told(db, instance)["alice"] == told
    assert rest(tenant, path)["mailbox_usage_bytes"] == 7
    assert (
        rest(tenant, f"{path}/aliases/{sales['uuid']}")["targets"] == alias["targets"]
    )
    assert rest(tenant, deleted) == []
    assert act(tenant, deleted, box, "restore").status_code == 404


def test_an_account_that_never_had_a_mailbox_is_gone(
    tenant: client.Client, accounts: str, deleted: str
) -> None:
    remove(tenant, accounts, tenant.create(accounts, item("relay")))
    assert rest(tenant, deleted) == []


def test_a_mailbox_that_was_taken_away_is_kept_as_well(
    tenant: client.Client, accounts: str, deleted: str, box: client.Body
) -> None:
    tenant.patch(f"{accounts}{box['uuid']}", {"mailbox": False})
    remove(tenant, accounts, box)
    assert [one["uuid"] for one in rest(tenant, deleted)] == [box["uuid"]]


def test_an_address_that_is_taken_is_not_restored(
    tenant: client.Client, path: str, accounts: str, deleted: str, box: client.Body
) -> None:
    remove(tenant, accounts, box)
    other = tenant.create(accounts, item("alice"))
    answer = act(tenant, deleted, box, "restore")
    assert answer.status_code == 409
    assert answer.json()["message"].startswith("another account has the address of")
    remove(tenant, accounts, other)
    alias = tenant.create(
        f"{path}/aliases/", {"local_part": "alice", "targets": ["bob@example.com"]}
    )
    answer = act(tenant, deleted, box, "restore")
    assert answer.status_code == 409
    assert "an alias has the address" in answer.json()["message"]
    assert tenant.delete(f"{path}/aliases/{alias['uuid']}").status_code == 204
    assert act(tenant, deleted, box, "restore").status_code == 200


def test_a_domain_that_is_gone_has_to_be_added(
    tenant: client.Client, path: str, accounts: str, deleted: str
) -> None:
    domain = tenant.create(f"{path}/domains/", {"name": "example.net"})
    box = tenant.create(accounts, item("bob", domain="example.net", mailbox=True))
    remove(tenant, accounts, box)
    assert tenant.delete(f"{path}/domains/{domain['uuid']}").status_code == 204
    answer = act(tenant, deleted, box, "restore")
    assert answer.status_code == 409
    assert answer.json()["message"].endswith("add it first")
    tenant.create(f"{path}/domains/", {"name": "example.net"})
    assert act(tenant, deleted, box, "restore").status_code == 200


def test_a_quota_that_finds_no_room_any_more_is_not_restored(
    tenant: client.Client, path: str, accounts: str, deleted: str, box: client.Body
) -> None:
    tenant.patch(path, {"mailboxes": True})
    remove(tenant, accounts, box)
    size = rest(tenant, path)["disk_size"] * 1024**3
    tenant.create(accounts, item("bob", mailbox=True, quota_bytes=size))
    answer = act(tenant, deleted, box, "restore")
    assert answer.status_code == 400
    assert "mailbox_overcommit" in answer.json()["message"]


def test_the_node_removes_what_it_is_told_and_says_so(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    deleted: str,
    box: client.Body,
    db: conftest.Connection,
) -> None:
    remove(tenant, accounts, box)
    # Nothing is purged that was not asked for.
    done(db, instance, box["uuid"])
    assert len(rest(tenant, deleted)) == 1
    answer = act(tenant, deleted, box, "purge")
    assert (answer.status_code, answer.json()["state"]) == (200, "purging")
    assert purges(db, instance) == {box["uuid"]: {"purge": True}}
    for action in ("restore", "purge"):
        answer = act(tenant, deleted, box, action)
        assert answer.status_code == 409
        assert "being removed" in answer.json()["message"]
    # A new account of this uuid would lose its mail.
    again = item("alice", mailbox=True, uuid=box["uuid"])
    answer = tenant.post(accounts, again)
    assert answer.status_code == 409
    assert "is being removed" in answer.json()["message"]
    done(db, instance, box["uuid"])
    assert rest(tenant, deleted) == []
    assert purges(db, instance) == {}
    events = db.execute(apps.EVENTS, (box["uuid"],)).fetchall()
    assert (events[-1]["resource_type"], events[-1]["action"]) == (
        "mail_deleted_account",
        "delete",
    )
    assert all("password_hash" not in (one["snapshot"] or {}) for one in events)
    assert tenant.create(accounts, again)["usage_bytes"] is None


def test_time_purges_what_was_kept_for_long_enough(
    tenant: client.Client,
    instance: client.Body,
    path: str,
    accounts: str,
    bulk: str,
    deleted: str,
    db: conftest.Connection,
) -> None:
    tenant.patch(path, {"mailbox_retention_days": 2})
    boxes = [tenant.create(accounts, item(one, mailbox=True)) for one in "abc"]
    uuids = [one["uuid"] for one in boxes]
    before = rest(tenant, path)["generation"]
    answer = tenant.post(bulk, {"delete": uuids})
    assert answer.status_code == 200
    assert rest(tenant, path)["generation"] == before + 1
    mailbox_retention.purge_due()
    assert {one["state"] for one in rest(tenant, deleted)} == {"kept"}
    # Three days later; a later setting does not reach what was deleted before.
    tenant.patch(path, {"mailbox_retention_days": 100})
    db.execute(LATER)
    before = rest(tenant, path)["generation"]
    assert mailbox_retention.purge_due(2) >= 2
    mailbox_retention.purge_due(2)
    assert purges(db, instance).keys() == set(uuids)
    assert rest(tenant, path)["generation"] == before + 2
    assert mailbox_retention.purge_due() == 0


def test_no_days_are_no_retention(
    tenant: client.Client,
    instance: client.Body,
    path: str,
    accounts: str,
    deleted: str,
    box: client.Body,
    db: conftest.Connection,
) -> None:
    tenant.patch(path, {"mailbox_retention_days": 0})
    remove(tenant, accounts, box)
    assert purges(db, instance).keys() == {box["uuid"]}
    for days in (-1, 3651, "1", None, True):
        answer = tenant.patch(path, {"mailbox_retention_days": days})
        assert answer.status_code == 400, days


def test_the_same_uuid_has_the_same_mail(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    deleted: str,
    box: client.Body,
    db: conftest.Connection,
) -> None:
    remove(tenant, accounts, box)
    tenant.create(accounts, item("ann", uuid=box["uuid"]))
    assert rest(tenant, deleted) == []
    mailbox_retention.purge_due()
    assert purges(db, instance) == {}
    # It has no mailbox now, and its mail is still there.
    remove(tenant, accounts, box)
    assert [one["username"] for one in rest(tenant, deleted)] == ["ann"]


def test_who_may_not_see_it(
    tenant: client.Client,
    stranger: client.Client,
    accounts: str,
    deleted: str,
    path: str,
    box: client.Body,
    version: tp.Any,
    db: conftest.Connection,
) -> None:
    remove(tenant, accounts, box)
    for action in ("restore", "purge"):
        assert act(stranger, deleted, box, action).status_code == 404
        other = tenant.create("/instances/", client.instance_body(version.uuid))
        elsewhere = f"/instances/{other['uuid']}/deleted_accounts/"
        assert act(tenant, elsewhere, box, action).status_code == 404
    assert tenant.delete(f"{deleted}{box['uuid']}").status_code in (404, 405)
    assert tenant.post(deleted, {"username": "x"}).status_code in (404, 405)
    act(tenant, deleted, box, "purge")
    done(db, other, box["uuid"])
    assert len(rest(tenant, deleted)) == 1
    assert tenant.delete(path).status_code == 204
    left = "SELECT FROM mail_deleted_accounts WHERE uuid = %s"
    assert db.execute(left, (box["uuid"],)).fetchall() == []


@pytest.mark.parametrize(
    ("key", "fact"), [("alice", {"done": True}), (apps.FUTURE, {}), ("", {"done": 1})]
)
def test_what_no_node_of_ours_says_of_purges(
    db: conftest.Connection, instance: client.Body, key: str, fact: tp.Any
) -> None:
    keep = registry.keeper("purges")
    assert keep is not None
    with pytest.raises(messages.MessageError):
        keep(db, tp.cast(tp.Any, instance["uuid"]), {key: fact})
