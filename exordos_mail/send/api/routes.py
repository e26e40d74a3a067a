# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Every route, with who may call it: what the decorators of all handlers have made.

The application, the OpenAPI description and the test of authorisation are made
from this table: a route cannot be there without a rule.
"""

import importlib
import importlib.util
import pkgutil
import typing as tp

from exordos_mail import send
from exordos_mail.send.api import openapi
from exordos_mail.send.api.route import MADE, Access, Call, Route, route


def _discover() -> None:
    """Import the module or package `handlers` of every feature."""
    for feature in pkgutil.iter_modules(send.__path__, f"{send.__name__}."):
        if feature.ispkg and importlib.util.find_spec(f"{feature.name}.handlers"):
            handlers = importlib.import_module(f"{feature.name}.handlers")
            for one in pkgutil.iter_modules(getattr(handlers, "__path__", ())):
                importlib.import_module(f"{handlers.__name__}.{one.name}")


@route("GET", "/v1/openapi.json", Access.PUBLIC)
async def describe(call: Call) -> dict[str, tp.Any]:
    """This description."""
    return openapi.describe(TABLE)


_discover()
TABLE: tuple[Route, ...] = tuple(sorted(MADE, key=lambda row: (row.path, row.method)))
