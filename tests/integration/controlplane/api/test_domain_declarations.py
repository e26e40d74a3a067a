# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Domains of manifests, the primary one among them, and accounts in them."""

import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_declarations as declarations
from tests.integration.support import core_agent

key_file = declarations.key_file
passes = declarations.passes
instance = declarations.instance
changed = declarations.changed

Target = tp.Any


def new_domain(instance: Target, name: str, **more: tp.Any) -> Target:
    """Return a declared domain."""
    return core_agent.target(
        "instances.domains",
        instance=str(instance.uuid),
        project_id=str(core_agent.PROJECT),
        name=name,
        **more,
    )


@pytest.fixture
def primary(instance: Target) -> Target:
    """The primary domain, declared by the uuid of its instance."""
    uuid = str(instance.uuid)
    return new_domain(instance, "example.com", uuid=uuid, receives=True)


def settled(
    passes: core_agent.Passes, wanted: tp.Sequence[Target], declared: Target
) -> bool:
    """Tell whether Core counts an object as settled; uuids may be two kinds'."""
    for kind in passes.driver.get_capabilities():
        of_kind = [one for one in wanted if one.kind == kind]
        reported = passes._service._actualize_capability(passes.driver, kind, of_kind)
        if kind == declared.kind:
            found = {one.uuid: one.hash for one in reported}
    return found.get(declared.uuid) == declared.hash


def names(db: conftest.Connection) -> dict[str, bool]:
    """Return the domains of the only instance, and whether each receives."""
    rows = db.execute("SELECT name, receives FROM mail_domains").fetchall()
    return {row["name"]: row["receives"] for row in rows}


def test_a_domain_and_an_account_in_it_settle_in_any_order(
    passes: core_agent.Passes, db: conftest.Connection, instance: Target
) -> None:
    org = new_domain(instance, "example.org", dkim_rotation_days=90)
    account = declarations.new_account(instance, domain="example.org")
    waits = passes.run(instance, account)[account.uuid]
    assert waits.value["status"] == "IN_PROGRESS"
    assert waits.value["status_reason"] == "its parent: waits until it exists"
    wanted = (instance, org, account)
    passes.run(*wanted)
    assert settled(passes, wanted, org)
    assert settled(passes, wanted, account)
    assert names(db) == {"example.com": False, "example.org": False}
    # both are declared no more: whichever goes first, both are gone in the end
    for _ in range(2):
        passes.run(instance)
    assert names(db) == {"example.com": False}


def test_the_primary_domain_is_changed_by_its_uuid_and_stays(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    primary: Target,
) -> None:
    passes.run(instance)
    wanted = (instance, primary)
    passes.run(*wanted)
    assert settled(passes, wanted, primary)
    assert names(db) == {"example.com": True}
    passes.run(instance)
    passes.run(instance)
    assert names(db) == {"example.com": True}
    passes.run()
    assert names(db) == {}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"name": "example.com"}, "a domain of this name or uuid exists"),
        ({"name": "Example.org"}, "write example.org"),
        ({"name": "a.example", "primary": True}, "unknown field: primary"),
        ({"name": "a.example", "ownership": "proven"}, "unknown field: ownership"),
        ({"name": "a.example", "publish": "x"}, "publish: one of none"),
    ],
)
def test_a_bad_domain_says_why(
    passes: core_agent.Passes, instance: Target, value: dict[str, tp.Any], reason: str
) -> None:
    bad = new_domain(instance, **value)
    passes.run(instance)
    found = passes.run(instance, bad)[bad.uuid].value
    assert found["status"] == "ERROR"
    assert reason in found["status_reason"]


def test_a_declared_host_name_settles(
    passes: core_agent.Passes, version: models.MailVersion
) -> None:
    derived = declarations.new_instance(version)
    chosen = declarations.new_instance(version, hostname="example.com")
    bad = declarations.new_instance(version, hostname="example.net")
    for _ in range(2):
        reported = passes.run(derived, chosen, bad)
    assert declarations.settled(reported, chosen)
    assert declarations.settled(reported, derived)
    assert "hostname: a host name is" in reported[bad.uuid].value["status_reason"]
