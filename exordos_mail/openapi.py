# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Writes the API's description: `python -m exordos_mail.openapi docs/openapi.yaml`.

The platform serves the same at /specifications/3.0.3, together with what is
not ours. Here it is made from the plugin's routes alone, without a database
and without a platform that runs.
"""

import argparse
import importlib.metadata
import json
import pathlib
import re
import typing as tp

from restalchemy.api import applications, contexts, controllers, routes
from restalchemy.api import constants as ra_constants
from restalchemy.openapi import constants, engines, structures
import webob
import yaml

from exordos_mail import constants as c
from exordos_mail.controlplane.api import components as shared
from exordos_mail.controlplane.api import routes as mail_routes

#: Where the platform mounts the plugin.
PREFIX = f"/v1/types/{c.SLUG}/"


class _TypesController(controllers.RoutesListController):
    __TARGET_PATH__ = "/v1/types/"


class _TypesRoute(routes.Route):
    __controller__ = _TypesController
    __allow_methods__: tp.ClassVar[list[str]] = [routes.FILTER]

    mail = routes.route(mail_routes.MailRoute)


class _VersionController(controllers.RoutesListController):
    __TARGET_PATH__ = "/v1/"


class _VersionRoute(routes.Route):
    __controller__ = _VersionController
    __allow_methods__: tp.ClassVar[list[str]] = [routes.FILTER]

    types = routes.route(_TypesRoute)


class _RootRoute(routes.RootRoute):
    v1 = routes.route(_VersionRoute)


def build() -> shared.JSON:
    """Return the OpenAPI document of the plugin's API.

    It changes the SDK's map of resources, which is one per process.
    """
    application = applications.OpenApiApplication(
        route_class=_RootRoute,
        openapi_engine=engines.OpenApiEngine(info=structures.OpenApiInfo()),
        warm_up_openapi=False,
    )
    request = webob.Request.blank("/")
    request.application = application
    request.api_context = contexts.RequestContext(request)
    request.api_context.set_active_method(ra_constants.GET)
    found = application.openapi_engine.build_openapi_specification(
        version=constants.OPENAPI_SPECIFICATION_3_0_3, request=request
    )
    return {
        "openapi": constants.OPENAPI_SPECIFICATION_3_0_3,
        "info": {
            "title": "Exordos managed mail",
            "version": importlib.metadata.version("exordos_mail"),
            "description": "Mail servers and their accounts, below the MetaPaaS API.",
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0.html",
            },
        },
        "servers": [{"url": "/", "description": "The MetaPaaS API of the cloud."}],
        **ours(json.loads(json.dumps(found))),
    }


def ours(document: shared.JSON) -> shared.JSON:
    """Return the paths of the plugin and the components that they refer to."""
    paths = {
        path: operations
        for path, operations in sorted(document["paths"].items())
        if path.startswith(PREFIX)
    }
    components: shared.JSON = {}
    waiting: list[tp.Any] = [paths]
    while waiting:
        for kind, name in _references(waiting.pop()):
            if name not in components.setdefault(kind, {}):
                components[kind][name] = document["components"][kind][name]
                waiting.append(components[kind][name])
    components["securitySchemes"] = {
        shared.BEARER: document["components"]["securitySchemes"][shared.BEARER]
    }
    ordered = {
        kind: dict(sorted(entries.items()))
        for kind, entries in sorted(components.items())
    }
    return {"paths": paths, "components": ordered}


def _references(part: tp.Any) -> list[tuple[str, str]]:
    """Return the kind and name of each component that a part refers to."""
    return re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(part))


def main() -> None:
    """Write the document into the file of the first argument."""
    parser = argparse.ArgumentParser(description="Write the API's description.")
    parser.add_argument("file", type=pathlib.Path)
    path: pathlib.Path = parser.parse_args().file
    text = yaml.safe_dump(build(), sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text)


if __name__ == "__main__":
    main()
