# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The form of what the API's description says about a field."""

import collections.abc as abc
import types
import typing as tp

from exordos_mail import constants as c
from exordos_mail.schema import field as schema_field

_UUID = "3f0c2a4e-5b7d-4d1e-9c38-1a2b3c4d5e6f"
_PATH = f"/v1/types/{c.SLUG}"
_HEX = "[0-9a-fA-F]"
_UUID_PATTERN = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"


class Field(tp.NamedTuple):
    """What is said about one field.

    Attributes:
        text: for the caller; units, who sets it.
        example: a valid value in JSON.
        schema: keywords of JSON Schema that take the place of the SDK's.
    """

    text: str
    example: tp.Any
    schema: tp.Mapping[str, tp.Any] = types.MappingProxyType({})


def reference(text: str, *collections: str) -> Field:
    """Return what is said about a field that holds an object's path.

    Args:
        text: see `Field`.
        collections: names in the path, from `mail/` down to the object's.
    """
    path = _PATH + "".join(f"/{name}/{_UUID}" for name in collections)
    pattern = _PATH + "".join(f"/{name}/{_UUID_PATTERN}" for name in collections)
    return Field(text, path, {"format": "uri-reference", "pattern": f"^{pattern}$"})


def texts_of(fields: abc.Iterable[schema_field.Field]) -> dict[str, Field]:
    """Return what is said about the fields of a noun."""
    return {one.name: Field(one.text, one.example) for one in fields}


#: Of fields that all objects have.
COMMON: tp.Mapping[str, Field] = {
    "uuid": Field("Identifier; chosen by the server if not given.", _UUID),
    "project_id": Field(
        "Project that owns the object. Default: the project of the token, or of the"
        " object's parent; a token without a project has to name one.",
        "4d657461-0000-0000-0000-000000000002",
    ),
    "created_at": Field("Time of creation, UTC.", "2026-01-31T12:00:00.000000Z"),
    "updated_at": Field(
        "Time of the last change by a user, UTC.", "2026-01-31T12:30:00.000000Z"
    ),
}
