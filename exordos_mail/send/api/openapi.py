#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""OpenAPI 3.1 of the route table."""

import inspect
import json
import re
import typing as tp

import msgspec

from exordos_mail.send.api.problem import ProblemOut
from exordos_mail.send.api.route import Access, Route

_PARAMETER = re.compile(r"\{(\w+)\}")
_SEPARATORS = re.compile(r"\W+")
_REF = "#/components/schemas/{name}"
_TENANT = {
    "name": "tenant",
    "in": "query",
    "required": False,
    "description": "The admin's choice of a tenant; `default` when absent",
    "schema": {"type": "string"},
}


def describe(table: tp.Sequence[Route]) -> dict[str, tp.Any]:
    """Return the description of every route."""
    types = [ProblemOut]
    for row in table:
        types += [found for found in (row.body, row.answer) if found is not None]
    found, components = msgspec.json.schema_components(types, ref_template=_REF)
    schemas = dict(zip(map(id, types), found, strict=True))
    paths: dict[str, dict[str, tp.Any]] = {}
    for row in table:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schemas)
    return {
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
            "content": {"application/json": {"schema": schemas[id(row.body)]}},
        }
    return operation


def _content(text: str, schema: tp.Any, kind: str = "json") -> dict[str, tp.Any]:
    if schema is None:
        return {"description": text}
    return {
        "description": text,
        "content": {f"application/{kind}": {"schema": schema}},
    }


def _parameters(row: Route) -> list[dict[str, tp.Any]]:
    found: list[dict[str, tp.Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(row.path)
    ]
    if row.of_tenant and "{tenant}" not in row.path:
        found.append(_TENANT)
    schema = msgspec.json.schema(row.query)
    properties = next(iter(schema["$defs"].values())).get("properties", {})
    required = next(iter(schema["$defs"].values())).get("required", [])
    text = inspect.getdoc(row.query) or ""
    for name, one in properties.items():
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in required,
                "description": text,
                "schema": one,
            }
        )
    return found


def main() -> None:
    """Print the description of every route."""
    # The table imports its handlers, and one of them this module.
    from exordos_mail.send.api import routes

    print(json.dumps(describe(routes.TABLE), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
