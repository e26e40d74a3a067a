# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""The command line on a mail instance: from a login to a message at its recipient."""

import collections.abc as cabc
import hashlib
import pathlib
import secrets
import ssl

import pytest

from tests.e2e import harness as harness_module
from tests.e2e import remote_hosts, send_tenants
from tests.functional import api as api_module
from tests.functional import resources, waiting
from tests.integration.send.command import Cli

_REALM = """
current-realm: stand
realms:
  stand:
    endpoint: {cloud.endpoint}
    current-context: mine
    contexts:
      mine:
        user: {cloud.username}
        password: {cloud.password}
        project_id: {cloud.project}
"""


@pytest.fixture
def cli(
    api: api_module.Api, instance: resources.Instance, tmp_path: pathlib.Path
) -> Cli:
    """Return the command line of a user who has the platform's one as well."""
    found = Cli(tmp_path)
    settings = tmp_path / ".exordos" / "exordosctl.yaml"
    settings.parent.mkdir()
    settings.touch(0o600)
    settings.write_text(_REALM.format(cloud=api.cloud))
    options = ("--instance", instance.uuid, "--metapaas-url", api.cloud.mail_url)
    # It warns that the stand has no https.
    made = found.run("contexts", "add", "stand", *options)
    assert made.returncode == 0, made.stderr
    return found


@pytest.fixture
def tenant(cli: Cli) -> cabc.Iterator[str]:
    """Return a tenant that the command line has made."""
    slug = f"shop-{secrets.token_hex(4)}"
    shown = cli.run("tenants", "add", slug)
    assert shown.returncode == 0, shown.stderr
    cli.done("contexts", "use", f"/{slug}")
    yield slug
    gone = cli.run("tenants", "remove", slug, "--force")
    assert gone.returncode == 0, gone.stderr


@pytest.fixture
def pin(
    harness: harness_module.Harness,
    instance: resources.Instance,
    tmp_path: pathlib.Path,
) -> str:
    """Return the digest of the node's certificate, as its operator reads it."""
    node = harness_module.Node(harness, instance.uuid)
    path = pathlib.Path(send_tenants.certificate(node, tmp_path))
    octets = ssl.PEM_cert_to_DER_cert(path.read_text())
    return hashlib.sha256(octets).hexdigest()


def test_from_a_login_to_the_recipient(
    harness: harness_module.Harness,
    instance: resources.Instance,
    published: None,
    cli: Cli,
    tenant: str,
    pin: str,
) -> None:
    kept = ("keys", "add", "mine", "--as-context", "stand", "--pin", pin)
    # The node's service begins with its first tenant.
    waiting.until(
        "the node takes a connection and the key is made",
        lambda: cli.run(*kept),
        good=lambda done: done.returncode == 0,
    )
    waiting.until(
        "the node knows the key",
        lambda: cli.run("messages", "list"),
        good=lambda done: done.returncode == 0,
    )
    remote = next(iter(remote_hosts.NAMES))
    recipient = f"bob-{secrets.token_hex(4)}@{remote_hosts.domain(remote)}"
    letter = cli.home / "letter.eml"
    letter.write_text(
        f"From: orders@{instance.domain}\nTo: {recipient}\n"
        "Subject: By the command line\n\nHello.\n"
    )
    message = cli.json("messages", "send", str(letter))["id"]
    headers, _ = remote_hosts.received(harness, remote, recipient)
    assert headers["subject"] == ["By the command line"]
    waiting.until(
        "the message is sent",
        lambda: cli.json("messages", "show", message)["state"],
        good=lambda state: state == "sent",
    )
    assert cli.json("queue", "stats")["sent"] == 1
    waiting.until(
        "the last event is the delivery",
        lambda: cli.done("events", "--last", "1"),
        good=lambda text: " delivered " in text,
    )
    assert " sent " in cli.done("events", "--last", "2")
    added = cli.run("suppressions", "add", recipient, "--reason", "asked")
    assert added.returncode == 0, added.stderr
    waiting.until(
        "the node knows the suppression",
        lambda: cli.json("messages", "send", "--dry-run", str(letter))["suppressed"],
        good=lambda suppressed: suppressed == [recipient],
    )
