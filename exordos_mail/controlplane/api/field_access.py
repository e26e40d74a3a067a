# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What requests may do with the fields of a noun, for the SDK's FieldsPermissions."""

import typing as tp

from restalchemy.api import constants
from restalchemy.api import field_permissions as field_p

from exordos_mail.schema.field import Access
from exordos_mail.schema.noun import Noun

_SET_ONCE = {
    constants.ALL: field_p.Permissions.RO,
    constants.CREATE: field_p.Permissions.RW,
}
_BY_ACCESS: tp.Mapping[Access, dict[str, tp.Any]] = {
    Access.SET_ONCE: _SET_ONCE,
    Access.READ_ONLY: {constants.ALL: field_p.Permissions.RO},
    Access.WRITE_ONLY: {
        constants.ALL: field_p.Permissions.HIDDEN,
        constants.CREATE: field_p.Permissions.RW,
        constants.UPDATE: field_p.Permissions.RW,
    },
    Access.SHOWN_ONCE: {
        constants.ALL: field_p.Permissions.HIDDEN,
        constants.CREATE: field_p.Permissions.RO,
    },
    Access.SHOWN_WHEN_MADE: {
        constants.ALL: field_p.Permissions.HIDDEN,
        constants.CREATE: field_p.Permissions.RO,
        constants.UPDATE: field_p.Permissions.RO,
    },
    Access.HIDDEN: {constants.ALL: field_p.Permissions.HIDDEN},
}


def permissions(noun: Noun) -> field_p.FieldsPermissions:
    """Return what requests may do with each field."""
    if noun.read_only:
        return field_p.FieldsPermissions(default=field_p.Permissions.RO, fields={})
    fields = {
        one.name: _BY_ACCESS[one.access]
        for one in noun.members
        if one.access is not Access.FREE
    }
    parent = {noun.below: _SET_ONCE} if noun.below else {}
    return field_p.FieldsPermissions(
        default=field_p.Permissions.RW, fields={**fields, **parent}
    )


def with_access(noun: Noun, access: Access) -> tuple[str, ...]:
    """Return the names of the fields with which requests may do just that."""
    return tuple(one.name for one in noun.members if one.access is access)
