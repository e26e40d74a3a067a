# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""docs/openapi.yaml is current, and says something of every field."""

import pathlib
import subprocess
import sys
import typing as tp

import yaml

from exordos_mail.controlplane.dm import models
from exordos_mail.schema import app_password, catalogue

FILE = pathlib.Path(__file__).parents[2] / "docs" / "openapi.yaml"
DOCUMENT = yaml.safe_load(FILE.read_text())
ONCE = {"generated_password"}
SECRETS = {
    *("password", "callback_secret"),
    *(models.MailAccount.__secret_fields__ - ONCE),
}
#: The app password, in the answer to who makes one.
MADE = {
    "type": "string",
    "readOnly": True,
    "description": app_password.NOUN.field("password").text,
    "example": app_password.NOUN.field("password").example,
}


def schemas(part: tp.Any) -> tp.Iterator[dict[str, tp.Any]]:
    """Yield every part of the document that describes an object."""
    if isinstance(part, list):
        part = dict(enumerate(part))
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict) and "type" in part:
            yield part
        for below in part.values():
            yield from schemas(below)


def test_the_file_is_what_the_command_writes(tmp_path: pathlib.Path) -> None:
    written = tmp_path / "openapi.yaml"
    subprocess.run([sys.executable, "-m", "exordos_mail.openapi", written], check=True)
    assert written.read_text() == FILE.read_text(), "run `make openapi`"


def test_every_field_and_parameter_has_a_description_and_an_example() -> None:
    found = [
        (name, field)
        for schema in DOCUMENT["components"]["schemas"].values()
        for name, field in schema.get("properties", {}).items()
    ]
    found += [
        (parameter["name"], parameter)
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        for parameter in operation["parameters"]
    ]
    assert len(found) > 100
    for name, field in found:
        assert field["description"], name
        assert "example" in field, name


def test_secrets_are_written_only_and_have_no_default() -> None:
    places = set()
    for schema in schemas(DOCUMENT):
        for name in SECRETS & schema["properties"].keys():
            field = schema["properties"][name]
            if field == MADE:
                continue
            assert field["writeOnly"] is True
            assert "default" not in field
            places.add(name)
    assert places == SECRETS
    shown = {
        name: schema["properties"]
        for name, schema in DOCUMENT["components"]["schemas"].items()
        if name.endswith("_Get")
    }
    assert len(shown) == len(catalogue.nouns())
    for properties in shown.values():
        assert not (SECRETS | ONCE | {"key", "key_hash"}) & properties.keys()


def test_only_the_answer_to_the_creation_of_a_key_holds_the_key() -> None:
    holding = [
        (path.rpartition("/tenants/")[2], method)
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        for schema in schemas(operation)
        if "key" in schema["properties"]
    ]
    assert holding == [("{MailSendTenantUuid}/api_keys/", "post")]


def test_only_the_answer_to_the_creation_of_an_app_password_holds_it() -> None:
    holding = [
        (path.rpartition("/accounts/")[2], method)
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        for schema in schemas(operation)
        if schema["properties"].get("password") == MADE
    ]
    assert holding == [("{MailAccountUuid}/app_passwords/", "post")]


def test_only_answers_to_who_makes_or_changes_accounts_hold_a_generated_password() -> (
    None
):
    holding = {
        (path.rpartition("/accounts/")[2], method)
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        for schema in schemas(operation)
        if ONCE & schema["properties"].keys()
    }
    one = "{MailAccountUuid}"
    assert holding == {("", "post"), ("bulk/", "post"), (one, "put"), (one, "patch")}
    for schema in DOCUMENT["components"]["schemas"].values():
        assert not ONCE & schema.get("properties", {}).keys()


def test_every_operation_names_its_errors_and_has_a_name_of_its_own() -> None:
    operations = [
        operation for path in DOCUMENT["paths"].values() for operation in path.values()
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) >= 15
    for operation in operations:
        assert "401" in operation["responses"]
        assert "default" not in operation["responses"]


def test_patch_is_described_like_put() -> None:
    for path, operations in DOCUMENT["paths"].items():
        assert ("put" in operations) == ("patch" in operations), path
        if "put" in operations:
            put, patch = operations["put"], operations["patch"]
            assert {**put, "operationId": ""} == {**patch, "operationId": ""}
