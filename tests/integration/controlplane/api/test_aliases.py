# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Aliases of an instance: what one may be, and what nodes get of it."""

import concurrent.futures
import json
import typing as tp

import pytest

from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.protocol import documents
from exordos_mail.schema import limits
from tests.integration.controlplane import conftest
from tests.integration.support import client

TAKEN = (
    "an alias of this local part in this domain, or of this uuid, exists, or the"
    " instance is gone"
)
NO_DOMAIN = "no such domain of the instance: add it first"
FORM = "local@domain in lower case"


@pytest.fixture
def aliases(instance: client.Body) -> str:
    """The path of an instance's aliases."""
    return f"/instances/{instance['uuid']}/aliases/"


@pytest.fixture
def domains(instance: client.Body) -> str:
    """The path of an instance's domains."""
    return f"/instances/{instance['uuid']}/domains/"


@pytest.fixture
def org(tenant: client.Client, domains: str) -> client.Body:
    """A second domain."""
    return tenant.create(domains, {"name": "example.org"})


def alias(local_part: str, *targets: str, **more: tp.Any) -> client.Body:
    """Return the body of an alias; its targets are in the primary domain."""
    named = [one if "@" in one else f"{one}@example.com" for one in targets]
    return {"local_part": local_part, "targets": named, **more}


def told(db: conftest.Connection, instance: client.Body) -> dict[str, tp.Any]:
    """Return the documents that a node gets, which are canonical."""
    view = collection.View(db, instance["uuid"], tp.cast(tp.Any, None))
    digests = registry.digests(view)["aliases"]
    texts = registry.texts(view, "aliases", list(digests)).texts
    assert documents.digests(texts) == digests
    found: dict[str, tp.Any] = {}
    for text in texts.values():
        found |= json.loads(text)
    assert texts == documents.spread(found)
    return found


def test_an_alias_is_made_changed_and_deleted(
    tenant: client.Client,
    instance: client.Body,
    aliases: str,
    db: conftest.Connection,
) -> None:
    made = tenant.create(aliases, alias("sales", "ann", "bob@example.net"))
    assert made == {
        "uuid": made["uuid"],
        "name": "",
        "description": "",
        "local_part": "sales",
        "domain": "example.com",
        "targets": ["ann@example.com", "bob@example.net"],
        "enabled": True,
        "send_as": False,
        "instance": f"{client.BASE}/instances/{instance['uuid']}",
        "project_id": instance["project_id"],
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }
    path = aliases + made["uuid"]
    assert tenant.get(path).json() == made
    assert tenant.get(aliases, local_part="sales").json() == [made]
    change = {"targets": ["eve@example.net"], "send_as": True, "enabled": False}
    assert tenant.patch(path, change).json() == {
        **made,
        **change,
        "updated_at": tenant.get(path).json()["updated_at"],
    }
    for fixed in ({"local_part": "info"}, {"domain": "example.org"}):
        refused = tenant.patch(path, fixed)
        assert refused.status_code == 400
        assert "it is set at creation" in refused.json()["message"]
    counted = tenant.get(f"/instances/{instance['uuid']}").json()["generation"]
    assert counted == instance["generation"] + 2
    assert tenant.delete(path).status_code == 204
    assert tenant.get(aliases).json() == []


def test_what_a_node_gets(
    tenant: client.Client,
    instance: client.Body,
    aliases: str,
    org: client.Body,
    db: conftest.Connection,
) -> None:
    tenant.create(aliases, alias("sales", "zoe", "ann", send_as=True))
    tenant.create(aliases, alias("*", "ann@example.net"))
    tenant.create(aliases, alias("off", "ann", enabled=False))
    tenant.create(aliases, alias("sales", "ann@xn--fa-hia.de", domain="example.org"))
    last = tenant.create(aliases, alias("*", "eve@example.net", domain="example.org"))
    wanted = {
        "sales": {"targets": ["zoe@example.com", "ann@example.com"], "send_as": True},
        "*": {"targets": ["ann@example.net"]},
        "sales@example.org": {"targets": ["ann@xn--fa-hia.de"]},
        "*@example.org": {"targets": ["eve@example.net"]},
    }
    assert told(db, instance) == wanted
    tenant.patch(aliases + last["uuid"], {"enabled": False})
    del wanted["*@example.org"]
    assert told(db, instance) == wanted


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({}, 400, "local_part: a value is required"),
        (alias("a"), 400, "targets: a list of 1 to 1000 texts"),
        ({"local_part": "a"}, 400, "targets: a value is required"),
        ({"local_part": "a", "targets": "b@c.example"}, 400, "a list of 1 to 1000"),
        ({"local_part": "a", "targets": None}, 400, "targets: null is not allowed"),
        ({"local_part": "a", "targets": [5]}, 400, f"targets[0]: {FORM}"),
        ({"local_part": "a", "targets": [["b@c.example"]]}, 400, f"[0]: {FORM}"),
        (alias("a", "b", "b"), 400, "targets[1]: the same as targets[0]"),
        (alias("a", "b", "B@example.com"), 400, "targets[1]: local@domain"),
        (alias("a", "b@Example.com"), 400, "; write b@example.com"),
        (alias("a", "b@faß.de"), 400, "; write b@xn--fa-hia.de"),
        (alias("a", "b@example.com."), 400, FORM),
        (alias("a", "@example.com"), 400, FORM),
        (alias("a", "b@[192.0.2.1]"), 400, FORM),
        (alias("a", "b@example.com, c@example.com"), 400, FORM),
        (alias("a", "b@example.com\n"), 400, FORM),
        (alias("a", "|cat@example.com"), 400, "begins with none of | / #"),
        (alias("a", "/srv/x@example.com"), 400, "begins with none of | / #"),
        (alias("a", "grün@example.com"), 400, "targets[0]: an address in ASCII"),
        (alias("A", "b"), 400, "local_part: a local part is 1 to 64"),
        (alias("**", "b"), 400, "local_part: a local part is 1 to 64"),
        (alias("*+x", "b"), 400, "local_part: a local part is 1 to 64"),
        (alias("a b", "b"), 400, "local_part: a local part is 1 to 64"),
        (alias("", "b"), 400, "local_part: a local part is 1 to 64"),
        (alias("a" * 65, "b"), 400, "local_part: a local part is 1 to 64"),
        (alias("a", "b", enabled="no"), 400, "enabled: true or false"),
        (alias("a", "b", send_as=1), 400, "send_as: true or false"),
        (alias("a", "b", domain="example.net"), 404, NO_DOMAIN),
        (alias("a", "b", domain="Example.com"), 400, "write example.com"),
        (alias("a", "b", document_key="x"), 400, "unknown field: document_key"),
    ],
)
def test_a_bad_alias_is_refused(
    tenant: client.Client, aliases: str, body: client.Body, status: int, text: str
) -> None:
    refused = tenant.post(aliases, body)
    assert (refused.status_code, text) == (status, text)
    assert text in refused.json()["message"]
    assert tenant.get(aliases).json() == []


def test_one_local_part_is_one_alias_of_each_domain(
    tenant: client.Client, aliases: str, org: client.Body
) -> None:
    for local_part in ("sales", "*"):
        tenant.create(aliases, alias(local_part, "ann@example.net"))
        tenant.create(
            aliases, alias(local_part, "ann@example.net", domain="example.org")
        )
        for more in ({}, {"domain": "example.com"}, {"domain": "example.org"}):
            refused = tenant.post(aliases, alias(local_part, "ann@example.net", **more))
            assert (refused.status_code, refused.json()["message"]) == (409, TAKEN)


def test_a_thousand_targets_of_any_length(
    tenant: client.Client, aliases: str, instance: client.Body, db: conftest.Connection
) -> None:
    host = ".".join(["b" * 60] * 3)
    targets = [f"{'a' * 60}{n:04}@{host}" for n in range(limits.TARGETS_MAX)]
    made = tenant.create(aliases, alias("all", *targets))
    assert tenant.get(aliases + made["uuid"]).json()["targets"] == targets
    assert told(db, instance)["all"] == {"targets": targets}
    refused = tenant.patch(
        aliases + made["uuid"], {"targets": [*targets, "a@b.example"]}
    )
    assert refused.status_code == 400
    assert "targets: a list of 1 to 1000 texts" in refused.json()["message"]
    too_long = tenant.post(aliases, {"local_part": "x", "targets": ["a" * 600_000]})
    assert too_long.status_code == 413


def test_an_instance_has_at_most_100_000_aliases(
    tenant: client.Client, instance: client.Body, aliases: str, db: conftest.Connection
) -> None:
    fill(db, instance, limits.ALIASES_MAX - 1)
    tenant.create(aliases, alias("last", "ann"))
    refused = tenant.post(aliases, alias("more", "ann"))
    assert refused.status_code == 400
    assert refused.json()["message"] == (
        f"an instance has at most {limits.ALIASES_MAX} aliases"
    )


def fill(db: conftest.Connection, instance: client.Body, count: int) -> None:
    """Add aliases as fast as the database can: without the triggers of rows."""
    with db.transaction():
        db.execute("ALTER TABLE mail_aliases DISABLE TRIGGER mail_aliases_refuse_ring")
        db.execute(
            "INSERT INTO mail_aliases (uuid, project_id, instance, local_part, targets,"
            " created_at, updated_at)"
            " SELECT gen_random_uuid(), %s, %s, 'a' || n,"
            " ARRAY['a' || (n + 1) || '@example.com'], now(), now()"
            " FROM generate_series(1, %s) AS n",
            (instance["project_id"], instance["uuid"], count),
        )
        db.execute("ALTER TABLE mail_aliases ENABLE TRIGGER mail_aliases_refuse_ring")


def test_a_domain_with_aliases_is_not_deleted(
    tenant: client.Client, aliases: str, domains: str, org: client.Body
) -> None:
    path = domains + org["uuid"]
    made = [
        tenant.create(aliases, alias(f"u{n}", "ann", domain="example.org"))
        for n in range(7)
    ]
    named = ", ".join(f"u{n}@example.org" for n in range(5))
    refused = tenant.delete(path)
    assert (refused.status_code, refused.json()["message"]) == (
        409,
        f"aliases are in this domain: {named} and 2 more; delete them first",
    )
    for one in made[1:]:
        tenant.delete(aliases + one["uuid"])
    assert tenant.delete(path).json()["message"] == (
        "aliases are in this domain: u0@example.org; delete them first"
    )
    tenant.delete(aliases + made[0]["uuid"])
    assert tenant.delete(path).status_code == 204


def test_an_instance_goes_with_its_aliases(
    tenant: client.Client,
    instance: client.Body,
    aliases: str,
    org: client.Body,
    db: conftest.Connection,
) -> None:
    for domain in ("example.com", "example.org"):
        tenant.create(aliases, alias("sales", "ann", domain=domain))
    assert tenant.delete(f"/instances/{instance['uuid']}").status_code == 204
    left = db.execute(
        "SELECT FROM mail_aliases WHERE instance = %s", (instance["uuid"],)
    )
    assert left.fetchall() == []


def test_an_alias_and_the_deletion_of_its_domain_meet(
    tenant: client.Client, colleague: client.Client, aliases: str, domains: str
) -> None:
    for number in range(8):
        name = f"d{number}.example"
        made = tenant.create(domains, {"name": name})
        with concurrent.futures.ThreadPoolExecutor() as pool:
            add = pool.submit(tenant.post, aliases, alias("a", "ann", domain=name))
            deletion = pool.submit(colleague.delete, domains + made["uuid"])
        statuses = add.result().status_code, deletion.result().status_code
        assert statuses in ((201, 409), (404, 204))


def test_the_address_is_as_long_as_smtp_can_carry(
    tenant: client.Client, aliases: str, domains: str
) -> None:
    long = ".".join(["a" * 60] * 4)
    tenant.create(domains, {"name": long})
    refused = tenant.post(aliases, alias("a" * 11, "ann", domain=long))
    assert refused.status_code == 400
    assert refused.json()["message"] == (
        "local_part: with its domain it makes an address of at most 254 characters;"
        " this one would have 255"
    )
    tenant.create(aliases, alias("a" * 10, "ann", domain=long))


def test_another_project_sees_none(
    stranger: client.Client, tenant: client.Client, aliases: str
) -> None:
    made = tenant.create(aliases, alias("sales", "ann"))
    for answer in (
        stranger.get(aliases),
        stranger.get(aliases + made["uuid"]),
        stranger.post(aliases, alias("info", "ann")),
        stranger.delete(aliases + made["uuid"]),
    ):
        assert answer.status_code == 404
