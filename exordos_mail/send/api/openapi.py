# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""OpenAPI 3.1 of the route table."""

import re
import typing as tp

import msgspec

from exordos_mail.send.api import descriptions
from exordos_mail.send.api.problem import ProblemOut
from exordos_mail.send.api.route import JSON, Access, Route
from exordos_mail.send.queue import events

_PARAMETER = re.compile(r"\{(\w+)\}")
_SEPARATORS = re.compile(r"\W+")
_REF = "#/components/schemas/{name}"


def describe(table: tp.Sequence[Route]) -> dict[str, tp.Any]:
    """Return the description of every route."""
    types = [ProblemOut]
    for row in table:
        body = row.body if row.media == JSON else None
        types += [found for found in (body, row.answer) if found is not None]
    found, components = msgspec.json.schema_components(types, ref_template=_REF)
    schemas = dict(zip(map(id, types), found, strict=True))
    _explain(components)
    paths: dict[str, dict[str, tp.Any]] = {}
    for row in table:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schemas)
    description = {
        "openapi": "3.1.0",
        "info": {
            "title": "exordos_mail send service",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }
    _write_patterns(description)
    return description


def _write_patterns(found: tp.Any) -> None:
    r"""Write patterns as JSON Schema wants them: ECMA-262 does not know `\Z`."""
    if isinstance(found, list):
        for one in found:
            _write_patterns(one)
    elif isinstance(found, dict):
        for name, one in found.items():
            if name == "pattern" and isinstance(one, str):
                found[name] = one.replace(r"\Z", "$")
            else:
                _write_patterns(one)


def _explain(components: dict[str, tp.Any]) -> None:
    """Give each member its text and an example; a list of types their words."""
    for name, schema in components.items():
        type_name = name.rpartition(".")[2]
        for member, found in schema.get("properties", {}).items():
            text = descriptions.of(type_name, member)
            if text is not None:
                found["description"] = text.text
                found["examples"] = [text.example]
        if type_name == "EventOut":
            schema["properties"]["type"]["enum"] = list(events.TYPES)


def _operation(row: Route, schemas: dict[int, tp.Any]) -> dict[str, tp.Any]:
    operation: dict[str, tp.Any] = {
        "operationId": f"{row.method.lower()}{_SEPARATORS.sub('_', row.path)}",
        "summary": row.summary,
        "x-access": row.access.value,
        "security": [] if row.access is Access.PUBLIC else [{"bearer": []}],
        "parameters": _parameters(row),
        "responses": {
            str(row.status): _content(
                row.summary, None if row.answer is None else schemas[id(row.answer)]
            ),
            "4XX": _content(
                "The call was refused", schemas[id(ProblemOut)], "problem+json"
            ),
            "503": _content("Try again later", schemas[id(ProblemOut)], "problem+json"),
        },
    }
    if row.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {row.media: _body_schema(row, schemas)},
        }
    return operation


def _body_schema(row: Route, schemas: dict[int, tp.Any]) -> dict[str, tp.Any]:
    # OpenAPI 3.1 section 4.8.14.3: octets as they are have no schema.
    return {"schema": schemas[id(row.body)]} if row.media == JSON else {}


def _content(text: str, schema: tp.Any, kind: str = "json") -> dict[str, tp.Any]:
    if schema is None:
        return {"description": text}
    return {
        "description": text,
        "content": {f"application/{kind}": {"schema": schema}},
    }


def _parameters(row: Route) -> list[dict[str, tp.Any]]:
    found: list[dict[str, tp.Any]] = [
        _parameter(name, "path", True, {"type": "string"})
        for name in _PARAMETER.findall(row.path)
    ]
    if row.of_tenant and "{tenant}" not in row.path:
        found.append(_parameter("tenant", "query", False, {"type": "string"}))
    schema = msgspec.json.schema(row.query)
    properties = next(iter(schema["$defs"].values())).get("properties", {})
    required = next(iter(schema["$defs"].values())).get("required", [])
    for name, one in properties.items():
        found.append(_parameter(name, "query", name in required, one))
    return found


def _parameter(
    name: str, where: str, required: bool, schema: dict[str, tp.Any]
) -> dict[str, tp.Any]:
    text = descriptions.PARAMETERS[name]
    return {
        "name": name,
        "in": where,
        "required": required,
        "description": text.text,
        "schema": {**schema, "examples": [text.example]},
    }
