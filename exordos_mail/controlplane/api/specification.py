# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The OpenAPI description of the plugin's objects and operations.

The SDK derives a description from models and routes (restalchemy openapi/).
It calls every field of a model part of every request and response, knows no
PATCH and no paging, and documents all errors as one `default` of a form that
the platform does not send. The functions here take the SDK's result and say
what really is.
"""

import itertools
import re
import typing as tp

from restalchemy.api import constants

from exordos_mail import constants as c
from exordos_mail.controlplane.api import components, descriptions
from exordos_mail.schema import catalogue
from exordos_mail.schema.action import Action
from exordos_mail.schema.field import Field

JSON = components.JSON

_TYPE = "application/json"

# What besides 401 a request may be answered with.
_ERRORS_OF: dict[str, tuple[str, ...]] = {
    # 404: a marker or a reference in the query that names nothing
    constants.FILTER: ("400", "403", "404"),
    constants.GET: ("400", "403", "404"),
    constants.CREATE: ("400", "403", "404", "409", "413"),
    constants.UPDATE: ("400", "403", "404", "409", "413"),
    constants.DELETE: ("400", "403", "404", "409"),
}

_LIST_PARAMETERS: tuple[JSON, ...] = (
    {
        "name": "page_limit",
        "in": "query",
        "description": f"Objects of a page, {c.PAGE_SIZE_MAX} at the most.",
        "schema": {"type": "integer", "minimum": 0, "default": c.PAGE_SIZE_DEFAULT},
        "example": c.PAGE_SIZE_DEFAULT,
    },
    {
        "name": "page_marker",
        "in": "query",
        "description": "`X-Pagination-Marker` of the page before, as it stands.",
        "schema": {"type": "string"},
        "example": "3f0c2a4e-5b7d-4d1e-9c38-1a2b3c4d5e6f",
    },
    {
        "name": "sort_dir",
        "in": "query",
        "description": "`asc` or `desc`, together with `sort_key`.",
        "schema": {"type": "string", "default": "asc"},
        "example": "asc",
    },
)

_SUMMARIES = {
    constants.FILTER: "List {}",
    constants.GET: "Show one {}",
    constants.CREATE: "Create one {}",
    constants.UPDATE: "Change the given fields of one {}",
    constants.DELETE: "Delete one {}",
}


def object_schema(
    schema: JSON,
    model: type,
    method: str,
    write_only: tp.Collection[str] = (),
    alternatives: tp.Collection[str] = (),
) -> JSON:
    """Return the schema of a model's object in requests or responses of a method.

    Args:
        schema: the SDK's.
        model: the model.
        method: CREATE and UPDATE are requests, any other is a response.
        write_only: fields that are never shown.
        alternatives: of these fields, creation takes exactly one.
    """
    request = method in (constants.CREATE, constants.UPDATE)
    properties: JSON = {}
    for name, found in schema["properties"].items():
        # clients may choose the identifier, which the model calls read-only
        read_only = found.get("readOnly", False) and name != "uuid"
        if request and (read_only or (name == "uuid" and method == constants.UPDATE)):
            continue
        properties[name] = _described(model.__name__, name, found)
        if name == "uuid" and request:
            properties[name].pop("readOnly", None)
        if name in write_only:
            properties[name]["writeOnly"] = True
        if read_only or method != constants.CREATE:
            # the server's own value, or the value that the object has already
            properties[name].pop("default", None)
    result: JSON = {"type": "object", "properties": properties}
    if not request:
        return {**result, "required": sorted(properties)}
    result["additionalProperties"] = False
    if method == constants.CREATE:
        optional = descriptions.filled(model.__name__) | frozenset(alternatives)
        result["required"] = sorted(set(schema.get("required", ())) - optional)
        if alternatives:
            result["oneOf"] = [{"required": [name]} for name in sorted(alternatives)]
    elif alternatives:
        pairs = itertools.combinations(sorted(alternatives), 2)
        result["not"] = {"anyOf": [{"required": list(pair)} for pair in pairs]}
    return result


def operation(found: JSON, method: str, path: str, controller: tp.Any) -> JSON:
    """Return the description of one method of a path.

    Args:
        found: the SDK's.
        method: the SDK's name of the method; that of an action's handler for
            an action, whose summary and successful response stay as they are,
            as those of a request about no single object do.
        path: with its parameters in braces.
        controller: whose method it is.
    """
    resource = controller.get_resource()
    names = re.findall(r"\{(.*?)\}", path)
    result = {
        **found,
        "parameters": [_path_parameter(name) for name in names],
        "security": [{components.BEARER: []}],
    }
    errors = {"401", *_ERRORS_OF.get(method, components.ERRORS)}
    success = {
        str(status): response
        for status, response in found["responses"].items()
        if status != "default"
    }
    if resource is None and method == constants.FILTER:
        # open to all; a token that is sent has to be valid all the same
        result.update(summary="List the collections", security=[{}])
        errors = {"400", "401"}
    elif resource is not None and (action := _action(resource, method)) is not None:
        model = resource.get_model().__name__
        success = _success(constants.GET, model, resource)
        if action.fields:
            result["requestBody"] = _action_body(action)
    elif resource is not None and method in _SUMMARIES:
        model = resource.get_model()
        noun = catalogue.of_model(model.__name__)
        title = noun.titles if method == constants.FILTER else noun.title
        result["summary"] = _SUMMARIES[method].format(title)
        success = _success(method, model.__name__, resource)
        if method == constants.FILTER:
            result["parameters"] += _list_parameters(controller)
    result["responses"] = {
        **success,
        **{
            status: {"$ref": f"#/components/responses/MailError{status}"}
            for status in sorted(errors)
        },
    }
    return result


def _action(resource: tp.Any, method: str) -> Action | None:
    noun = catalogue.of_model(resource.get_model().__name__)
    return next((one for one in noun.own_actions if one.name == method), None)


def _action_body(action: Action) -> JSON:
    """Return the description of what a request of an action may say."""
    schema: JSON = {
        "type": "object",
        "additionalProperties": False,
        "properties": {one.name: _of_action(one) for one in action.fields},
    }
    required = [
        one.name for one in action.fields if one.default is None and not one.nullable
    ]
    if required:
        schema["required"] = required
    return {"content": {_TYPE: {"schema": schema}}, "required": bool(required)}


def _of_action(field: Field) -> JSON:
    hidden = {"writeOnly": True} if field.secret else {}
    return {**descriptions.schema(field), **hidden}


def _described(model: str, name: str, found: JSON) -> JSON:
    return {**found, **descriptions.of_field(model, name)}


def _path_parameter(name: str) -> JSON:
    noun = catalogue.of_model(name.removesuffix("Uuid"))
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": f"Identifier of the {noun.title}.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "3f0c2a4e-5b7d-4d1e-9c38-1a2b3c4d5e6f",
    }


def _list_parameters(controller: tp.Any) -> list[JSON]:
    resource = controller.get_resource()
    model = resource.get_model().__name__
    equal = []
    for name in sorted(controller.filter_fields):
        kind = resource.get_field(name).get_type().to_openapi_spec({})
        equal.append(
            {
                "name": name,
                "in": "query",
                "description": f"Only objects with this `{name}`; may be repeated.",
                # a value that no object can have finds none, and is no error
                "schema": {
                    key: kind[key] for key in ("type", "format", "enum") if key in kind
                },
                "example": descriptions.of_field(model, name)["example"],
            }
        )
    sort = {
        "name": "sort_key",
        "in": "query",
        "description": "Field to order the list by." + _unless(controller),
        "schema": {"type": "string", "enum": sorted(controller.sort_fields)},
        "example": "created_at",
    }
    expression = {
        "name": "q",
        "in": "query",
        "description": (
            "Filter expression (a subset of AIP-160) over the fields that have a"
            " parameter here: `=` `!=` `<` `<=` `>` `>=`, `AND` `OR` `NOT`, and"
            " parentheses; values with other characters than letters and digits"
            " stand in quotes."
        ),
        "schema": {"type": "string"},
        "example": 'name = "x" AND created_at >= "2026-07-01T00:00:00Z"',
    }
    return [expression, *equal, sort, *_LIST_PARAMETERS]


def _unless(controller: tp.Any) -> str:
    field = controller.newest_first
    return f" Without it, by `{field}`, the largest first." if field else ""


def _success(method: str, model: str, resource: tp.Any) -> JSON:
    if method == constants.DELETE:
        return {"204": {"description": "Deleted."}}
    shown: JSON = {"$ref": f"#/components/schemas/{model}_Get"}
    titles = catalogue.of_model(model).titles
    noun = catalogue.of_model(model).title
    if method == constants.CREATE:
        location = {
            "description": f"Path of the new {noun}.",
            "schema": {"type": "string", "format": "uri-reference"},
        }
        shown = _with_shown_once(shown, model, resource)
        response = _response(f"The new {noun}.", shown, Location=location)
        return {"201": response}
    if method == constants.FILTER:
        marker = {
            "description": "Where the next page begins, if there are more objects.",
            "schema": {"type": "string", "format": "uuid"},
        }
        page = {"type": "array", "items": shown}
        response = _response(
            f"A page of {titles}.", page, **{"X-Pagination-Marker": marker}
        )
        return {"200": response}
    if method == constants.UPDATE:
        shown = _with_shown_once(shown, model, resource, creation=False)
    return {"200": _response(f"The {noun}.", shown)}


def _with_shown_once(
    shown: JSON, model: str, resource: tp.Any, creation: bool = True
) -> JSON:
    """Return the schema of an object in the answer to a creation or a change.

    With what no other answer shows: always, or where the request had it made.
    """
    always = resource.shown_once_fields if creation else frozenset()
    names = always | resource.shown_when_made_fields
    if not names:
        return shown
    besides: JSON = {
        "type": "object",
        "properties": {
            name: _described(model, name, {"type": "string", "readOnly": True})
            for name in sorted(names)
        },
    }
    if always:
        besides["required"] = sorted(always)
    return {"allOf": [shown, besides]}


def _response(text: str, schema: JSON, **headers: JSON) -> JSON:
    response: JSON = {"description": text, "content": {_TYPE: {"schema": schema}}}
    if headers:
        response["headers"] = headers
    return response
