# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The command line logs in to the platform, and stays logged in."""

import json
import os
import pathlib
import pty
import subprocess
import typing as tp

import pytest

from tests.integration.controlplane.api.iam import CODE, PASSWORD, REFRESH, USER, Iam
from tests.integration.send.command import Cli
from tests.integration.send.service import CLIENT
from tests.integration.support import client, tokens, user_api

REALM = """
current-realm: here
realms:
  here:
    endpoint: {url}/
    current-context: mine
    contexts:
      mine: {{user: {user}, password: {password}, project_id: {project}}}
  elsewhere: {{endpoint: "http://127.0.0.1:1"}}
"""


@pytest.fixture
def iam(tenant: client.Client) -> tp.Iterator[Iam]:
    assert tenant.project is not None
    found = Iam(tenant.project)
    yield found
    found.close()


@pytest.fixture
def cli(tmp_path: pathlib.Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def add(api: user_api.UserApi, instance: client.Body) -> list[str]:
    """The command that makes a context of the instance."""
    options = ["--instance", instance["uuid"], "--metapaas-url", api.url]
    return ["contexts", "add", "prod", *options]


@pytest.fixture
def realm(iam: Iam, cli: Cli, tenant: client.Client) -> pathlib.Path:
    """Settings of the platform's own command line."""
    file = cli.home / ".exordos" / "exordosctl.yaml"
    file.parent.mkdir()
    file.touch(0o600)
    file.write_text(
        REALM.format(url=iam.url, user=USER, password=PASSWORD, project=tenant.project)
    )
    return file


def user(iam: Iam, tenant: client.Client) -> list[str]:
    project = str(tenant.project)
    return ["--url", iam.url, "--user", USER, "--project", project]


def test_user_logs_in_once(
    cli: Cli, iam: Iam, tenant: client.Client, add: list[str]
) -> None:
    iam.seconds = -60
    options = [*user(iam, tenant), "--password-file", "-"]
    # The first token is late already, so the second one is had at once.
    refused = cli.run(*add, *options, given=PASSWORD + "\n")
    assert "(401 invalid_token)" in refused.stderr
    iam.seconds = 3600
    cli.done(*add, *options, given=PASSWORD + "\n")
    assert PASSWORD not in cli.kept.read_text()
    before = list(iam.grants)
    assert cli.json("tenants", "list") == []
    assert iam.grants == before


def expire(cli: Cli) -> None:
    """Have the kept token be late."""
    kept = json.loads(cli.kept.read_text())
    kept["contexts"]["prod"]["token"] = tokens.make(expires_in=-60)
    cli.kept.write_text(json.dumps(kept))


def test_late_token_is_renewed_and_kept(
    cli: Cli, iam: Iam, tenant: client.Client, add: list[str]
) -> None:
    cli.done(*add, *user(iam, tenant), "--password-file", "-", given=PASSWORD)
    expire(cli)
    cli.done("tenants", "add", "shop")
    assert iam.grants == ["password", "refresh_token"]
    cli.done("tenants", "list")
    assert iam.grants == ["password", "refresh_token"]


def test_login_that_is_over_is_said(
    cli: Cli, iam: Iam, tenant: client.Client, add: list[str]
) -> None:
    cli.done(*add, *user(iam, tenant), "--password-file", "-", given=PASSWORD)
    expire(cli)
    iam.refreshes = False
    found = cli.fails(1, "tenants", "list")
    assert found == f"not logged in to {iam.url}: the password has to be entered"


def test_wrong_password_is_not_repeated(
    cli: Cli, iam: Iam, tenant: client.Client, add: list[str]
) -> None:
    options = [*user(iam, tenant), "--password-file", "-"]
    found = cli.run(*add, *options, given="hunter3")
    assert (found.returncode, found.stdout) == (1, "")
    assert "Not accepted. (400 invalid_grant)" in found.stderr
    assert "hunter3" not in found.stderr
    assert not cli.kept.exists()


def test_realm_of_the_platforms_command_line(
    cli: Cli, iam: Iam, realm: pathlib.Path, add: list[str]
) -> None:
    cli.done(*add)
    kept = cli.kept.read_text()
    assert PASSWORD not in kept
    assert REFRESH in kept
    expire(cli)
    iam.refreshes = False
    assert cli.json("tenants", "list") == []
    assert iam.grants == ["password", "refresh_token", "password"]


def test_password_of_another_realm_is_not_used(
    cli: Cli, iam: Iam, realm: pathlib.Path, add: list[str]
) -> None:
    cli.done(*add)
    expire(cli)
    iam.refreshes = False
    realm.write_text(realm.read_text().replace(iam.url, "http://127.0.0.1:1"))
    assert "the password has to be entered" in cli.fails(1, "tenants", "list")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--realm", "none"], "has no realm none"),
        (["--realm", "here", "--user", "ann"], "give one of"),
        (["--user", "ann"], "where is the platform?"),
        (["--url", "ftp://cloud.example.com", "--user", "ann"], "http(s)://"),
        (["--realm", "elsewhere"], "not logged in"),
        (["--ca-file", "/dev/null"], "see `keys add`"),
    ],
)
def test_options_that_do_not_fit(
    cli: Cli, realm: pathlib.Path, add: list[str], options: list[str], why: str
) -> None:
    found = cli.run(*add, *options)
    assert found.returncode in (1, 2)
    assert why in found.stderr


def test_without_the_platforms_settings(cli: Cli, add: list[str]) -> None:
    found = cli.fails(1, *add)
    assert found == "no ~/.exordos/exordosctl.yaml: give --user or --token-file"
    (cli.home / ".exordos").mkdir()
    file = cli.home / ".exordos" / "exordosctl.yaml"
    file.write_text("[")
    file.chmod(0o644)
    assert "must not be readable by others" in cli.fails(1, *add)
    file.chmod(0o600)
    assert cli.fails(1, *add).endswith("does not hold settings")


def test_second_factor_is_asked_for(
    cli: Cli, iam: Iam, tenant: client.Client, add: list[str], tmp_path: pathlib.Path
) -> None:
    iam.wants_code = True
    file = tmp_path / "password"
    file.touch(0o600)
    file.write_text(PASSWORD)
    options = [*user(iam, tenant), "--password-file", str(file)]
    # Without a terminal there is nobody to ask.
    assert cli.run(*add, *options).stderr.endswith("a one-time password is needed\n")
    ours, its = pty.openpty()
    os.write(ours, f"{CODE}\n".encode())
    found = subprocess.run(
        [*CLIENT, *add, *options],
        stdin=its,
        capture_output=True,
        text=True,
        timeout=60,
        env=cli.environment,
    )
    os.close(ours)
    os.close(its)
    assert found.returncode == 0, found.stderr
    assert cli.json("tenants", "list") == []
