# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The platform's reconciler is killed while it installs the plugin.

It runs `uv pip install`, applies the migrations, renders a configuration, and notes the
plugin as active (exordos_metapaas services/plugin_reconciler.py).
"""

import collections.abc as cabc
import pathlib

import pytest

from tests.functional import api as api_module
from tests.functional import waiting
from tests.install import operator as operator_module
from tests.install import plugin as plugin_module
from tests.install import release

Operator = operator_module.Operator
Plugin = plugin_module.Plugin


@pytest.fixture(scope="module")
def plugin(operator: Operator) -> Plugin:
    """The plugin on metapaas-cp."""
    return Plugin(operator.harness)


@pytest.fixture
def erased(
    operator: Operator, plugin: Plugin, today: release.Release
) -> cabc.Iterator[None]:
    """A cloud without the plugin, before and after."""
    operator.offer(today)
    plugin.erase()
    yield
    operator.uninstall(release.NAME)
    plugin.erase()


def wait_for_line(plugin: Plugin, text: str, begin: int) -> int:
    """Wait until the reconciler's log has a text after a place; return the place."""
    return begin + waiting.until(
        f"the reconciler is at {text!r}",
        lambda: plugin.log(plugin_module.GSERVICE).find(text, begin) + 1 - begin,
        operator_module.ELEMENT_TIMEOUT,
        good=lambda place: place > 0,
        pause=0.01,
    )


def kill_outside_of_a_copy(operator: Operator, plugin: Plugin) -> None:
    """Kill the reconciler and its children, at a moment without a half copied wheel.

    On a slow machine much may have happened since the last look: it stands still
    while we look, and goes on if this is not the moment.
    """

    def killed() -> bool:
        operator.harness.operator("freeze", plugin_module.GSERVICE)
        if plugin.half_copied():
            operator.harness.operator("thaw", plugin_module.GSERVICE)
            return False
        operator.harness.operator("kill", plugin_module.GSERVICE)
        return True

    waiting.until("no copy is half done", killed, operator_module.ELEMENT_TIMEOUT)


def assert_installed(
    operator: Operator, plugin: Plugin, api: api_module.Api, version: str
) -> None:
    """Wait until the element is active and served, with every migration applied."""
    operator.wait_active(release.NAME)
    waiting.until(
        "the route is live",
        lambda: plugin.route_answers(api),
        operator_module.ELEMENT_TIMEOUT,
    )
    assert plugin.version() == version
    assert plugin.applied() == len(plugin.migration_ids())


@pytest.mark.usefixtures("erased")
def test_an_installation_that_is_killed_is_finished(
    operator: Operator, plugin: Plugin, api: api_module.Api, today: release.Release
) -> None:
    assert plugin.version() is None and not plugin.route_answers(api)
    begin = len(plugin.log(plugin_module.GSERVICE))
    operator.install(release.NAME)
    for moment in ("Installing plugin mail", "Applying migrations"):
        begin = wait_for_line(plugin, moment, begin)
        kill_outside_of_a_copy(operator, plugin)
        operator.harness.operator("start", plugin_module.GSERVICE)
    assert_installed(operator, plugin, api, today.version)


@pytest.mark.usefixtures("erased")
def test_a_half_copied_wheel_is_mended_as_the_documentation_says(
    operator: Operator,
    plugin: Plugin,
    api: api_module.Api,
    today: release.Release,
    tmp_path: pathlib.Path,
) -> None:
    begin = len(plugin.log(plugin_module.GSERVICE))
    operator.install(release.NAME)
    begin = wait_for_line(plugin, "Installing plugin mail", begin)
    operator.harness.operator("kill", plugin_module.GSERVICE)
    plugin.remove_files()
    plugin.copy_metadata_only(today.wheel)
    operator.harness.operator("start", plugin_module.GSERVICE)
    begin = wait_for_line(plugin, "No module named 'exordos_mail'", begin)
    # docs/howto/repair-an-installation.md
    plugin.remove_files()
    operator.harness.operator("start", plugin_module.GSERVICE)
    assert_installed(operator, plugin, api, today.version)
