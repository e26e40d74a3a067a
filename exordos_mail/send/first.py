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

"""What a new service begins with: one tenant with one account."""

from exordos_mail.send import clock
from exordos_mail.send.records import accounts, tenants
from exordos_mail.send.storage import database

#: The tenant of calls of the admin that name none.
TENANT = "default"
ACCOUNT = "default"


def seed(tx: database.Transaction, host: str, port: int) -> None:
    """Make tenant and account if there is no tenant at all."""
    if tenants.page(tx, "", 1):
        return
    now = clock.now()
    tenants.add(tx, tenants.empty(TENANT), now)
    row = accounts.empty(TENANT, ACCOUNT, host)
    accounts.add(tx, {**row, "port": port, "tls": "none"}, now)
