# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Aliases of manifests: the same rules as by REST."""

import typing as tp

from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_declarations as declarations
from tests.integration.controlplane.api import test_domain_declarations as domains
from tests.integration.support import core_agent

key_file = declarations.key_file
passes = declarations.passes
instance = declarations.instance

Target = tp.Any


def new_alias(instance: Target, local_part: str, *targets: str, **more: str) -> Target:
    """Return a declared alias."""
    return core_agent.target(
        "instances.aliases",
        instance=str(instance.uuid),
        project_id=str(core_agent.PROJECT),
        local_part=local_part,
        targets=list(targets),
        **more,
    )


def test_a_domain_and_an_alias_in_it_settle(
    passes: core_agent.Passes, db: conftest.Connection, instance: Target
) -> None:
    org = domains.new_domain(instance, "example.org")
    one = new_alias(instance, "*", "ann@example.com", domain="example.org")
    waits = passes.run(instance, one)[one.uuid].value
    assert waits["status_reason"] == "its parent: waits until it exists"
    wanted = (instance, org, one)
    passes.run(*wanted)
    assert domains.settled(passes, wanted, one)
    for _ in range(2):
        passes.run(instance)
    assert db.execute("SELECT FROM mail_aliases").fetchall() == []


def test_a_ring_is_refused_and_named(
    passes: core_agent.Passes, instance: Target
) -> None:
    first = new_alias(instance, "a", "b@example.com")
    second = new_alias(instance, "b", "a@example.com")
    passes.run(instance)
    found = passes.run(instance, first, second)
    (refused,) = (
        one.value for one in found.values() if one.value.get("status") == "ERROR"
    )
    assert "would come back to it: " in refused["status_reason"]
    assert "a@example.com -> " in refused["status_reason"]
