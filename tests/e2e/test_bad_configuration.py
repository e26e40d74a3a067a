#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""A rendered configuration that exim cannot run never replaces a good one."""

import collections.abc as cabc

import pytest

from tests.e2e import harness as harness_module
from tests.e2e import watcher
from tests.functional import api as api_module
from tests.functional import resources, waiting

AGENT = "exordos-metapaas-mail-agent.service"
TEMPLATE = (
    "/opt/exordos_mail/.venv/lib/python3*/site-packages"
    "/exordos_mail/dataplane/templates/exim4.conf.j2"
)
CONF = "/etc/exim4/exim4.conf"
#: Edits of the installed template. `exim -bV` misses all but the first.
FAULTS = {
    "unknown-option": "1i no_such_option = true",
    "undefined-acl": "s/^acl_smtp_rcpt .*/acl_smtp_rcpt = acl_that_is_not_there/",
    "missing-certificate": "s|^tls_certificate .*|tls_certificate = /nowhere/cert.pem|",
    "broken-lookup": "s|^PASSWD_CDB .*|PASSWD_CDB = /nowhere/passwd.cdb|",
    "open-relay": "s/^acl_rcpt:/acl_rcpt:\\n  accept/",
    "auth-in-the-clear": "s/^auth_advertise_hosts .*/auth_advertise_hosts = */",
    "anybodys-password": ("s/^acl_check_password:/acl_check_password:\\n  accept/"),
}


@pytest.fixture
def template(
    api: api_module.Api, instance: resources.Instance, node: harness_module.Node
) -> cabc.Iterator[str]:
    """Return the path of the installed template, and put it back at the end."""
    path = node.shell(f"ls {TEMPLATE}").strip()
    node.shell(f"cp -p {path} /etc/template.good")
    yield path
    node.shell(f"cp -p /etc/template.good {path}; systemctl restart {AGENT}")
    api.wait_active(instance.uuid)


@pytest.mark.parametrize("fault", FAULTS)
def test_old_configuration_stays_in_service_and_the_next_good_one_heals(
    api: api_module.Api,
    instance: resources.Instance,
    steady: resources.Account,
    accounts: resources.Accounts,
    node: harness_module.Node,
    template: str,
    fault: str,
) -> None:
    good = node.facts(CONF)
    with watcher.Watcher(steady) as watch:
        node.run("sed", "-i", FAULTS[fault], template)
        changed = node.run("cmp", "-s", template, "/etc/template.good", check=False)
        assert changed.returncode == 1, "the edit does not fit the template any more"
        node.run("systemctl", "restart", AGENT)
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

        node.shell(f"cp -p /etc/template.good {template}; systemctl restart {AGENT}")
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
    template: str,
) -> None:
    """After the repair at the latest; and the old service goes on till then."""
    account = accounts.working()
    node.run("sed", "-i", FAULTS["unknown-option"], template)
    node.run("systemctl", "restart", AGENT)
    waiting.until(
        "the instance is ERROR",
        lambda: api.get(instance.path)["status"],
        good=lambda status: status == "ERROR",
    )
    api.update(account.path, {"active": False})
    node.shell(f"cp -p /etc/template.good {template}; systemctl restart {AGENT}")
    account.wait_code(535)
    api.wait_active(instance.uuid)
