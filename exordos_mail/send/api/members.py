# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Types of the API's members, made of a noun's fields."""

import collections.abc as abc
import typing as tp

import msgspec

from exordos_mail.schema.field import Field, Kind
from exordos_mail.standards import relay

Host = tp.Annotated[str, msgspec.Meta(pattern=f"^{relay.HOST_PATTERN}")]
#: Texts by the name of their rule.
_TEXTS: tp.Mapping[str, tp.Any] = {
    "host": Host,
    "credential": tp.Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=relay.CREDENTIAL_MAX,
            pattern=f"^{relay.CREDENTIAL_PATTERN}",
        ),
    ],
}
_SHOWN: tp.Mapping[Kind, type] = {
    Kind.INTEGER: int,
    Kind.FLAG: bool,
    Kind.WORD: str,
    Kind.TEXT: str,
}


def type_of(field: Field) -> tp.Any:
    """Return the type that judges a value of a field."""
    found: tp.Any = bool
    if field.kind is Kind.INTEGER:
        found = tp.Annotated[int, msgspec.Meta(ge=field.least, le=field.most)]
    elif field.kind is Kind.WORD:
        found = tp.Literal[field.words]
    elif field.kind is Kind.TEXT:
        found = _TEXTS[field.rule]
    return found | None if field.nullable else found


def changes(fields: abc.Iterable[Field]) -> tp.Any:
    """Return the base of a request that gives any of the fields; absent: UNSET."""
    return _struct(
        (one.name, type_of(one) | msgspec.UnsetType, msgspec.UNSET) for one in fields
    )


def whole(fields: abc.Iterable[Field]) -> tp.Any:
    """Return the base of a request that gives all of the fields."""
    return _struct((one.name, type_of(one)) for one in fields)


def shown(fields: abc.Iterable[Field]) -> tp.Any:
    """Return the base of an answer: `id`, and the fields that are no secret."""
    found = [
        (one.name, _SHOWN[one.kind] | None if one.nullable else _SHOWN[one.kind])
        for one in fields
        if not one.secret
    ]
    return _struct([("id", str), *found])


def _struct(members: abc.Iterable[tp.Any]) -> tp.Any:
    return msgspec.defstruct("Members", members, kw_only=True)


def given(fields: abc.Iterable[Field], body: object) -> dict[str, tp.Any]:
    """Return what a request gives of the fields, as columns; secrets are left out."""
    members = {one.name: getattr(body, one.name) for one in fields if not one.secret}
    return {
        name: int(value) if isinstance(value, bool) else value
        for name, value in members.items()
        if value is not msgspec.UNSET
    }


def out(fields: abc.Iterable[Field], row: tp.Mapping[str, tp.Any]) -> dict[str, tp.Any]:
    """Return the members of an answer; secrets are left out."""
    return {
        one.name: bool(row[one.name]) if one.kind is Kind.FLAG else row[one.name]
        for one in fields
        if not one.secret
    }
