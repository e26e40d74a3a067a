# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""What requests may do with a field, for the SDK's FieldsPermissions."""

from restalchemy.api import constants
from restalchemy.api import field_permissions as field_p

READ_ONLY = {constants.ALL: field_p.Permissions.RO}
HIDDEN = {constants.ALL: field_p.Permissions.HIDDEN}
SET_ONCE = {
    constants.ALL: field_p.Permissions.RO,
    constants.CREATE: field_p.Permissions.RW,
}
WRITE_ONLY = {
    constants.ALL: field_p.Permissions.HIDDEN,
    constants.CREATE: field_p.Permissions.RW,
    constants.UPDATE: field_p.Permissions.RW,
}
SHOWN_ONCE = {
    constants.ALL: field_p.Permissions.HIDDEN,
    constants.CREATE: field_p.Permissions.RO,
}
TIMES = ("created_at", "updated_at")
#: Fields of everything that belongs to an instance.
COMMON = {"project_id": SET_ONCE, "created_at": READ_ONLY, "updated_at": READ_ONLY}
