# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the API's description says about each field: text, example, JSON Schema."""

import typing as tp

from exordos_mail import constants as c
from exordos_mail.controlplane.dm import noun as dm_noun
from exordos_mail.schema import catalogue
from exordos_mail.schema.field import Field, Kind
from exordos_mail.schema.noun import UUID, Noun

JSON = dict[str, tp.Any]

_PATH = f"/v1/types/{c.SLUG}"
_HEX = "[0-9a-fA-F]"
_UUID_PATTERN = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_PARENT = (
    "{} that it belongs to, by its path. A body need not give it; it may only repeat"
    " the {} of the request's path."
)


def of_field(model: str, name: str) -> JSON:
    """Return what is said about a field, as keywords of JSON Schema.

    Args:
        model: name of the model's class.
        name: of the field.
    """
    noun = catalogue.of_model(model)
    if name == noun.below:
        parent = catalogue.nouns()[name]
        text = _PARENT.format(parent.title.capitalize(), parent.title)
        return {**_reference(parent), "description": text}
    field = noun.field(name)
    return {"description": field.text, **_form(field)}


def schema(field: Field) -> JSON:
    """Return the JSON Schema of a field that stands alone."""
    found: JSON = dm_noun.type_of(field).to_openapi_spec({})
    if field.default is not None:
        found["default"] = field.default
    return {**found, "description": field.text, **_form(field)}


def filled(model: str) -> frozenset[str]:
    """Return the fields for which the server finds a value where none is given."""
    noun = catalogue.of_model(model)
    return frozenset(one.name for one in noun.members if one.derived) | {noun.below}


def _form(field: Field) -> JSON:
    if field.kind is Kind.REFERENCE:
        return _reference(catalogue.nouns()[field.rule])
    return {"example": field.example, **field.schema}


def _reference(noun: Noun) -> JSON:
    names = catalogue.path(noun)
    pattern = _PATH + "".join(f"/{name}/{_UUID_PATTERN}" for name in names)
    return {
        "example": _PATH + "".join(f"/{name}/{UUID.example}" for name in names),
        "format": "uri-reference",
        "pattern": f"^{pattern}$",
    }
