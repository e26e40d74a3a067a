# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A rendered configuration that exim cannot run never replaces a good one."""

import collections.abc as cabc

import pytest

from tests.e2e import harness as harness_module
from tests.e2e import watcher
from tests.functional import api as api_module
from tests.functional import resources, waiting

AGENT = "exordos-metapaas-mail-agent.service"
PACKAGES = "/opt/exordos_mail/.venv/lib/python3*/site-packages"
TEMPLATES = f"{PACKAGES}/exordos_mail/dataplane/services/exim/templates"
GOOD = "/etc/templates.good"
CONF = "/etc/exim4/exim4.conf"
#: Edits of the installed templates. `exim -bV` misses all but the first.
FAULTS = {
    "unknown-option": ("exim4.conf.j2", "1i no_such_option = true"),
    "undefined-acl": (
        "exim4.conf.j2",
        "s/^acl_smtp_rcpt .*/acl_smtp_rcpt = acl_that_is_not_there/",
    ),
    "missing-certificate": (
        "exim4.conf.j2",
        "s|^tls_certificate .*|tls_certificate = /nowhere/cert.pem|",
    ),
    "broken-lookup": (
        "exim4.conf.j2",
        "s|^PASSWD_CDB .*|PASSWD_CDB = /nowhere/passwd.cdb|",
    ),
    "open-relay": ("acl_envelope.j2", "s/^acl_rcpt:/acl_rcpt:\\n  accept/"),
    "auth-in-the-clear": (
        "exim4.conf.j2",
        "s/^auth_advertise_hosts .*/auth_advertise_hosts = */",
    ),
    "anybodys-password": (
        "acl_login.j2",
        "s/^acl_check_password:/acl_check_password:\\n  accept/",
    ),
}


@pytest.fixture
def templates(
    api: api_module.Api, instance: resources.Instance, node: harness_module.Node
) -> cabc.Iterator[str]:
    """Return the directory of the installed templates, and put it back at the end."""
    path = node.shell(f"ls -d {TEMPLATES}").strip()
    node.shell(f"rm -rf {GOOD}; cp -a {path} {GOOD}")
    yield path
    repair(node, path)
    api.wait_active(instance.uuid)


def break_(node: harness_module.Node, templates: str, fault: str) -> None:
    """Make a fault, and have the agent begin with it."""
    name, edit = FAULTS[fault]
    node.run("sed", "-i", edit, f"{templates}/{name}")
    changed = node.run("diff", "-rq", templates, GOOD, check=False)
    assert changed.returncode == 1, "the edit does not fit the template any more"
    node.run("systemctl", "restart", AGENT)


def repair(node: harness_module.Node, templates: str) -> None:
    """Put the good templates back, and have the agent begin with them."""
    node.shell(f"cp -a {GOOD}/. {templates}; systemctl restart {AGENT}")


@pytest.mark.parametrize("fault", FAULTS)
def test_old_configuration_stays_in_service_and_the_next_good_one_heals(
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    accounts: resources.Accounts,
    node: harness_module.Node,
    templates: str,
    fault: str,
) -> None:
    good = node.facts(CONF)
    with watcher.Watcher(steady) as watch:
        break_(node, templates, fault)
        broken = waiting.until(
            "the instance is ERROR",
            lambda: api.get(instance.path),
            good=lambda now: now["status"] == "ERROR",
        )
        reason = broken["status_reason"]
        assert reason and "\n" not in reason and len(reason) < 500
        assert "Traceback" not in reason
        assert node.facts(CONF) == good
        steady.wait_code(235)

        repair(node, templates)
        accounts.working()
        healed = api.wait_active(instance.uuid)
    assert not healed["status_reason"]
    assert node.facts(CONF) == good
    assert watch.refusals == []
    assert watch.worst_gap < 3
    assert watch.good > 0


def test_accounts_can_be_locked_out_while_a_configuration_is_broken(
    api: api_module.Api,
    instance: resources.Instance,
    accounts: resources.Accounts,
    node: harness_module.Node,
    templates: str,
) -> None:
    """After the repair at the latest; and the old service goes on till then."""
    account = accounts.working()
    break_(node, templates, "unknown-option")
    waiting.until(
        "the instance is ERROR",
        lambda: api.get(instance.path)["status"],
        good=lambda status: status == "ERROR",
    )
    api.update(account.path, {"active": False})
    repair(node, templates)
    account.wait_code(535)
    api.wait_active(instance.uuid)
