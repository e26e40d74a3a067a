# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Properties of a stored model, made of a noun's fields."""

import collections.abc as abc
import typing as tp

from restalchemy.dm import properties, types

from exordos_mail.controlplane.dm import sealing, send_types
from exordos_mail.controlplane.dm import types as mail_types
from exordos_mail.schema.field import Field, Kind
from exordos_mail.standards import relay

#: Check, longest value and pattern of a text by the name of its rule.
_RULES: tp.Mapping[str, tuple[tp.Callable[[object], str], int, str]] = {
    "host": (relay.check_host, relay.HOST_MAX, relay.HOST_PATTERN),
    "credential": (
        relay.check_credential,
        relay.CREDENTIAL_MAX,
        relay.CREDENTIAL_PATTERN,
    ),
}


def properties_of(fields: abc.Iterable[Field]) -> dict[str, tp.Any]:
    """Return the properties of fields by name, for the body of a model's class."""
    return {one.name: _property(one) for one in fields}


def _property(field: Field) -> tp.Any:
    if field.secret:
        check, most, _ = _RULES[field.rule]
        return sealing.secret(field.name, check, most)
    if field.nullable:
        return properties.property(types.AllowNone(_type(field)))
    given = {} if field.default is None else {"default": field.default}
    return properties.property(_type(field), required=True, **given)


def _type(field: Field) -> types.BaseType:
    if field.kind is Kind.INTEGER:
        return mail_types.Count(field.name, field.least, field.most)
    if field.kind is Kind.FLAG:
        return mail_types.Flag(field.name)
    if field.kind is Kind.WORD:
        return send_types.Choice(field.name, field.words)
    return mail_types.Checked(field.name, *_RULES[field.rule])
