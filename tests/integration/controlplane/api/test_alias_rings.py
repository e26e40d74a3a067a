# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Aliases and what takes mail besides: no ring, and no two of one address."""

import concurrent.futures
import typing as tp

import pytest

from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_aliases
from tests.integration.support import client

aliases = test_aliases.aliases
domains = test_aliases.domains
org = test_aliases.org
alias = test_aliases.alias

Ring = tuple[str, ...]


def ring(*path: str) -> str:
    """Return what a refusal says; names are in the primary domain."""
    full = [one if "@" in one else f"{one}@example.com" for one in path]
    return (
        f"mail for {full[0]} would come back to it: {' -> '.join(full)};"
        " leave out one of these targets"
    )


def mailbox(name: str, **more: tp.Any) -> client.Body:
    return {"username": name, "password_hash": client.HASH, "mailbox": True, **more}


@pytest.mark.parametrize(
    ("there", "last", "path"),
    [
        ([], alias("a", "a"), ("a", "a")),
        ([], alias("a", "x@example.net", "a+tag"), ("a", "a+tag", "a")),
        ([], alias("*", "nobody"), ("*", "nobody", "*")),
        ([alias("b", "a")], alias("a", "b"), ("a", "b", "a")),
        ([alias("b", "a", enabled=False)], alias("a", "b"), ("a", "b", "a")),
        ([alias("b", "a+x")], alias("a", "b+y"), ("a", "b+y", "a+x", "a")),
        (
            [alias("b", "c", "z"), alias("c", "d"), alias("d", "y", "a")],
            alias("a", "x", "b"),
            ("a", "b", "c", "d", "a"),
        ),
        (
            [alias("*", "a", domain="example.org"), alias("b", "q@example.org")],
            alias("a", "b"),
            ("a", "b", "q@example.org", "a"),
        ),
        # the shortest one is named
        (
            [alias("b", "c"), alias("c", "a"), alias("d", "a")],
            alias("a", "b", "d"),
            ("a", "d", "a"),
        ),
    ],
)
def test_a_ring_is_refused_and_named(
    tenant: client.Client,
    aliases: str,
    org: client.Body,
    there: list[client.Body],
    last: client.Body,
    path: Ring,
) -> None:
    for one in there:
        tenant.create(aliases, one)
    refused = tenant.post(aliases, last)
    assert (refused.status_code, refused.json()["message"]) == (409, ring(*path))
    assert len(tenant.get(aliases).json()) == len(there)
    harmless = tenant.create(aliases, {**last, "targets": ["x@example.net"]})
    changed = tenant.patch(aliases + harmless["uuid"], {"targets": last["targets"]})
    assert (changed.status_code, changed.json()["message"]) == (409, ring(*path))
    assert tenant.get(aliases + harmless["uuid"]).json() == harmless


def test_a_long_ring_is_named_in_short(tenant: client.Client, aliases: str) -> None:
    for number in range(1, 30):
        tenant.create(aliases, alias(f"a{number}", f"a{number + 1}"))
    refused = tenant.post(aliases, alias("a30", "a1"))
    named = ring("a30", "a1", "a2", "a3", "@", "a28", "a29", "a30")
    assert refused.json()["message"] == named.replace(" @ ", " ... ")


def test_what_is_no_ring_is_taken(
    tenant: client.Client, accounts: str, aliases: str, org: client.Body
) -> None:
    tenant.create(accounts, mailbox("ann"))
    tenant.create(accounts, mailbox("bob", domain="example.org"))
    for one in (
        # a diamond
        alias("d", "x@example.net"),
        alias("b", "d"),
        alias("c", "d"),
        alias("a", "b", "c", "d"),
        # what others have is no catch-all's
        alias("*", "ann", "ann+tag", "d", "b+x", "nobody@example.net"),
        alias("*", "bob@example.org", "*@example.net", domain="example.org"),
        # the nearer one takes it
        alias("d+tag", "d"),
        alias("e", "d+tag"),
        # of one name, in another domain
        alias("sales", "sales@example.org"),
        alias("sales", "sales@example.net", domain="example.org"),
    ):
        tenant.create(aliases, one)


def test_a_ring_that_is_not_its_own_ends_nowhere(
    tenant: client.Client, accounts: str, aliases: str
) -> None:
    """A mailbox that goes may leave one behind; exim cuts it."""
    ann = tenant.create(accounts, mailbox("ann"))
    tenant.create(aliases, alias("*", "ann"))
    tenant.patch(accounts + ann["uuid"], {"mailbox": False})
    tenant.create(aliases, alias("a", "ann"))
    refused = tenant.post(aliases, alias("ann", "a"))
    assert refused.json()["message"] == ring("ann", "a", "ann")


def test_two_requests_make_no_ring_together(
    tenant: client.Client, colleague: client.Client, aliases: str
) -> None:
    for number in range(10):
        a, b = f"a{number}", f"b{number}"
        with concurrent.futures.ThreadPoolExecutor() as pool:
            first = pool.submit(tenant.post, aliases, alias(a, b))
            second = pool.submit(colleague.post, aliases, alias(b, a))
        found = sorted((first.result().status_code, second.result().status_code))
        assert found == [201, 409]


@pytest.mark.parametrize("count", [50, 51])
def test_aliases_in_a_row_have_an_end(
    tenant: client.Client, aliases: str, count: int
) -> None:
    for number in range(count, 0, -1):
        answer = tenant.post(aliases, alias(f"a{number}", f"a{number + 1}"))
    if count == 50:
        assert answer.status_code == 201
    else:
        assert answer.status_code == 400
        assert answer.json()["message"] == (
            "targets: they lead over more than 50 aliases in a row; name the last ones"
            " instead"
        )


def test_a_list_of_lists_leads_to_so_many(tenant: client.Client, aliases: str) -> None:
    lists = [f"list{number}" for number in range(11)]
    for one in lists:
        targets = [f"{one}.{n}@example.net" for n in range(1000)]
        tenant.create(aliases, alias(one, *targets))
    refused = tenant.post(aliases, alias("all", *lists))
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "targets: over other aliases they lead to more than 10000 addresses; have"
        " lists of lists lead to fewer",
    )
    tenant.create(aliases, alias("all", *lists[1:]))


def test_an_alias_and_a_mailbox_share_no_address(
    tenant: client.Client, accounts: str, aliases: str, org: client.Body
) -> None:
    for domain in ("example.com", "example.org"):
        ann = tenant.create(accounts, mailbox("ann", domain=domain))
        refused = tenant.post(aliases, alias("ann", "x@example.net", domain=domain))
        assert (refused.status_code, refused.json()["message"]) == (
            409,
            f"an account with a mailbox has the address ann@{domain}; choose another"
            " address, or take the mailbox from the account first",
        )
        tenant.patch(accounts + ann["uuid"], {"mailbox": False})
        made = tenant.create(aliases, alias("ann", "x@example.net", domain=domain))
        taken = (
            f"an alias has the address ann@{domain}, so an account of this address has"
            " no mailbox; delete the alias first"
        )
        refused = tenant.patch(accounts + ann["uuid"], {"mailbox": True})
        assert (refused.status_code, refused.json()["message"]) == (409, taken)
        tenant.delete(accounts + ann["uuid"])
        refused = tenant.post(accounts, mailbox("ann", domain=domain))
        assert (refused.status_code, refused.json()["message"]) == (409, taken)
        tenant.create(accounts, mailbox("ann", domain=domain, mailbox=False))
        tenant.delete(aliases + made["uuid"])


def test_an_alias_and_a_mailbox_of_its_address_meet(
    tenant: client.Client, colleague: client.Client, accounts: str, aliases: str
) -> None:
    for number in range(10):
        name = f"u{number}"
        with concurrent.futures.ThreadPoolExecutor() as pool:
            first = pool.submit(tenant.post, aliases, alias(name, "x@example.net"))
            second = pool.submit(colleague.post, accounts, mailbox(name))
        found = sorted((first.result().status_code, second.result().status_code))
        assert found == [201, 409]


def test_a_bulk_of_accounts_leaves_out_who_has_an_aliass_address(
    tenant: client.Client,
    accounts: str,
    bulk: str,
    aliases: str,
    db: conftest.Connection,
) -> None:
    for name in ("ann", "bob"):
        tenant.create(aliases, alias(name, "x@example.net"))
    bob = tenant.create(accounts, mailbox("bob", mailbox=False))
    eve = tenant.create(accounts, mailbox("eve", mailbox=False))
    body = {
        "create": [mailbox("ann"), mailbox("zoe"), mailbox("ann", mailbox=False)],
        "update": [{"uuid": one["uuid"], "mailbox": True} for one in (bob, eve)],
    }
    found = tenant.post(bulk, body).json()
    assert [one["status"] for one in found["create"]] == [409, 201, 201]
    assert [one["status"] for one in found["update"]] == [409, 200]
    text = (
        "an alias has this address, so an account of it has no mailbox; delete the"
        " alias first"
    )
    assert found["create"][0]["error"] == found["update"][0]["error"] == text
    refused = tenant.post(bulk, {**body, "mode": "atomic", "create": [mailbox("x")]})
    assert refused.status_code == 409
    assert {one["username"] for one in tenant.get(accounts, mailbox="true").json()} == {
        "eve",
        "zoe",
    }
