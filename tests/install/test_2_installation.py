# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The life of the element in a cloud: installed, used, told nonsense, removed.

The tests of this module are one story: each needs what the ones above have left.
"""

import json
import pathlib
import time
import typing as tp

import pytest
import requests
import yaml

from tests.e2e import log_blocks
from tests.functional import api as api_module
from tests.functional import smtp, waiting
from tests.install import conftest, release
from tests.install import operator as operator_module
from tests.install import plugin as plugin_module
from tests.stand import host, metapaas

Operator = operator_module.Operator
Plugin = plugin_module.Plugin

# Where the platform itself keeps a password that it hands to a plugin in plain, with
# Core's own copy of a generated one. Not ours; the list is checked, so that it stays
# true (docs/guarantees.md).
PLATFORM_KEEPS = {
    "public.secret_passwords",
    "public.storage_passwords",
    "public.ua_actual_resources",
    "public.ua_target_resources",
}


@pytest.fixture(scope="module")
def plugin(operator: Operator) -> Plugin:
    """The plugin on metapaas-cp."""
    return Plugin(operator.harness)


def example_password(operator: Operator) -> str:
    """Return alice's password, which Core has made and shows its owner."""
    (found,) = operator.core("/secret/passwords/", name="example_mail_alice")
    return str(found["value"])


def example_instance(operator: Operator) -> dict[str, tp.Any] | None:
    """Return the example's row, as the database has it."""
    rows = operator.harness.sql(
        metapaas.DATABASE,
        "select row_to_json(i) from mail_instances i where name = 'example-mail'",
    )
    return json.loads(rows[0]) if rows else None


def test_the_cloud_knows_nothing_of_mail(
    operator: Operator, plugin: Plugin, api: api_module.Api
) -> None:
    assert plugin.version() is None
    assert not plugin.route_answers(api)
    assert operator.element(release.NAME) is None


def test_the_element_is_installed_by_name(
    operator: Operator,
    plugin: Plugin,
    api: api_module.Api,
    today: release.Release,
) -> None:
    operator.offer(today)
    clock = conftest.Clock()
    operator.install(release.NAME)
    seconds = clock.until("the route is live", lambda: plugin.route_answers(api))
    conftest.say(
        f"{release.NAME}: the route answered {seconds:.1f} s after the command"
    )
    operator.wait_active(release.NAME)
    states = operator.resources(release.NAME)
    assert set(states.values()) == {"ACTIVE"}
    conftest.say(f"{release.NAME} {today.version}: {len(states)} resources ACTIVE")
    assert plugin.version() == today.version
    assert plugin.applied() == len(plugin.migration_ids())


def test_the_permissions_come_with_the_element(api: api_module.Api) -> None:
    fresh = api_module.Api(api.cloud)
    (version,) = fresh.list("/versions/")
    assert version["name"] == "exim4_1"
    assert version["image"].startswith("urn:images:")
    assert fresh.list("/instances/") == []
    stranger = api_module.Api(api.cloud, token="")
    assert stranger.call("GET", "/versions/").status_code in (401, 403)


def test_the_example_serves_mail(operator: Operator) -> None:
    clock = conftest.Clock()
    operator.install(str(conftest.EXAMPLE))

    def logs_in() -> bool:
        row = example_instance(operator)
        if row is None or not row["ipv4"]:
            return False
        password = example_password(operator)
        return smtp.login_code(row["ipv4"], "alice@example.com", password) == 235

    seconds = clock.until("alice logs in by SMTP", logs_in)
    conftest.say(
        f"{conftest.EXAMPLE_NAME}: alice logged in by SMTP {seconds:.1f} s after "
        "the command"
    )
    operator.wait_active(conftest.EXAMPLE_NAME)
    states = operator.resources(conftest.EXAMPLE_NAME)
    assert set(states.values()) == {"ACTIVE"}
    conftest.say(f"{conftest.EXAMPLE_NAME}: {sorted(states.items())}")


def test_no_table_of_ours_holds_the_password(operator: Operator) -> None:
    password = example_password(operator)
    assert tables_with(operator, metapaas.DATABASE, password) == set()
    assert tables_with(operator, "exordos_core", password) == PLATFORM_KEEPS
    logs = operator.harness.logs()
    assert logs
    assert [name for name, text in logs.items() if password in text] == []


def rows_in(operator: Operator, table: str) -> int:
    """Return the number of a table's rows."""
    statement = f"select count(*) from {table}"  # noqa: S608 our own names
    return int(operator.harness.sql(metapaas.DATABASE, statement)[0])


def tables_with(operator: Operator, database: str, text: str) -> set[str]:
    """Return the tables of a database that hold a text anywhere."""
    dump = operator.harness.host(
        str(host.postgres_bin() / "pg_dump"),
        *("--host", str(operator.stand.postgres), "--username", "postgres"),
        *("--data-only", "--dbname", database),
    ).stdout
    table, found = "", set()
    for line in dump.splitlines():
        if line.startswith("COPY "):
            table = line.split()[1]
        elif text in line:
            found.add(table)
    return found


def test_a_bad_manifest_says_why_and_disturbs_nobody(
    operator: Operator, tmp_path: pathlib.Path
) -> None:
    generation = "select generation, updated_at from mail_instances order by 1, 2"
    before = operator.harness.sql(metapaas.DATABASE, generation)
    manifest = yaml.safe_load(conftest.EXAMPLE.read_text())
    # a repository takes each version of an element once
    manifest["name"], manifest["version"] = "bad_mail", f"1.0.{time.time_ns()}"
    text = json.dumps(manifest).replace("$example_mail.imports", "$bad_mail.imports")
    manifest = json.loads(text)
    resources = manifest["resources"]
    del resources["$core.secret.passwords"]
    instances = resources["$mailaas.types.mail.instances"]["example_mail"]
    instances["domain"] = "Example.COM"
    account = resources["$mailaas.types.mail.instances.$example_mail.accounts"]["alice"]
    account["password"] = "secret-of-the-bad-one"
    tenants = "$mailaas.types.mail.instances.$example_mail.tenants"
    key = resources[f"{tenants}.$shop.api_keys"]["web"]
    key["key"] = "secret-of-the-bad-one-that-is-long-enough"
    path = tmp_path / "bad_mail.yaml"
    path.write_text(yaml.safe_dump(manifest))
    operator.install(str(path))
    reasons = (
        "select value->>'status_reason' from ua_actual_resources"
        " where kind = '{}' and status = '{}'"
    )
    kind = "em_mailaas_types_mail_instances"
    for reported, status, reason in (
        (kind, "ERROR", "domain: a domain is"),
        (f"{kind}_accounts", "IN_PROGRESS", "instance: waits until it exists"),
    ):
        statement = reasons.format(reported, status)
        found = waiting.until(
            f"Core is told why {reported} is refused",
            lambda statement=statement: operator.harness.sql("exordos_core", statement),
            operator_module.ELEMENT_TIMEOUT,
        )
        assert len(found) == 1 and reason in found[0]
    states = operator.resources("bad_mail")
    assert "ACTIVE" not in states.values()
    operator.wait_active(conftest.EXAMPLE_NAME)
    operator.uninstall("bad_mail")
    # neither it nor anything since has changed the example: nothing is applied again
    assert operator.harness.sql(metapaas.DATABASE, generation) == before
    log = plugin_module.Plugin(operator.harness).log("metapaas-core-agent")
    assert [b for b in log_blocks.tracebacks(log) if not is_the_platforms_own(b)] == []
    assert "secret-of-the-bad-one" not in log


def is_the_platforms_own(block: str) -> bool:
    """Tell the one fault that the agent has with every report that it takes back.

    The answer to a DELETE is empty, which does not decrypt
    (gcl_sdk clients/http/base.py).
    """
    return "resources_delete" in block and block.endswith("InvalidTag")


def test_the_example_can_be_removed(operator: Operator) -> None:
    row = example_instance(operator)
    assert row is not None
    operator.uninstall(conftest.EXAMPLE_NAME)
    waiting.until(
        "the machine is gone",
        lambda: operator.harness.machines() == {},
        operator_module.ELEMENT_TIMEOUT,
    )
    assert not smtp.answers(row["ipv4"], smtp.SUBMISSION)
    for table in ("mail_instances", "mail_accounts", "mail_dkim_keys"):
        assert rows_in(operator, table) == 0


def test_the_element_can_be_removed(
    operator: Operator, plugin: Plugin, api: api_module.Api
) -> None:
    operator.uninstall(release.NAME)
    ours = "select count(*) from iam_permissions where name like 'exordos_mail.%'"
    waiting.until(
        "the permissions are gone",
        lambda: operator.harness.sql("exordos_core", ours) == ["0"],
        operator_module.ELEMENT_TIMEOUT,
    )
    for table in ("mail_versions", "metapaas_paas_types"):
        waiting.until(
            f"{table} is empty",
            lambda table=table: rows_in(operator, table) == 0,
            operator_module.ELEMENT_TIMEOUT,
        )
    kinds = "select distinct kind from ua_target_resources where kind like '%mail%'"
    assert operator.harness.sql("exordos_core", kinds) == []
    # What the platform leaves answers to nobody.
    answer = requests.get(
        api.url("/instances/"),
        headers={"Authorization": f"Bearer {api.cloud.token()}"},
        timeout=30,
    )
    assert answer.status_code == 403, api_module.describe(answer)
    assert plugin.version() is not None
