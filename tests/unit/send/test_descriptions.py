# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The API's description says of each member what it is, and lists what there is."""

import ast
import json
import pathlib
import typing as tp

import jsonschema_rs
import pytest

from exordos_mail.send.api import descriptions, openapi, routes
from exordos_mail.send.queue import events, reasons, removal
from exordos_mail.send.smtp import transaction, verdict
from exordos_mail.send.webhooks import cursor

_SEND = pathlib.Path(routes.__file__).parents[1]
_FOUND = openapi.describe(routes.TABLE)
_SCHEMAS = _FOUND["components"]["schemas"]
#: Calls whose first text, at this position, is the reason of an event.
_GIVERS = {
    "CannotOpen": 0,
    "Unsendable": 0,
    "_like": 1,
    "_released": 2,
    "deferred": 1,
    "failed": 1,
    "_release": 0,
    "end": 3,
}


def _members() -> list[tuple[str, str, dict[str, tp.Any]]]:
    return [
        (name.rpartition(".")[2], member, schema)
        for name, found in _SCHEMAS.items()
        for member, schema in found.get("properties", {}).items()
    ]


def _parameters() -> tp.Iterator[dict[str, tp.Any]]:
    for methods in _FOUND["paths"].values():
        for operation in methods.values():
            yield from operation["parameters"]


def test_no_name_of_a_schema_is_a_python_path() -> None:
    assert _SCHEMAS
    assert [name for name in _SCHEMAS if not name.isalnum()] == []


def test_each_member_and_parameter_has_a_text_and_an_example() -> None:
    for name, member, schema in _members():
        assert schema.get("description"), f"{name}.{member}"
        assert schema.get("examples"), f"{name}.{member}"
    for one in _parameters():
        assert one["description"], one["name"]
        assert one["schema"]["examples"], one["name"]


def test_no_text_is_of_a_member_that_is_not_there() -> None:
    there = {f"{name}.{member}" for name, member, _ in _members()}
    there |= {member for _, member, _ in _members()}
    assert set(descriptions.TEXTS) <= there
    assert set(descriptions.PARAMETERS) == {one["name"] for one in _parameters()}


def test_examples_are_as_the_schema_says() -> None:
    for name, member, schema in _members():
        whole = {**schema, "components": _FOUND["components"]}
        for example in schema["examples"]:
            try:
                jsonschema_rs.validate(whole, example)
            except jsonschema_rs.ValidationError as error:
                pytest.fail(f"{name}.{member}: {error.message}")


def test_types_and_reasons_of_events_are_listed() -> None:
    event = _SCHEMAS["EventOut"]["properties"]
    assert event["type"]["enum"] == list(events.TYPES)
    for kind in events.TYPES:
        assert f"| `{kind}` |" in event["type"]["description"]
    for reason in reasons.EVERY:
        assert f"| `{reason}` |" in event["details"]["description"]


def _constants(tree: ast.AST) -> tp.Iterator[str]:
    """Yield the reasons that a module gives."""
    for node in ast.walk(tree):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = node.args[_GIVERS[name] :][:1] if name in _GIVERS else []
        elif isinstance(node, ast.Assign) and "reason" in map(_name, node.targets):
            given = [node.value]
        for one in (inner for part in given for inner in ast.walk(part)):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def test_every_reason_that_the_code_gives_is_in_the_list() -> None:
    found = {verdict.MAIL, verdict.RCPT, verdict.DATA, verdict.SET_UP, removal.REASON}
    found |= {transaction.TIMEOUT, transaction.LOST, transaction.NOT_SMTP}
    found |= {transaction.CLAIM_LOST, cursor.GONE, cursor.FAILING}
    for package in ("smtp", "delivery", "queue"):
        for path in (_SEND / package).glob("*.py"):
            found |= set(_constants(ast.parse(path.read_text())))
    # Of what has a text after it, what it begins with.
    heads = {reason.partition(":")[0] for reason in found}
    assert heads >= {"connect_failed", "server_unavailable", "worker_lost", "timeout"}
    assert heads <= set(reasons.EVERY), heads - set(reasons.EVERY)


def test_every_type_of_event_that_the_code_writes_is_in_the_list() -> None:
    found: set[str] = set()
    for path in _SEND.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (
                getattr(node.func, "attr", "") == "Event" and node.args
            ):
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    assert found
    assert found <= set(events.TYPES), found - set(events.TYPES)


def test_patterns_are_those_of_json_schema() -> None:
    # ECMA-262, where `\\Z` is the letter.
    assert "\\\\Z" not in json.dumps(_FOUND)
