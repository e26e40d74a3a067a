# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line on what only the control plane has: instances, accounts, …"""

import json
import pathlib
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.send.command import Cli
from tests.integration.support import client, tokens, user_api

SIZE = ["--cpu", "1", "--ram", "1024", "--disk-size", "10"]
Adds = tp.Callable[..., Cli]


@pytest.fixture
def adds(api: user_api.UserApi, tenant: client.Client, tmp_path: pathlib.Path) -> Adds:
    """Makes the current context of somebody of the project."""

    def add(*options: str) -> Cli:
        found = Cli(tmp_path / "home")
        token = tokens.make(tenant.project)
        more = ["--metapaas-url", api.url, "--token-file", "-", *options]
        assert found.done("contexts", "add", "cloud", *more, given=token) == ""
        return found

    return add


@pytest.fixture
def cli(adds: Adds) -> Cli:
    """The same at work on the platform."""
    return adds("--platform")


def test_instances(
    cli: Cli, tenant: client.Client, version: models.MailVersion
) -> None:
    domain = f"{sys_uuid.uuid4().hex[:12]}.example"
    given = ["--name", "Mail", "--version", version.name, *SIZE]
    made = cli.json("instances", "add", domain, *given)
    (row,) = tenant.get("/instances/").json()
    assert (row["uuid"], row["domain"], row["ram"]) == (made["uuid"], domain, 1024)
    assert row["version"].endswith(str(version.uuid))
    head, line = cli.done("instances", "list").splitlines()
    assert head.split() == ["UUID", "NAME", "DOMAIN", "STATUS", "IPV4"]
    assert line.split()[:3] == [made["uuid"], "Mail", domain]
    for name in (domain, made["uuid"]):
        assert cli.json("instances", "show", name)["uuid"] == made["uuid"]
    assert cli.json("instances", "change", domain, "--cpu", "2")["cpu"] == 2
    cli.done("instances", "add", domain, *given)
    both = cli.fails(1, "instances", "remove", domain)
    assert both == f"2 instances have the domain {domain}: give a uuid"
    refused = cli.fails(1, "instances", "remove", made["uuid"])
    assert f"with the instance {domain} go all its accounts" in refused
    assert "give --force" in refused
    cli.done("instances", "remove", made["uuid"], "--force")
    assert cli.json("instances", "show", domain)["uuid"] != made["uuid"]
    gone = "no such instance: other.example (404 not_found)"
    assert cli.fails(1, "instances", "show", "other.example") == gone


def test_version_is_named_or_numbered(cli: Cli, version: models.MailVersion) -> None:
    rows = {row["uuid"]: row["name"] for row in cli.json("versions", "list")}
    assert rows[str(version.uuid)] == version.name
    shown = cli.json("versions", "show", str(version.uuid))
    assert shown == cli.json("versions", "show", version.name)
    given = ["instances", "add", "a.example", "--name", "A", *SIZE, "--version"]
    assert cli.fails(1, *given, "none") == "no such version: none (404 not_found)"
    missing = cli.fails(2, *given[:-1])
    assert missing == "Missing option '--version'."


def test_accounts(cli: Cli, instance: client.Body) -> None:
    of_instance = ["--instance", instance["uuid"]]
    password = ["--password-file", "-"]
    add = ["accounts", "add", "ann", *of_instance, *password]
    made = cli.json(*add, given="correct horse")
    assert (made["username"], made["active"]) == ("ann", True)
    assert "correct horse" not in str(made)
    assert {name for name in made if "password" in name} == {"main_password_for_mail"}
    change = ["accounts", "change", "ann", *of_instance]
    assert not cli.json(*change, "--inactive")["active"]
    assert not cli.json(*change, *password, given="another horse")["active"]
    assert [row["uuid"] for row in cli.json("accounts", "list", *of_instance)] == [
        made["uuid"]
    ]
    # Who names nothing gets nothing, also where there is only one.
    gone = "no such account: {} (404 not_found)"
    assert cli.fails(1, "accounts", "remove", "", *of_instance) == gone.format("")
    shown = cli.json("accounts", "show", made["uuid"].upper(), *of_instance)
    assert shown["username"] == "ann"
    cli.done("accounts", "remove", made["uuid"], "--force", *of_instance)
    assert cli.json("accounts", "list", *of_instance) == []
    assert cli.fails(1, "accounts", "show", "ann", *of_instance) == gone.format("ann")
    refused = cli.run("accounts", "add", "a b", *of_instance, *password, given="x" * 9)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "(400 " in refused.stderr


def test_an_instance_has_to_be_selected(cli: Cli, instance: client.Body) -> None:
    text = "no instance selected: use --instance UUID"
    assert cli.fails(1, "accounts", "list") == text
    assert cli.fails(1, "tenants", "list") == text
    chosen = {"EXORDOS_MAIL_INSTANCE": instance["uuid"]}
    assert cli.run("accounts", "list", "--json", **chosen).stdout == "[]\n"


def test_a_context_of_an_instance_is_of_no_other(
    adds: Adds, instance: client.Body
) -> None:
    cli = adds("--instance", instance["uuid"])
    assert cli.json("accounts", "list") == []
    other = cli.fails(1, "accounts", "list", "--instance", str(sys_uuid.uuid4()))
    assert other == f"the context cloud is of the instance {instance['uuid']}"


def test_a_send_service_has_no_instances(cli: Cli) -> None:
    at = ["--url", "http://127.0.0.1:9", "--token-file", "-"]
    found = cli.run("instances", "list", *at, given="exa_token")
    assert found.returncode == 1
    assert "a send service has no instances" in found.stderr
    instance = ["--instance", str(sys_uuid.uuid4())]
    found = cli.run("tenants", "list", *at, *instance, given="exa_token")
    assert found.returncode == 2
    assert "is of a send service" in found.stderr


def test_domains_by_any_form_of_their_name(cli: Cli, instance: client.Body) -> None:
    of_instance = ["--instance", instance["uuid"]]
    made = cli.json("domains", "add", "xn--fa-hia.example", "--receives", *of_instance)
    assert (made["unicode_name"], made["receives"]) == ("faß.example", True)
    for name in ("faß.example", "XN--FA-HIA.example.", made["uuid"]):
        shown = cli.json("domains", "show", name, *of_instance)
        assert shown["uuid"] == made["uuid"]
    asked = cli.json("domains", "check", "faß.example", *of_instance)
    assert asked["check_asked_at"] is not None
    names = {one["name"] for one in cli.json("domains", "list", *of_instance)}
    assert names == {instance["domain"], "xn--fa-hia.example"}


def test_an_account_by_its_address(cli: Cli, instance: client.Body) -> None:
    of_instance = ["--instance", instance["uuid"]]
    cli.json("domains", "add", "xn--fa-hia.example", *of_instance)
    hashed = ["--password-hash-file", "-"]
    for name in ("ann", "ann@faß.example"):
        cli.json(
            "accounts", "add", name, *hashed, *of_instance, given=client.HASH + "\n"
        )
    both = cli.fails(1, "accounts", "show", "ann", *of_instance)
    assert both == "2 accounts have the username ann: give a uuid"
    for name, domain in (
        ("ann@example.com", "example.com"),
        ("ann@faß.example", "xn--fa-hia.example"),
    ):
        assert cli.json("accounts", "show", name, *of_instance)["domain"] == domain
    cli.done("accounts", "remove", "ann@faß.example", "--force", *of_instance)
    assert cli.json("accounts", "show", "ann", *of_instance)["domain"] == "example.com"


def test_an_alias_by_its_address(cli: Cli, instance: client.Body) -> None:
    of_instance = ["--instance", instance["uuid"]]
    cli.json("domains", "add", "xn--fa-hia.example", *of_instance)
    to_two = ["--target", "ann@example.com", "--target", "bob@example.net"]
    for name in ("sales", "*@faß.example"):
        made = cli.json("aliases", "add", name, *to_two, *of_instance)
        assert made["targets"] == ["ann@example.com", "bob@example.net"]
        for known in (name, made["uuid"]):
            assert cli.json("aliases", "show", known, *of_instance) == made
    assert made["domain"] == "xn--fa-hia.example"
    change = ["--target", "eve@example.net", "--no-enabled", "--send-as"]
    changed = cli.json("aliases", "change", "sales", *change, *of_instance)
    assert (changed["targets"], changed["enabled"], changed["send_as"]) == (
        ["eve@example.net"],
        False,
        True,
    )
    cli.done("aliases", "remove", "*@faß.example", *of_instance)
    (left,) = cli.json("aliases", "list", *of_instance)
    assert left["uuid"] == changed["uuid"]
    missing = cli.fails(2, "aliases", "add", "info", *of_instance)
    assert missing == "Missing option '--target'."


def test_check_of_an_instance(cli: Cli, instance: client.Body) -> None:
    """Nobody listens at this address of the loopback."""
    host = instance["hostname"]
    nowhere = f"the host name {host} has no address here: publish an A record {host}"
    assert cli.fails(1, "check", instance["uuid"]).startswith(nowhere)
    found = cli.run("check", instance["uuid"], "--address", "127.44.0.46")
    assert found.returncode == 1
    assert found.stderr == f"exordos-mail: 3 of 3 ports of {host} failed\n"
    ports = [line.split()[0] for line in found.stdout.splitlines()]
    assert ports == ["PORT", "25", "465", "587"]
    assert found.stdout.count("no connection to 127.44.0.46: Connection refused") == 3
    cli.json("instances", "change", instance["uuid"], "--mailboxes")
    found = cli.run("check", instance["uuid"], "--address", "127.44.0.46", "--json")
    rows = json.loads(found.stdout)
    assert [row["port"] for row in rows] == [25, 465, 587, 143, 993, 110, 995, 4190]
    assert {row["state"] for row in rows} == {"failed"}
