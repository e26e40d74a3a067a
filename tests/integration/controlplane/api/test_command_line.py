# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line on a mail instance: its control plane, and its node."""

import pathlib
import typing as tp

import psycopg
import pytest

from exordos_mail.controlplane import keyring
from tests.integration.controlplane.api import cloud as clouds
from tests.integration.controlplane.api.cloud import Cloud
from tests.integration.send import certificates
from tests.integration.send.command import Cli
from tests.integration.send.managed import LOGIN, Node
from tests.integration.send.proxy import Proxy
from tests.integration.send.service import Service
from tests.integration.send.sink import Sink
from tests.integration.support import client, tokens, user_api

MANY_SUPPRESSIONS = """
INSERT INTO mail_send_suppressions
    (uuid, project_id, tenant, address, reason, created_at, updated_at)
SELECT gen_random_uuid(), %s, %s, 'r' || number || '@example.net', 'many', now(), now()
FROM generate_series(1, 2501) AS number
"""


@pytest.fixture
def relay() -> tp.Iterator[Sink]:
    """The node's own SMTP server."""
    server = Sink(login=LOGIN)
    server.start()
    yield server
    server.close()


@pytest.fixture
def cloud(
    tenant: client.Client,
    instance: client.Body,
    db: psycopg.Connection[dict[str, tp.Any]],
    sealing_keys: keyring.Keyring,
    relay: Sink,
    tmp_path: pathlib.Path,
) -> tp.Iterator[Cloud]:
    pair = certificates.make(tmp_path).path
    certificate = tmp_path / "node.pem"
    text = pair.read_text()
    certificate.write_text(text[text.index("-----BEGIN CERTIFICATE") :])

    def service(*options: str) -> Service:
        data = tmp_path / "node"
        return Service(data, None, *options, authority=certificate)

    node = Node(service, relay.port, f"--tls-certificate={pair}", f"--tls-key={pair}")
    front = Proxy(node.service.port, (clouds.NODE, 443))
    try:
        node.service.start()
        front.up()
        yield Cloud(tenant, instance, db, sealing_keys, node, certificate)
    finally:
        front.down()
        node.close()


@pytest.fixture
def cli(api: user_api.UserApi, cloud: Cloud, tmp_path: pathlib.Path) -> Cli:
    """Somebody of the project at work on its instance."""
    found = Cli(tmp_path / "home")
    token = tokens.make(cloud.api.project)
    options = ["--instance", cloud.instance["uuid"], "--metapaas-url", api.url]
    options += ["--token-file", "-", "--tenant", "shop"]
    assert found.done("contexts", "add", "prod", *options, given=token) == ""
    return found


def test_tenants(cli: Cli, cloud: Cloud) -> None:
    made = cli.json("tenants", "add", "shop", "--name", "Shop", "--per-hour", "5")
    (row,) = cloud.api.get(cloud.path).json()
    assert (row["id"], row["limit_hour"]) == ("shop", 5)
    assert (made["id"], made["uuid"], made["name"]) == ("shop", row["uuid"], "Shop")
    assert (made["limit_minute"], made["limit_hour"]) == (None, 5)
    assert (made["managed"], made["url"]) == (True, None)
    changed = cli.json("tenants", "change", "shop", "--per-day", "9", "--inactive")
    assert (changed["limit_hour"], changed["limit_day"]) == (5, 9)
    assert not changed["active"]
    assert cli.json("tenants", "show", "shop") == changed
    shown = cli.done("tenants", "list").splitlines()
    assert shown[0].split() == [
        *("ID", "NAME", "ACTIVE", "LIMIT_MINUTE", "LIMIT_HOUR", "LIMIT_DAY"),
        *("CALLBACK_URL", "MANAGED"),
    ]
    assert shown[1].split()[:3] == ["shop", "Shop", "no"]
    assert "(409 " in cli.fails(1, "tenants", "add", "shop")
    assert "--force" in cli.fails(1, "tenants", "remove", "shop")
    cli.done("tenants", "remove", "shop", "--force")
    missing = cli.fails(1, "tenants", "show", "shop")
    assert missing == "no such tenant: shop (404 not_found)"


def test_webhook_of_a_tenant(cli: Cli, cloud: Cloud) -> None:
    options = ["--callback-url", "https://example.com/hook", "--callback-auth", "basic"]
    options += ["--callback-username", "ann", "--callback-secret-file", "-"]
    made = cli.done("tenants", "add", "shop", *options, given="hunter2")
    assert "hunter2" not in made
    (row,) = cloud.api.get(cloud.path).json()
    assert (row["callback_auth"], row["callback_username"]) == ("basic", "ann")


def test_relays(cli: Cli) -> None:
    cli.done("tenants", "add", "shop")
    options = ["--username", "ann", "--password-file", "-", "--per-day", "7"]
    made = cli.json(
        *("relays", "add", "a1", "--host", "mx.example.com", *options),
        given="hunter2",
    )
    assert (made["id"], made["has_password"], made["limit_day"]) == ("a1", True, 7)
    assert "password" not in made
    changed = cli.json("relays", "change", "a1", "--concurrency", "3")
    assert (changed["concurrency"], changed["limit_day"]) == (3, 7)
    assert [row["id"] for row in cli.json("relays", "list")] == ["a1"]
    refused = cli.fails(1, "relays", "add", "a2", "--host", "no host")
    assert "(400 " in refused
    cli.done("relays", "remove", "a1")
    assert cli.json("relays", "list") == []


def test_suppressions(cli: Cli) -> None:
    cli.done("tenants", "add", "shop")
    for reason in ("asked", "asked twice"):
        cli.done("suppressions", "add", "Bob@Example.net", "--reason", reason)
    expires = ["--expires", "2037-01-01T00:00:00Z"]
    cli.done("suppressions", "add", "a@example.net", "--reason", "so", *expires)
    rows = cli.json("suppressions", "list")
    found = {row["address"]: (row["reason"], row["expires_at"]) for row in rows}
    assert found["bob@example.net"] == ("asked twice", None)
    assert found["a@example.net"][1].startswith("2037-01-01T00:00:00")
    assert (
        cli.json("suppressions", "show", "BOB@example.net")["reason"] == "asked twice"
    )
    cli.done("suppressions", "remove", "bob@example.net")
    assert len(cli.json("suppressions", "list")) == 1
    assert cli.fails(1, "suppressions", "show", "no address").startswith("an address ")


def test_list_of_several_pages(
    cli: Cli, cloud: Cloud, db: psycopg.Connection[dict[str, tp.Any]]
) -> None:
    cli.done("tenants", "add", "shop")
    (row,) = cloud.api.get(cloud.path).json()
    db.execute(MANY_SUPPRESSIONS, (cloud.api.project, row["uuid"]))
    found = {one["address"] for one in cli.json("suppressions", "list")}
    assert found == {f"r{number}@example.net" for number in range(1, 2502)}


def test_key_is_kept_and_sends(cli: Cli, cloud: Cloud, relay: Sink) -> None:
    cli.done("tenants", "add", "shop")
    without = cli.fails(1, "messages", "list")
    assert without.startswith("the context prod has no key of the tenant shop: ")
    kept = ["keys", "add", "mine", "--as-context", "prod"]
    assert cli.fails(1, *kept) == (
        "the instance has no address yet: wait until it is ACTIVE"
    )
    cloud.get_address()
    untrusted = cli.fails(1, *kept)
    assert untrusted.startswith(f"the certificate of {clouds.URL} is not trusted: ")
    assert cloud.fingerprint in untrusted
    wrong = cli.fails(1, *kept, "--pin", "0" * 64)
    assert f"another certificate, of SHA-256 {cloud.fingerprint}" in wrong
    nowhere = cli.fails(2, "keys", "add", "a", "--key-file", "k", "--pin", "0" * 64)
    assert nowhere == "--ca-file and --pin are for --as-context"
    # Nothing of it has left a key behind that nobody has.
    assert cli.json("keys", "list") == []
    made = cli.done(*kept, "--pin", cloud.fingerprint)
    assert "exm_" not in made
    assert [row["name"] for row in cli.json("keys", "list")] == ["mine"]
    cloud.deliver()
    domain = cloud.instance["domain"]
    options = ["--from", f"a@{domain}", "--to", "b@example.net", "--text", "-"]
    message_id = cli.json("messages", "send", *options, given="Hello.")["id"]
    assert "Hello." in relay.wait_for(1)[0].text
    assert [row["id"] for row in cli.json("messages", "list")] == [message_id]
    assert cli.json("queue", "stats")["unfinished"] in (0, 1)
    assert "accepted" in cli.done("events", "--after", "0")
    other = cli.fails(1, "messages", "list", "--tenant", "other")
    assert "no key of the tenant other" in other
    (key_id,) = [row["id"] for row in cli.json("keys", "list")]
    cli.done("keys", "revoke", key_id)
    assert cli.json("keys", "list") == []
    cloud.deliver()
    assert "(401 " in cli.fails(1, "messages", "list")


def test_key_makes_a_context_of_its_own(cli: Cli, cloud: Cloud) -> None:
    cloud.get_address()
    cli.done("tenants", "add", "shop")
    scopes = ["--scope", "read"]
    pin = ["--pin", cloud.fingerprint]
    cli.done("keys", "add", "reporting", *scopes, "--as-context", "reader", *pin)
    cloud.deliver()
    assert cli.json("messages", "list", "--context", "reader") == []
    shown = cli.done("contexts", "list")
    assert clouds.URL in shown
    assert "exm_" not in shown
    again = cli.fails(1, "keys", "add", "b", "--as-context", "reader", *pin)
    assert again == "the context reader already exists"


def test_pin_holds_for_that_certificate_only(
    cli: Cli, cloud: Cloud, tmp_path: pathlib.Path
) -> None:
    options = ["--url", clouds.URL, "--tenant", "shop"]
    add = ["contexts", "add", "node", *options]
    cli.done(*add, "--pin", cloud.fingerprint, given="exm_key")
    assert "(401 " in cli.fails(1, "messages", "list")
    # The name in the certificate is not that of the address.
    cli.done(*add, "--ca-file", str(cloud.certificate), given="exm_key")
    assert "IP address mismatch" in cli.fails(1, "messages", "list")
    url = f"https://127.0.0.1:{cloud.node.service.port}"
    add = ["contexts", "add", "node", "--url", url]
    cli.done(*add, "--ca-file", str(cloud.certificate), given="exm_key")
    assert "(401 " in cli.fails(1, "messages", "list")
    # There is a private key in front of it, which is left out.
    other = certificates.make(cli.home).path
    cli.done(*add, "--ca-file", str(other), given="exm_key")
    assert "is not trusted" in cli.fails(1, "messages", "list")
    assert "PRIVATE" not in cli.kept.read_text()
    empty = tmp_path / "empty"
    empty.touch()
    found = cli.run(*add, "--ca-file", str(empty), given="exm_key")
    assert "holds no certificates" in found.stderr


def test_token_of_the_platform_goes_to_the_platform_only(cli: Cli) -> None:
    """Nor a key of a tenant to the control plane."""
    token = {"EXORDOS_MAIL_TOKEN": "exm_key"}
    refused = cli.fails(2, "tenants", "list", **token)
    assert refused == "the context prod has tokens of its own"
    assert cli.fails(1, "tenants", "list", "--url", clouds.URL).startswith("no token ")


def test_instance_that_is_not_there(
    cli: Cli, api: user_api.UserApi, stranger: client.Client, cloud: Cloud
) -> None:
    options = ["--instance", cloud.instance["uuid"], "--metapaas-url", api.url]
    add = ["contexts", "add", "other", *options, "--token-file", "-"]
    found = cli.run(*add, given=tokens.make(stranger.project))
    assert (found.returncode, found.stdout) == (1, "")
    assert "(404 " in found.stderr
    late = cli.run(*add, given=tokens.make(cloud.api.project, expires_in=-60))
    assert "(401 invalid_token)" in late.stderr
    assert "other" not in cli.done("contexts", "list")
