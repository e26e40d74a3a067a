# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Series of lanes: bounded, however many tenants and relays there are."""

import typing as tp

#: Lanes with series of their own. Each has about ten.
LANES_MAX = 500
#: Stands for all the others: no id of a tenant or a relay begins like this.
OTHER = "_other"

T = tp.TypeVar("T")


class Lanes(tp.Generic[T]):
    """The lanes that were seen first have series of their own."""

    def __init__(
        self, make: tp.Callable[[tuple[str, str]], T], most: int = LANES_MAX
    ) -> None:
        """Make it.

        Args:
            make: makes a lane's series of its labels `tenant` and `relay`.
        """
        self._make = make
        self._most = most
        self._known: dict[tuple[str, str], T] = {}

    def get(self, tenant_id: str, relay_id: str) -> T:
        """Return the series of a lane, or those that the others share."""
        lane = tenant_id, relay_id
        found = self._known.get(lane)
        if found is not None:
            return found
        if len(self._known) >= self._most:
            lane = OTHER, OTHER
            if lane in self._known:
                return self._known[lane]
        return self._known.setdefault(lane, self._make(lane))
