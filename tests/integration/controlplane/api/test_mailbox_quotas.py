# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What all mailboxes may hold together, and the disk."""

from concurrent import futures
import random
import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from exordos_mail.schema import limits
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api.bulk_request import item
from tests.integration.support import client

GIB = 1024**3
DISK = 20
SUM = "mailbox_quota_sum_bytes"
TEXT = (
    "the limits of the mailboxes are {} octets together, and disk_size is 20 GiB"
    f" ({DISK * GIB} octets): lower them, let disk_size grow, or say"
    " mailbox_overcommit: true"
)


@pytest.fixture
def instance(tenant: client.Client, version: models.MailVersion) -> client.Body:
    """An instance that keeps mailboxes, on a disk of 20 GiB."""
    body = client.instance_body(version.uuid, mailboxes=True, disk_size=DISK)
    return tenant.create("/instances/", body)


@pytest.fixture
def path(instance: client.Body) -> str:
    return f"/instances/{instance['uuid']}"


def mailbox(username: str, size: int | None = None, **more: tp.Any) -> client.Body:
    """Return an account with a mailbox of so many GiB."""
    given = {} if size is None else {"quota_bytes": size * GIB}
    return item(username, mailbox=True, **given, **more)


def sum_of(tenant: client.Client, path: str) -> int | None:
    return tp.cast("int | None", tenant.get(path).json()[SUM])


def refused(answer: client.requests.Response, octets: int) -> None:
    assert answer.status_code == 400
    assert answer.json()["message"] == TEXT.format(octets)


def test_the_sum_is_that_of_all_mailboxes(
    tenant: client.Client, instance: client.Body, path: str, accounts: str, bulk: str
) -> None:
    assert instance[SUM] == 0
    tenant.create(accounts, item("relay", quota_bytes=7 * GIB))
    assert sum_of(tenant, path) == 0
    first = tenant.create(accounts, mailbox("own", 5))
    assert sum_of(tenant, path) == 5 * GIB
    other = tenant.create(accounts, mailbox("of-instance", active=False))
    assert sum_of(tenant, path) is None
    changed = tenant.patch(path, {"mailbox_quota_bytes": 2 * GIB}).json()
    assert changed[SUM] == 7 * GIB
    tenant.patch(accounts + first["uuid"], {"quota_bytes": None})
    assert sum_of(tenant, path) == 4 * GIB
    tenant.patch(accounts + first["uuid"], {"mailbox": False})
    assert sum_of(tenant, path) == 2 * GIB
    tenant.patch(accounts + first["uuid"], {"mailbox": True, "quota_bytes": 3 * GIB})
    assert sum_of(tenant, path) == 5 * GIB
    answer = tenant.post(
        bulk,
        {
            "delete": [other["uuid"]],
            "update": [{"uuid": first["uuid"], "quota_bytes": GIB}],
            "create": [mailbox("a", 4), mailbox("b"), item("c")],
        },
    )
    assert answer.json()["failed"] == 0
    assert sum_of(tenant, path) == (1 + 4 + 2) * GIB
    before = tenant.get(path).json()["generation"]
    tenant.delete(accounts + first["uuid"])
    found = tenant.get(path).json()
    assert (found[SUM], found["generation"]) == (6 * GIB, before + 1)


def test_more_than_the_disk_is_refused_at_each_door(
    tenant: client.Client, path: str, accounts: str, bulk: str
) -> None:
    made = tenant.create(accounts, mailbox("ann", DISK))
    over = (DISK + 1) * GIB
    refused(tenant.post(accounts, mailbox("bob", 1)), over)
    one = accounts + made["uuid"]
    refused(tenant.patch(one, {"quota_bytes": DISK * GIB + 1}), DISK * GIB + 1)
    for mode in ("partial", "atomic"):
        body = {"mode": mode, "create": [item("relay"), mailbox("bob", 1)]}
        refused(tenant.post(bulk, body), over)
    assert [found["username"] for found in tenant.get(accounts).json()] == ["ann"]
    tenant.create(accounts, mailbox("open"))
    refused(tenant.patch(path, {"mailbox_quota_bytes": GIB}), over)
    assert sum_of(tenant, path) is None
    # and is taken where there is room for it
    assert tenant.patch(one, {"quota_bytes": GIB}).status_code == 200
    assert tenant.patch(path, {"mailbox_quota_bytes": GIB}).json()[SUM] == 2 * GIB
    larger = {"disk_size": DISK + 1, "mailbox_quota_bytes": DISK * GIB}
    assert tenant.patch(path, larger).json()[SUM] == over


def test_who_says_so_may_promise_more_than_the_disk(
    tenant: client.Client, path: str, accounts: str
) -> None:
    over = (DISK + 5) * GIB
    assert tenant.patch(path, {"mailbox_overcommit": True}).status_code == 200
    tenant.create(accounts, mailbox("ann", DISK + 5))
    assert sum_of(tenant, path) == over
    refused(tenant.patch(path, {"mailbox_overcommit": False}), over)
    assert tenant.patch(path, {"mailboxes": False}).status_code == 200
    assert tenant.patch(path, {"mailbox_overcommit": False}).status_code == 200
    refused(tenant.patch(path, {"mailboxes": True}), over)
    both = {"mailboxes": True, "mailbox_overcommit": True}
    assert tenant.patch(path, both).json()[SUM] == over


def test_what_makes_it_less_is_never_refused(
    tenant: client.Client, path: str, accounts: str
) -> None:
    unlimited = tenant.create(accounts, mailbox("open"))
    full = tenant.create(accounts, mailbox("full", DISK))
    refused(tenant.post(accounts, mailbox("more", 1)), (DISK + 1) * GIB)
    assert tenant.delete(accounts + unlimited["uuid"]).status_code == 204
    assert sum_of(tenant, path) == DISK * GIB
    assert tenant.delete(accounts + full["uuid"]).status_code == 204
    assert sum_of(tenant, path) == 0


def test_a_sum_without_bounds_is_shown_as_the_largest_number(
    instance: client.Body,
    tenant: client.Client,
    path: str,
    db: conftest.Connection,
) -> None:
    most = {"mailbox_overcommit": True, "mailbox_quota_bytes": limits.QUOTA_BYTES_MAX}
    assert tenant.patch(path, most).status_code == 200
    fill(db, instance, 2**13 + 1, None)
    assert sum_of(tenant, path) == 2**63 - 1
    fill(db, instance, 2**13 + 1, limits.QUOTA_BYTES_MAX)
    assert sum_of(tenant, path) == 2**63 - 1
    db.execute("DELETE FROM mail_accounts WHERE instance = %s", (instance["uuid"],))
    assert sum_of(tenant, path) == 0


def test_an_instance_goes_with_its_mailboxes(
    tenant: client.Client, path: str, accounts: str
) -> None:
    tenant.create(accounts, mailbox("ann", 5))
    assert tenant.delete(path).status_code == 204


def fill(
    db: conftest.Connection, instance: client.Body, number: int, size: int | None
) -> None:
    """Make accounts with mailboxes by one statement."""
    db.execute(
        "INSERT INTO mail_accounts (uuid, project_id, instance, username, domain,"
        " password_hash, mailbox, quota_bytes, created_at, updated_at)"
        " SELECT gen_random_uuid(), %s, %s, 'u' || coalesce(%s::bigint, 0) || '-' || n,"
        " %s, %s, TRUE, %s, now(), now() FROM generate_series(1, %s) AS n",
        (
            *(instance["project_id"], instance["uuid"], size, instance["domain"]),
            *(client.HASH, size, number),
        ),
    )


def test_the_count_is_right_after_any_changes(
    tenant: client.Client,
    instance: client.Body,
    version: models.MailVersion,
    db: conftest.Connection,
) -> None:
    body = client.instance_body(version.uuid, mailbox_overcommit=True)
    both = [instance, tenant.create("/instances/", body)]
    tenant.patch(f"/instances/{instance['uuid']}", {"mailbox_overcommit": True})
    chosen = random.Random(43)  # noqa: S311 no secret
    for number, one in enumerate(both, start=1):
        fill(db, one, 20, number)
        fill(db, one, 20, None)
    for _ in range(60):
        where = chosen.choice(("TRUE", "mailbox", "NOT mailbox", "quota_bytes > 9"))
        change = chosen.choice(
            (
                "UPDATE mail_accounts SET mailbox = NOT mailbox",
                "UPDATE mail_accounts SET quota_bytes = 1 + 90 * random()",
                "UPDATE mail_accounts SET quota_bytes = NULL",
                "UPDATE mail_accounts SET description = 'x'",
                "DELETE FROM mail_accounts",
            )
        )
        some = chosen.randrange(1, 12)
        if change.startswith("DELETE"):
            some = 1
        db.execute(
            f"{change} WHERE {where} AND uuid IN (SELECT uuid FROM mail_accounts"  # noqa: S608
            " WHERE instance = ANY(%s) ORDER BY random() LIMIT %s)",
            ([one["uuid"] for one in both], some),
        )
        for one in both:
            found = db.execute(
                "SELECT mailboxes_limited_bytes AS limited,"
                " mailboxes_without_limit AS others FROM mail_instances"
                " WHERE uuid = %s",
                (one["uuid"],),
            ).fetchone()
            expected = db.execute(
                "SELECT coalesce(sum(quota_bytes), 0) AS limited,"
                " count(*) - count(quota_bytes) AS others FROM mail_accounts"
                " WHERE instance = %s AND mailbox",
                (one["uuid"],),
            ).fetchone()
            assert found == expected, change


def test_of_two_who_take_the_last_of_the_disk_at_once_one_gets_it(
    tenant: client.Client, colleague: client.Client, path: str, accounts: str
) -> None:
    with futures.ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(one.post, accounts, mailbox(f"u{number}", 12))
            for number, one in enumerate((tenant, colleague))
        ]
        answers = [one.result() for one in asked]
    assert sorted(one.status_code for one in answers) == [201, 400]
    (loser,) = [one for one in answers if one.status_code == 400]
    refused(loser, 24 * GIB)
    assert sum_of(tenant, path) == 12 * GIB
