# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A service of the node is one package: nothing else names it."""

import graphlib
import os
import pathlib
import sys

import pytest

from exordos_mail.dataplane import registry, services
from exordos_mail.dataplane.engine import converge
from exordos_mail.dataplane.engine import layout as layout_lib
from tests.unit.node_values import target_value

_SOURCE = '''
"""A clock, which runs beside the mail server."""

from tests.unit.dataplane import toys


class {kind}(toys.Toy):
    name = "{name}"
    needs = {needs!r}
'''


@pytest.fixture
def add(tmp_path, monkeypatch):
    """Add a package with a service, in a directory of its own."""

    def add(name: str, needs: tuple[str, ...] = ()) -> None:
        package = tmp_path / "services" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        source = _SOURCE.format(kind=name.title(), name=name, needs=needs)
        (package / "service.py").write_text(source)

    monkeypatch.setattr(
        services, "__path__", [*services.__path__, str(tmp_path / "services")]
    )
    yield add
    for name in [one for one in sys.modules if one.startswith(services.__name__ + ".")]:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def _names() -> list[str]:
    return [one.name for one in registry.discover()]


def test_services_of_the_node_in_the_order_of_their_needs():
    names = _names()
    assert sorted(names) == [
        *("bounces", "dovecot", "exim", "imports", "mta_sts", "outcomes", "purges"),
        *("resolver", "send", "sieve", "web"),
    ]
    for first, then in (("resolver", "exim"), ("exim", "send"), ("send", "web")):
        assert names.index(first) < names.index(then)


def test_toy_service_is_one_package(add, tmp_path):
    add("clock", needs=("send",))
    makers = registry.discover()
    names = [one.name for one in makers]
    assert names.index("clock") > names.index("send")
    # The machine has it: it is brought, told, and removed by the engine.
    makers = [one for one in makers if one.name == "clock"]
    users, groups = {"root": os.getuid()}, {"root": os.getgid()}
    layout = layout_lib.Layout(tmp_path / "root", users=users, groups=groups)
    node = converge.MailNode(makers, layout)
    report = node.converge(target_value())
    assert (report.status, report.reason) == ("ACTIVE", "")
    assert layout.disk("/etc/clock.conf").read_text() == "1000 / 1h"
    node.remove()
    assert not layout.disk("/etc/clock.conf").exists()


def test_order_is_that_of_the_needs(add):
    add("a", needs=("z",))
    add("z")
    assert _names().index("z") < _names().index("a")


def test_need_of_what_is_not_there(add):
    add("a", needs=("nobody",))
    with pytest.raises(LookupError, match="service a needs nobody"):
        registry.discover()


def test_services_that_need_each_other(add):
    add("a", needs=("b",))
    add("b", needs=("a",))
    with pytest.raises(graphlib.CycleError):
        registry.discover()


def test_nothing_but_the_services_names_them():
    root = pathlib.Path(services.__file__).parents[1]
    for path in root.rglob("*.py"):
        if services.__path__[0] not in str(path):
            assert "dataplane.services." not in path.read_text(), path
