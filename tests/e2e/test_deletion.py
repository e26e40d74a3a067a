# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Deleting an instance removes its secrets, its machine and every row of it."""

import uuid

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import resources, waiting

#: Tables of the platform in MetaPaaS's database, and of the plugin.
PLATFORM_TABLES = (
    "ua_target_resources",
    "ua_actual_resources",
    "ua_agents",
    "ua_node_encryption_keys",
)
PLUGIN_TABLES = ("mail_instances", "mail_accounts", "mail_dkim_keys")
SECRETS = (
    "find /etc/exim4/passwd /etc/exim4/lookups /etc/exim4/dkim /etc/exim4/tls"
    " /var/lib/exordos/exordos_metapaas/mail -type f 2>/dev/null || true;"
    " grep -rlE '[$]6[$]|PRIVATE KEY' /etc/exim4 /var/lib/exordos/exordos_metapaas"
    " /run/exordos_mail 2>/dev/null || true"
)


def rows_that_hold(harness: harness_module.Harness, words: set[str]) -> list[str]:
    """Return the rows of all tables in which one of the words stands."""
    pattern = "|".join(sorted(words))
    found = []
    for table in (*PLATFORM_TABLES, *PLUGIN_TABLES):
        # every name and word in it is ours
        rows = f"select '{table}', t::text from {table} t"  # noqa: S608
        query = f"{rows} where t::text ~ '{pattern}'"
        found += harness.sql("metapaas", query)
    return found


def identities(
    harness: harness_module.Harness, api: api_module.Api, instance: resources.Instance
) -> set[str]:
    """Return every uuid by which the instance, its node and agent are known."""
    (node,) = (
        machine
        for machine, entry in harness.machines().items()
        if instance.uuid in entry["machine"]["name"]
    )
    return {instance.uuid, node, str(uuid.uuid5(uuid.UUID(node), "mailaas"))}


def test_nothing_is_left_of_a_deleted_instance(
    harness: harness_module.Harness, api: api_module.Api
) -> None:
    machines_before = set(harness.machines())
    with resources.own_instance(api) as instance:
        maker = resources.Accounts(api, instance)
        account = maker.working()
        known = identities(harness, api, instance)
        known |= {account.uuid, instance.domain}
        assert rows_that_hold(harness, known)
    waiting.until(
        "no row of the instance is left",
        lambda: rows_that_hold(harness, known),
        good=lambda rows: not rows,
    )
    waiting.until(
        "its machine is gone",
        lambda: set(harness.machines()) - machines_before,
        good=lambda more: not more,
    )


def test_secrets_are_withdrawn_before_the_machine_goes(
    harness: harness_module.Harness, api: api_module.Api
) -> None:
    """The hypervisor is held, so that the machine can be looked into to the end."""
    with resources.own_instance(api) as instance:
        resources.Accounts(api, instance).working()
        (machine,) = identities(harness, api, instance) & set(harness.machines())
        inside = harness_module.Node(harness, machine)
        assert inside.shell(SECRETS)
        with harness.frozen("hypervisor"):
            api.delete(instance.path)
            waiting.until(
                "Core lets the machine go",
                harness.machines,
                timeout=waiting.INSTANCE_TIMEOUT,
                good=lambda machines: machine not in machines,
            )
            assert inside.shell(SECRETS) == ""
            running = inside.unit_property("exim4.service", "MainPID")
            assert running == "0"


def test_node_that_does_not_confirm_does_not_keep_the_instance_for_ever(
    harness: harness_module.Harness, api: api_module.Api
) -> None:
    with resources.own_instance(api) as instance:
        node = harness_module.Node(harness, instance.uuid)
        known = identities(harness, api, instance)
        node.run("systemctl", "stop", "exordos-metapaas-mail-agent.service")
        api.delete(instance.path)
    waiting.until(
        "no row of the instance is left",
        lambda: rows_that_hold(harness, known),
        timeout=waiting.INSTANCE_TIMEOUT,
        good=lambda rows: not rows,
    )
    assert not known & set(harness.machines())


def test_deletion_while_the_node_is_off(
    harness: harness_module.Harness, api: api_module.Api
) -> None:
    with resources.own_instance(api) as instance:
        known = identities(harness, api, instance)
        harness_module.Node(harness, instance.uuid).power("off")
        api.delete(instance.path)
    waiting.until(
        "no row of the instance is left",
        lambda: rows_that_hold(harness, known),
        timeout=waiting.INSTANCE_TIMEOUT,
        good=lambda rows: not rows,
    )
