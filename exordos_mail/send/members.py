# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Types of rows, requests and answers, made of a noun's fields."""

import collections.abc as abc
import typing as tp

import msgspec

from exordos_mail.schema.field import Field, Kind, names
from exordos_mail.send import clock
from exordos_mail.standards import certificate_forms, imap_source, relay, tenant

Host = tp.Annotated[str, msgspec.Meta(pattern=f"^{relay.HOST_PATTERN}")]
URL = tp.Annotated[
    str, msgspec.Meta(pattern=f"^{tenant.URL_PATTERN}", max_length=tenant.URL_MAX)
]
Credential = tp.Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=relay.CREDENTIAL_MAX,
        pattern=f"^{relay.CREDENTIAL_PATTERN}",
    ),
]
#: Texts by the name of their rule.
_TEXTS: tp.Mapping[str, tp.Any] = {
    "host": Host,
    "url": URL,
    # Judged with `callback_auth` (callback_auth.py).
    "callback_username": str,
    "callback_secret": str,
    # Judged whole where the mailbox is (bounce_mailboxes/handlers.py).
    "folder": tp.Annotated[
        str, msgspec.Meta(min_length=1, max_length=imap_source.FOLDER_MAX)
    ],
    "certificate_chain": tp.Annotated[
        str, msgspec.Meta(max_length=certificate_forms.CHAIN_MAX)
    ],
    "credential": Credential,
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


def columns(fields: abc.Iterable[Field]) -> tp.Any:
    """Return the base of a row; what a field has no default for is to be given.

    Secrets are sealed.
    """
    found: list[tp.Any] = []
    for one in fields:
        kind = bytes if one.secret else _SHOWN[one.kind]
        if one.nullable:
            found.append((one.name, kind | None, None))
        elif one.default is None:
            found.append((one.name, kind))
        else:
            found.append((one.name, kind, one.default))
    return _struct(found, frozen=True)


def _struct(members: abc.Iterable[tp.Any], frozen: bool = False) -> tp.Any:
    return msgspec.defstruct("Members", members, kw_only=True, frozen=frozen)


def given(wanted: abc.Iterable[str], body: object) -> dict[str, tp.Any]:
    """Return the members of these names that a request gives."""
    found = {name: getattr(body, name) for name in wanted}
    return {name: one for name, one in found.items() if one is not msgspec.UNSET}


def open_names(fields: abc.Iterable[Field]) -> tuple[str, ...]:
    """Return the names of the fields that are no secret."""
    return names(one for one in fields if not one.secret)


T = tp.TypeVar("T", bound=msgspec.Struct)


def out(answer: type[T], row: object, **more: tp.Any) -> T:
    """Return an answer: its members are those of a row, and what `more` says.

    Members whose names end in `_at` are moments, texts in the answer.
    """
    found = dict(more)
    for name in answer.__struct_fields__:
        if name not in more:
            value = getattr(row, name)
            is_moment = name.endswith("_at") and value is not None
            found[name] = clock.text(value) if is_moment else value
    return answer(**found)
