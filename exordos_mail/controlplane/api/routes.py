# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The tree of paths below /v1/types/mail/."""

import typing as tp

from restalchemy.api import routes
from restalchemy.common import exceptions as ra_exceptions

from exordos_mail.controlplane.api import (
    actions,
    bulk,
    components,
    controllers,
    specification,
    zone_text,
)
from exordos_mail.schema import catalogue
from exordos_mail.schema.noun import Noun

_ACTIONS = "actions"


class _MailRoute(routes.Route):
    """A route that knows PATCH, and no path but those of its tree."""

    def get_method_by_route_type(self, route_type: int) -> str:
        """Return the SDK's name of the request's method; PATCH updates."""
        if self._req.method == "PATCH" and route_type == routes.RESOURCE_ROUTE:
            return str(routes.UPDATE)
        return str(super().get_method_by_route_type(route_type))

    @classmethod
    def get_attr_safe(cls, name: str, the_class: type) -> tp.Any:
        """Return the route or action of a part of a path.

        The SDK looks the name up on the class, where `__base__` is a route
        too, of an abstract class.
        """
        if not name or name.startswith("_"):
            raise ra_exceptions.IncorrectRouteAttribute(route=cls, attr=name)
        return super().get_attr_safe(name, the_class)

    @classmethod
    def has_path(cls, parts: list[str]) -> bool:
        """Tell whether the rest of a path, split at `/`, is of this tree.

        `[""]` is the collection itself, `[<id>]` an object of it. Past these
        the SDK answers 500 to some paths, such as a collection without its
        slash.
        """
        head, rest = parts[0], parts[1:]
        of_objects = cls.get_controller_class().get_resource() is not None
        if not rest:
            return head == "" or (of_objects and not cls.is_route(head))
        if cls.is_route(head) and cls.get_route(head).is_collection_route():
            return bool(cls.get_route(head).has_path(rest))
        if head == "" or not of_objects:
            return False
        name, below = rest[0], rest[1:]
        if name == _ACTIONS:
            return (
                bool(below)
                and cls.is_action(below[0])
                and below[1:] in ([], ["invoke"])
            )
        return (
            (bool(below) or name == zone_text.NAME)
            and cls.is_route(name)
            and cls.get_route(name).is_resource_route()
            and bool(cls.get_route(name).has_path(below))
        )

    def build_openapi_specification(
        self, current_path: str = "/", parameters: tp.Any = None
    ) -> tp.Any:
        """Describe the paths of this tree, PATCH among their methods.

        Args:
            current_path: the path of this route.
            parameters: the document so far; what our operations refer to is
                added to its components.
        """
        components.add_components(parameters["components"])
        paths, schemas = super().build_openapi_specification(current_path, parameters)
        for methods in paths.values():
            if "put" in methods:
                name = methods["put"]["operationId"].replace("Update", "Patch", 1)
                methods["patch"] = {**methods["put"], "operationId": name}
        return paths, schemas

    def _build_openapi_method_specification(
        self,
        method: tp.Any,
        parameters: tp.Any = None,
        current_path: str = "/",
        controller: tp.Any = None,
    ) -> dict[str, tp.Any]:
        found = super()._build_openapi_method_specification(
            method, parameters, current_path, controller
        )
        return specification.operation(
            found,
            getattr(method, "name", method),
            current_path,
            controller or self.get_controller(request=self._req),
        )


class MailAccountBulkRoute(_MailRoute):
    """.../accounts/bulk/"""

    __controller__ = bulk.MailAccountBulkController
    __allow_methods__: tp.ClassVar[list[str]] = [routes.CREATE]


#: Collections that are no noun, by the noun whose collection they are below.
_MORE: tp.Mapping[str, dict[str, tp.Any]] = {
    "account": {"bulk": routes.route(MailAccountBulkRoute)},
    "domain": {zone_text.NAME: routes.route(zone_text.ZoneRoute, resource_route=True)},
}


def _of(noun: Noun) -> type[_MailRoute]:
    """Return the route of a noun and of all below it."""
    body = {
        "__doc__": f".../{noun.plural}/[<uuid>]",
        "__controller__": controllers.of(noun.name),
        **_MORE.get(noun.name, {}),
        **{
            one.plural: routes.route(_of(one), resource_route=True)
            for one in catalogue.below(noun.name)
        },
        **{
            one.name: actions.route(noun, one, controllers.of(noun.name))
            for one in noun.own_actions
        },
    }
    if noun.read_only:
        body["__allow_methods__"] = [routes.GET, routes.FILTER]
    return type(f"{noun.model}Route", (_MailRoute,), body)


class MailRoute(_MailRoute):
    """/v1/types/mail/, mounted there by the platform."""

    __controller__ = controllers.MailController
    __allow_methods__: tp.ClassVar[list[str]] = [routes.FILTER]

    vars().update({one.plural: routes.route(_of(one)) for one in catalogue.below("")})

    def do(self, parent_resource: tp.Any = None, **kwargs: tp.Any) -> tp.Any:
        """Answer a request, or 404 if there is no such path.

        Raises:
            NotFoundError: see `has_path`.
        """
        path = self._req.path_info
        if not self.has_path(path.split("/")[1:]):
            raise ra_exceptions.NotFoundError(path=path)
        return super().do(parent_resource, **kwargs)
