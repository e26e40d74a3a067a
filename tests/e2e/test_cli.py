# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The platform's own command line, unchanged, against the stand."""

import collections.abc as cabc
import json
import secrets
import typing as tp

import pytest

from tests.e2e import harness as harness_module
from tests.functional import api as api_module
from tests.functional import resources


class Cli:
    """`exordos ... metapaas mail`, as a user types it."""

    def __init__(
        self, harness: harness_module.Harness, cloud: api_module.Cloud, config: str
    ) -> None:
        self.harness, self.cloud, self.config = harness, cloud, config

    def run(self, *argv: str, check: bool = True) -> harness_module.Completed:
        """Run one command of the mail group."""
        cloud = self.cloud
        return self.harness.client(
            "env",
            "NO_COLOR=1",
            "COLUMNS=400",
            "exordos",
            *("--config", self.config, "--endpoint", cloud.endpoint),
            *("--user", cloud.username, "--password", cloud.password),
            *("--project-id", cloud.project),
            "metapaas",
            *("--metapaas-endpoint", cloud.mail_url),
            "mail",
            *argv,
            check=check,
        )

    def rows(self, *argv: str) -> list[tp.Any]:
        """Return what a `list` prints as JSON."""
        return list(json.loads(self.run(*argv, "--output", "json").stdout))


@pytest.fixture
def cli(
    harness: harness_module.Harness, api: api_module.Api, tmp_path_factory: tp.Any
) -> Cli:
    """Return the command line with an empty configuration of its own."""
    config = tmp_path_factory.mktemp("exordos") / "config.yaml"
    return Cli(harness, api.cloud, str(config))


@pytest.fixture
def project_arguments(api: api_module.Api) -> tuple[str, str]:
    """Return the option that names the project."""
    return ("--project-id", api.cloud.project)


def test_versions(cli: Cli, api: api_module.Api) -> None:
    version = api.list("/versions/")[0]
    shown = cli.run("versions", "list").stdout
    assert version["uuid"] in shown
    assert version["name"] in cli.run("versions", "show", version["name"]).stdout
    assert version["name"] in cli.run("versions", "show", version["uuid"]).stdout


@pytest.fixture
def made_by_cli(
    cli: Cli, api: api_module.Api, project_arguments: tuple[str, str]
) -> cabc.Iterator[api_module.Json]:
    """Create an instance with the command line; delete it with the same."""
    tag = secrets.token_hex(4)
    version = api.list("/versions/")[0]["name"]
    cli.run(
        *("instances", "add", *project_arguments),
        *("--name", f"cli-{tag}", "--description", "by the command line"),
        *("--domain", f"cli-{tag}.example.com", "--version", version),
        *("--cpu", "1", "--ram", "1024", "--disk-size", "10"),
    )
    (instance,) = api.list("/instances/", name=f"cli-{tag}")
    try:
        yield instance
    finally:
        gone = cli.run("instances", "delete", "--yes", instance["uuid"])
        assert "deleted" in gone.stdout
        api.wait_gone(instance["uuid"])


def test_instances(cli: Cli, api: api_module.Api, made_by_cli: api_module.Json) -> None:
    uuid, name = made_by_cli["uuid"], made_by_cli["name"]
    active = api.wait_active(uuid)
    listed = cli.run("instances", "list").stdout
    for text in (uuid, name, made_by_cli["domain"], active["ipsv4"][0]):
        assert text in listed
    assert uuid in cli.run("instances", "list", "-f", f"name={name}").stdout
    assert uuid not in cli.run("instances", "list", "-f", "name=nothing").stdout
    assert uuid in cli.run("instances", "list", "--fields", "uuid").stdout
    assert active["hostname"] in cli.run("instances", "show", name).stdout
    cli.run(
        *("instances", "update", name, "--description", "changed"),
        *("--cpu", "2", "--ram", "2048", "--disk-size", "12"),
    )
    changed = api.get(f"/instances/{uuid}")
    fields = ("description", "cpu", "ram", "disk_size")
    assert [changed[field] for field in fields] == ["changed", 2, 2048, 12]
    refused = cli.run("instances", "update", name, "--disk-size", "8", check=False)
    assert refused.returncode != 0
    assert "Traceback" not in refused.stderr


def test_accounts(
    cli: Cli,
    api: api_module.Api,
    instance: resources.Instance,
    project_arguments: tuple[str, str],
) -> None:
    username = api_module.unique_username()
    first, second = resources.new_password(), resources.new_password()
    where = ("--instance-uuid", instance.uuid)
    added = cli.run(
        *("accounts", "add", *project_arguments, *where),
        *("--username", username, "--name", username, "--password", first),
    )
    assert first not in added.stdout
    (shown,) = api.list(instance.accounts, username=username)
    account = resources.Account(
        path=f"{instance.accounts}{shown['uuid']}",
        uuid=shown["uuid"],
        username=username,
        login=f"{username}@{instance.domain}",
        password=first,
        host=instance.host,
    )
    account.wait_code(235)
    assert username in cli.run("accounts", "list", *where).stdout
    assert username in cli.run("accounts", "show", username, *where).stdout
    cli.run("accounts", "update", username, *where, "--no-active")
    account.wait_code(535)
    cli.run("accounts", "update", username, *where, "--active", "--password", second)
    account.wait_code(235, second)
    assert account.code(first) == 535
    again = cli.run(
        *("accounts", "add", *project_arguments, *where),
        *("--username", username, "--password", first),
        check=False,
    )
    assert again.returncode != 0
    cli.run("accounts", "delete", "--yes", shown["uuid"], *where)
    account.wait_code(535, second)
    assert api.list(instance.accounts, username=username) == []
