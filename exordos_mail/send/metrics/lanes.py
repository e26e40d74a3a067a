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

"""Labels of lanes: bounded, however many tenants and accounts there are."""

#: Lanes with series of their own. Each has about ten.
LANES_MAX = 500
#: Stands for all the others: no id of a tenant or an account begins like this.
OTHER = "_other"


class Lanes:
    """The lanes that were seen first keep series of their own."""

    def __init__(self, most: int = LANES_MAX) -> None:
        self._most = most
        self._known: set[tuple[str, str]] = set()

    def labels(self, tenant_id: str, account_id: str) -> tuple[str, str]:
        """Return the labels `tenant` and `account` of a lane."""
        lane = tenant_id, account_id
        if lane not in self._known:
            if len(self._known) >= self._most:
                return OTHER, OTHER
            self._known.add(lane)
        return lane
