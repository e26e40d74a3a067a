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
