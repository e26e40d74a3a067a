# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What nodes see of mailboxes and logins: shown, summed up, and never a change."""

import collections.abc as abc
import datetime
import time
import typing as tp

import psycopg
import pytest

from exordos_mail.controlplane.observed import registry
from exordos_mail.protocol import messages, observations
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_app_passwords as apps
from tests.integration.controlplane.api.bulk_request import item
from tests.integration.support import client

SUM = "mailbox_usage_bytes"
NOBODY = "3f0c2a4e-5b7d-4d1e-9c38-1a2b3c4d5e6f"
YEAR = 365 * 86400
Tell = abc.Callable[[str, dict[str, tp.Any]], None]


@pytest.fixture
def tell(db: conftest.Connection, instance: client.Body) -> Tell:
    """What the gateway does with facts of the instance's node."""

    def told(kind: str, facts: observations.Facts) -> None:
        keep = registry.keeper(kind)
        assert keep is not None
        keep(db, instance["uuid"], facts)

    return told


@pytest.fixture
def box(tenant: client.Client, accounts: str) -> client.Body:
    """An account with a mailbox of which nothing is known."""
    return tenant.create(accounts, item("alice", mailbox=True))


@pytest.fixture
def path(instance: client.Body) -> str:
    return f"/instances/{instance['uuid']}"


def usage(octets: int, count: int = 1) -> dict[str, int]:
    return {"octets": octets, "messages": count}


def login(at: int, service: str = "imap", name: str = "alice@example.com") -> tp.Any:
    return {"login": name, "service": service, "at": at}


def moment(at: int) -> str:
    found = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def rest(tenant: client.Client, of: str) -> client.Body:
    answer = tenant.get(of)
    assert answer.status_code == 200
    return tp.cast(client.Body, answer.json())


def test_usage_is_shown_of_accounts_domains_and_the_instance(
    tenant: client.Client, accounts: str, path: str, box: client.Body, tell: Tell
) -> None:
    tenant.create(f"{path}/domains/", {"name": "example.net"})
    other = tenant.create(accounts, item("bob", domain="example.net", mailbox=True))
    # null, not 0: nobody knows
    assert [box[one] for one in ("usage_bytes", "usage_messages", "usage_at")] == [
        None
    ] * 3
    assert rest(tenant, path)[SUM] is None
    tell("usage", {box["uuid"]: usage(592, 2), NOBODY: usage(7)})
    tell("usage", {box["uuid"]: usage(0, 0), other["uuid"]: usage(1000)})
    tell("usage", {box["uuid"]: usage(500, 3)})
    found = rest(tenant, f"{accounts}{box['uuid']}")
    assert (found["usage_bytes"], found["usage_messages"]) == (500, 3)
    assert found["usage_at"] > box["created_at"]
    assert rest(tenant, path)[SUM] == 1500
    assert {one["name"]: one[SUM] for one in rest(tenant, f"{path}/domains/")} == {
        "example.com": 500,
        "example.net": 1000,
    }
    assert tenant.delete(f"{accounts}{other['uuid']}").status_code == 204
    assert rest(tenant, path)[SUM] == 500
    assert {one["name"]: one[SUM] for one in rest(tenant, f"{path}/domains/")} == {
        "example.com": 500,
        "example.net": 0,
    }


def test_a_mailbox_that_is_empty_is_known(
    tenant: client.Client, path: str, box: client.Body, tell: Tell
) -> None:
    tell("usage", {box["uuid"]: usage(0, 0)})
    assert rest(tenant, path)[SUM] == 0


def test_the_later_login_counts_and_none_after_now(
    tenant: client.Client, accounts: str, box: client.Body, tell: Tell
) -> None:
    now = int(time.time())
    tell("logins", {"a": login(now - 50), "b": login(now - 9, "pop3")})
    tell("logins", {"a": login(now - 90), "b": login(now + YEAR, "sieve")})
    tell("logins", {"a": login(now - 20), "b": login(now - 30)})
    # no such accounts
    others = ("bob@example.com", "alice@example.org")
    tell("logins", {one: login(now, name=one) for one in others})
    found = rest(tenant, f"{accounts}{box['uuid']}")
    assert found["last_login_imap"] == moment(now - 20)
    assert found["last_login_pop3"] == moment(now - 9)
    assert moment(now) <= found["last_login_sieve"] <= moment(int(time.time()))
    assert found["last_login_smtp"] is None


def test_what_is_observed_is_no_change(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    box: client.Body,
    tell: Tell,
    db: conftest.Connection,
) -> None:
    app = tenant.create(f"{accounts}{box['uuid']}/app_passwords/", apps.PHONE)
    tenant.create(
        f"{accounts}{box['uuid']}/app_passwords/",
        {**apps.PHONE, "name": "over", "expires_at": apps.FUTURE},
    )
    # Expired since: the next change of the app passwords leaves it out.
    db.execute("ALTER TABLE mail_app_passwords DISABLE TRIGGER USER")
    db.execute("UPDATE mail_app_passwords SET expires_at = now() WHERE name = 'over'")
    db.execute("ALTER TABLE mail_app_passwords ENABLE TRIGGER USER")
    before = apps.tags(db, instance), rest(tenant, f"/instances/{instance['uuid']}")
    account = rest(tenant, f"{accounts}{box['uuid']}")
    now = int(time.time())
    tell("usage", {box["uuid"]: usage(1)})
    tell("logins", {"a": login(now)})
    tell("app-passwords", {app["uuid"]: {"at": now}})
    after = apps.tags(db, instance), rest(tenant, f"/instances/{instance['uuid']}")
    assert after == (before[0], {**before[1], SUM: 1})
    found = rest(tenant, f"{accounts}{box['uuid']}")
    assert (found["usage_bytes"], found["updated_at"]) == (1, account["updated_at"])
    of_app = rest(tenant, f"{accounts}{box['uuid']}/app_passwords/{app['uuid']}")
    assert of_app["last_used_at"] == moment(now)
    assert of_app["updated_at"] == app["updated_at"]


def test_nodes_tell_of_their_own_instance_alone(
    tenant: client.Client,
    box: client.Body,
    accounts: str,
    version: tp.Any,
    db: conftest.Connection,
) -> None:
    app = tenant.create(f"{accounts}{box['uuid']}/app_passwords/", apps.PHONE)
    body = {**client.instance_body(version.uuid), "domain": "example.com"}
    other = tenant.create("/instances/", body)
    before = rest(tenant, f"{accounts}{box['uuid']}")
    for kind, facts in (
        ("usage", {box["uuid"]: usage(1)}),
        ("logins", {"a": login(1)}),
        ("app-passwords", {app["uuid"]: {"at": 1}}),
    ):
        keep = registry.keeper(kind)
        assert keep is not None
        keep(db, other["uuid"], facts)
    assert rest(tenant, f"{accounts}{box['uuid']}") == before
    of_app = rest(tenant, f"{accounts}{box['uuid']}/app_passwords/{app['uuid']}")
    assert of_app["last_used_at"] is None


@pytest.mark.parametrize(
    ("kind", "key", "fact"),
    [
        ("usage", NOBODY, usage(-1)),
        ("usage", NOBODY, usage(2**50 + 1)),
        ("usage", NOBODY, usage(1, 10**9 + 1)),
        ("usage", NOBODY, {"octets": 1}),
        ("usage", NOBODY, {"octets": True, "messages": 1}),
        ("usage", NOBODY, {"octets": "1", "messages": 1}),
        ("usage", NOBODY, {"octets": 1.5, "messages": 1}),
        ("usage", NOBODY, {**usage(1), "quota_bytes": 1}),
        ("usage", "alice", usage(1)),
        ("logins", "a", login(-1)),
        ("logins", "a", login(10**30)),
        ("logins", "a", login(1, "ftp")),
        ("logins", "a", login(1, name="alice")),
        ("logins", "a", login(1, name="a\0@example.com")),
        ("logins", "a", {"login": ["alice@example.com"], "service": "imap", "at": 1}),
        ("logins", "a", {"login": "a@example.com", "service": ["imap"], "at": 1}),
        ("logins", "a", {"login": "a@example.com", "service": "imap"}),
        ("app-passwords", NOBODY, {"at": -1}),
        ("app-passwords", NOBODY, {}),
        ("app-passwords", "phone", {"at": 1}),
    ],
)
def test_what_no_node_of_ours_tells_is_refused(
    tell: Tell, kind: str, key: str, fact: dict[str, tp.Any]
) -> None:
    with pytest.raises(messages.MessageError):
        tell(kind, {key: fact})


def test_nobody_sets_what_is_observed(
    tenant: client.Client, accounts: str, box: client.Body
) -> None:
    for name, value in (
        ("usage_bytes", 1),
        ("usage_at", moment(1)),
        ("last_login_imap", moment(1)),
    ):
        answer = tenant.patch(f"{accounts}{box['uuid']}", {name: value})
        assert answer.status_code in (400, 403), name
        answer = tenant.post(accounts, item("bob", **{name: value}))
        assert answer.status_code in (400, 403), name


def test_facts_and_changes_at_once_never_deadlock(
    tenant: client.Client,
    instance: client.Body,
    accounts: str,
    bulk: str,
    database_url: str,
) -> None:
    names = [f"user{number}" for number in range(30)]
    answer = tenant.post(bulk, {"create": [item(one, mailbox=True) for one in names]})
    assert answer.status_code == 200
    uuids = [one["uuid"] for one in rest(tenant, accounts)]
    keep = registry.keeper("usage")
    assert keep is not None
    with psycopg.connect(database_url) as other, other.transaction():
        keep(tp.cast(tp.Any, other), instance["uuid"], {uuids[-1]: usage(1)})
        # Who changes an account waits for the instance before it takes any row.
        with psycopg.connect(database_url) as user:
            user.execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                user.execute(
                    "SELECT FROM mail_instances WHERE uuid = %s FOR NO KEY UPDATE",
                    (instance["uuid"],),
                )
        keep(tp.cast(tp.Any, other), instance["uuid"], {uuids[0]: usage(1)})
    assert rest(tenant, f"/instances/{instance['uuid']}")[SUM] == 2
