# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""From the release before to this one, and back, under a client that goes on.

The platform does not restart its API process with an upgrade: the code of the old
release works on the new schema until somebody does.
"""

import collections.abc as cabc

import pytest

from tests.functional import api as api_module
from tests.functional import resources, smtp, waiting
from tests.install import conftest, release, traffic
from tests.install import operator as operator_module
from tests.install import plugin as plugin_module

Operator = operator_module.Operator
Plugin = plugin_module.Plugin


@pytest.fixture(scope="module")
def plugin(operator: Operator) -> Plugin:
    """The plugin on metapaas-cp, not there yet."""
    found = Plugin(operator.harness)
    found.erase()
    return found


@pytest.fixture(scope="module")
def instance(
    operator: Operator,
    plugin: Plugin,
    before: release.Release,
    today: release.Release,
    api: api_module.Api,
) -> cabc.Iterator[resources.Instance]:
    """A tenant's instance, made with the release before."""
    operator.offer(before)
    operator.install(release.NAME)
    operator.wait_active(release.NAME, before.version)
    waiting.until("the route is live", lambda: plugin.route_answers(api))
    operator.offer(before, today)
    with resources.own_instance(api_module.Api(api.cloud)) as made:
        yield made


def move(
    operator: Operator,
    plugin: Plugin,
    instance: resources.Instance,
    api: api_module.Api,
    target: release.Release,
) -> traffic.Traffic:
    """Move the element to a release under traffic; return what the traffic saw."""
    with traffic.Traffic(api, instance) as client:
        operator.update(release.NAME, target.version)
        operator.wait_active(release.NAME, target.version)
        waiting.until(
            f"release {target.version} is installed",
            lambda: plugin.version() == target.version,
            operator_module.ELEMENT_TIMEOUT,
        )
        # what the release does with new work, its builders restarted
        late = resources.Accounts(api, instance).working()
    assert client.failures == []
    conftest.say(
        f"{release.NAME} -> {target.version}: {client.rounds['requests']} rounds of "
        f"requests and {client.rounds['logins']} logins, none failed"
    )
    client.made[late.username] = late.password
    return client


def check_nothing_lost(
    instance: resources.Instance, api: api_module.Api, client: traffic.Traffic
) -> None:
    """Check that every account that was taken is there and logs in."""
    listed = {one["username"] for one in api.list(instance.accounts, page_limit=1000)}
    assert client.made.keys() <= listed
    for username, password in client.made.items():
        login = f"{username}@{instance.domain}"
        waiting.until(
            f"{username} logs in",
            lambda login=login, password=password: smtp.login_code(
                instance.host, login, password
            ),
            good=lambda code: code == 235,
        )


def test_an_upgrade_fails_no_request_and_loses_no_account(
    operator: Operator,
    plugin: Plugin,
    instance: resources.Instance,
    api: api_module.Api,
    today: release.Release,
) -> None:
    client = move(operator, plugin, instance, api, today)
    assert plugin.applied() == len(plugin.migration_ids())
    check_nothing_lost(instance, api, client)


def test_the_old_api_code_works_on_until_it_is_restarted(
    operator: Operator, instance: resources.Instance, api: api_module.Api
) -> None:
    with operator.harness.stopped("metapaas-user-api"):
        pass
    waiting.until("MetaPaaS answers", Plugin(operator.harness).answers)
    resources.Accounts(api, instance).working()


def test_a_step_back_fails_no_request_and_loses_no_account(
    operator: Operator,
    plugin: Plugin,
    instance: resources.Instance,
    api: api_module.Api,
    before: release.Release,
) -> None:
    client = move(operator, plugin, instance, api, before)
    check_nothing_lost(instance, api, client)
