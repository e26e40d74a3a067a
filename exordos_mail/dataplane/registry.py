# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The services of the node: every package below services with a module `service`.

Nothing else names them. Each says by `needs` which others come before it.
"""

import graphlib
import importlib
import inspect
import pkgutil
import types
import typing as tp

from exordos_mail.dataplane import services
from exordos_mail.dataplane.engine import converge, source, unit
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import service as service_lib


def discover(package: types.ModuleType = services) -> list[type[service_lib.Service]]:
    """Return the services of a package in the order of their needs.

    Raises:
        LookupError: one needs a service that is not there.
        graphlib.CycleError: two need each other.
    """
    found = {one.name: one for one in map(_service, _modules(package))}
    for one in found.values():
        missing = set(one.needs) - set(found)
        if missing:
            raise LookupError(f"service {one.name} needs {min(missing)}, which is not")
    order = graphlib.TopologicalSorter({name: found[name].needs for name in found})
    return [found[name] for name in order.static_order()]


def mail_node(
    layout: layout_lib.Layout | None = None,
    gateway: source.Gateway | None = None,
    units: tp.Mapping[str, unit.Unit] | None = None,
) -> converge.MailNode:
    """Return the engine of this machine with all of its services."""
    return converge.MailNode(discover(), layout, gateway, units)


def _modules(package: types.ModuleType) -> tp.Iterator[types.ModuleType]:
    for name in sorted(one.name for one in pkgutil.iter_modules(package.__path__)):
        yield importlib.import_module(f"{package.__name__}.{name}.service")


def _service(module: types.ModuleType) -> type[service_lib.Service]:
    """Return the one service that a module defines."""
    found = [
        one
        for one in vars(module).values()
        if inspect.isclass(one)
        and service_lib.Service in one.__mro__
        and one.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise LookupError(f"{module.__name__} has {len(found)} services, not one")
    return tp.cast(type[service_lib.Service], found[0])
