# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Actions of nouns: POST .../<uuid>/actions/<name>/invoke.

The SDK's own handling takes every member of a body as an argument of a function, and
answers 500 to one that the function has not. Here a body is judged by the definition
of the action, as that of any other request is by its noun.
"""

import typing as tp

from restalchemy.api import actions as ra_actions
from restalchemy.api import routes
from restalchemy.common import exceptions as ra_exceptions

from exordos_mail.controlplane.api import packers
from exordos_mail.controlplane.dm import exceptions
from exordos_mail.controlplane.dm import noun as dm_noun
from exordos_mail.schema.action import Action
from exordos_mail.schema.noun import Noun


def handler(action: Action) -> ra_actions.ActionHandler:
    """Return what a controller has of an action, by the action's name."""

    def post(controller: tp.Any, resource: tp.Any, **values: tp.Any) -> tp.Any:
        getattr(resource, action.name)(**values)
        return resource

    post.__name__ = action.name
    found = ra_actions.ActionHandler(post=post)
    # the summary of its description
    found.__doc__ = action.text
    return found


def route(noun: Noun, action: Action, controller: tp.Any) -> tp.Any:
    """Return the route of an action."""
    body = {"__doc__": action.text, "__controller__": controller, "action": action}
    made = type(f"{noun.model}_{action.name}", (_MailAction,), body)
    return routes.action(made, invoke=True)


class _MailAction(routes.Action):
    """.../<uuid>/actions/<name>/invoke"""

    __allow_methods__: tp.ClassVar[list[str]] = [routes.POST]

    action: Action

    def do(self, resource: tp.Any, **kwargs: tp.Any) -> tp.Any:
        """Do what the request asks for; answer with the object.

        Raises:
            UnsupportedHttpMethod: the method is not POST, or the path ends before
                `invoke`.
            MailValidationError: the body is not what the action takes.
        """
        self._req.path_info_pop()
        invoke = self._req.path_info_pop()
        self.restore_path_info(self._req)
        if self._req.method != "POST" or invoke != "invoke":
            raise ra_exceptions.UnsupportedHttpMethod(method=self._req.method)
        controller = self.get_controller(self._req)
        controller.enforce(self.action.name)
        values = _values(self.action, self._body(controller))
        found: ra_actions.ActionHandler = getattr(controller, self.action.name)
        return found.do_post(controller=controller, resource=resource, **values)

    def _body(self, controller: tp.Any) -> object:
        sent = self._req.body
        if not sent:
            return {}
        packer = packers.MailPacker(controller.get_resource(), request=self._req)
        return packer.load(sent)


def _values(action: Action, body: object) -> dict[str, tp.Any]:
    """Return the arguments that a body gives.

    Raises:
        MailValidationError: not an object, an unknown field, one that is missing, or
            a value that breaks its rule.
    """
    if not isinstance(body, dict):
        raise exceptions.MailValidationError(details="the body must be an object")
    known = {one.name: one for one in action.fields}
    for unknown in body.keys() - known.keys():
        raise exceptions.MailValidationError(
            details=f"unknown field: {unknown[: packers.NAME_MAX]}"
        )
    return {
        name: dm_noun.value_of(field, body.get(name, field.default))
        for name, field in known.items()
    }
