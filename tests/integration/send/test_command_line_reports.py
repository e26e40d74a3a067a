# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line on webhooks, storages and the command log."""

import pathlib

import pytest

from tests.integration.send import command, hooks
from tests.integration.send.command import Cli
from tests.integration.send.receiver import Receiver, Reply
from tests.integration.send.service import Client, Service

hooked = hooks.hooked
tenant = hooks.tenant
cli = command.cli


@pytest.fixture
def service(hooked: Service) -> Service:
    """The one that the tenants with a webhook are of."""
    return hooked


def test_webhook_is_switched_off_and_on(
    cli: Cli, tenant: Client, receiver: Receiver
) -> None:
    assert cli.done("webhook", "disable") == "the webhook is disabled\n"
    tenant.wait(tenant.send(), "sent")
    shown = cli.json("webhook", "show")
    assert (shown["state"], shown["waiting"]) == ("disabled", 2)
    assert cli.done("webhook", "enable") == "the webhook is active\n"
    hooks.until_caught_up(tenant, 2)
    assert receiver.seqs == [1, 2]


def test_webhook_is_replayed(cli: Cli, tenant: Client, receiver: Receiver) -> None:
    tenant.wait(tenant.send(), "sent")
    hooks.until_caught_up(tenant, 2)
    cli.done("webhook", "disable")
    since = tenant.get("/v1/events")["events"][1]["at"]
    shown = cli.done("webhook", "replay", "--since", since)
    assert shown == "1 events wait for the webhook\n"
    assert cli.json("webhook", "replay", "--from", "1")["waiting"] == 2
    assert cli.fails(2, "webhook", "replay") == "give --since or --from"
    found = cli.fails(1, "webhook", "replay", "--since", "yesterday")
    assert "from_time: " in found


def test_webhook_is_tried(cli: Cli, receiver: Receiver) -> None:
    assert cli.done("webhook", "test") == "accepted\n"
    receiver.do(Reply(500))
    assert cli.fails(1, "webhook", "test") == "not accepted: the receiver answered 500"


def test_storages(cli: Cli, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"base_path": "/srv/files/acme"}')
    options = ["--protocol", "local", "--config", str(file)]
    shown = cli.done("storages", "add", "files", *options)
    # A storage's configuration is as good as a password.
    assert "/srv/files" not in shown
    again = cli.fails(1, "storages", "add", "files", *options)
    assert again == "the storage files already exists"
    given = '{"base_path": "/srv/files/acme/invoices"}'
    changed = cli.json("storages", "change", "files", "--config", "-", given=given)
    assert changed["protocol"] == "local"
    assert cli.json("storages", "show", "files") == changed
    rows = cli.json("storages", "list")
    assert [row["name"] for row in rows] == ["files"]
    file.write_text('{"base_path": "/etc"}')
    refused = cli.fails(1, "storages", "add", "etc", *options)
    assert refused.endswith("base_path is in no directory that the operator allows")
    cli.done("storages", "remove", "files")
    missing = cli.fails(1, "storages", "show", "files")
    assert missing == "no such storage (404 not_found)"


def test_command_log(cli: Cli, tenant: Client) -> None:
    cli.done("suppressions", "add", "bob@example.net", "--reason", "asked")
    cli.done("webhook", "test")
    rows = cli.json("commands", "list")
    assert {row["tenant"] for row in rows} == {tenant.tenant}
    assert [row["path"].partition("?")[0] for row in rows][-2:] == [
        "/v1/suppressions/bob@example.net",
        "/v1/webhook/test",
    ]
    only = cli.json("commands", "list", "--method", "PUT", "--since", rows[-2]["at"])
    assert only == [rows[-2]]
    assert cli.json("commands", "list", "--limit", "1") == rows[:1]
    shown = cli.json("commands", "show", only[0]["id"])
    assert shown["request"] == {"reason": "asked"}
    assert cli.done("commands", "purge", "--older-than", "3600") == "removed 0\n"


@pytest.mark.parametrize("arguments", [["list"], ["show", "x"]])
def test_command_log_is_the_admins(
    cli: Cli, service: Service, tenant: Client, arguments: list[str]
) -> None:
    made = tenant.done(tenant.post("/v1/keys", {"name": "k", "scopes": ["manage"]}))
    token = {"EXORDOS_MAIL_TOKEN": made["key"]}
    found = cli.fails(1, "commands", *arguments, **token)
    assert found.startswith("only the admin token may do this (403")
