# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Ending connections to the submission ports that do not log in in time.

exim ends a client that is silent. One that drips octets, or repeats commands that
do nothing, is never silent; it has so many seconds for its login here.
"""

import time

from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.services.exim import sessions

#: Seconds from a connection's beginning to its login.
LOGIN_TIME = 60.0
# Seconds between two looks: each makes the kernel walk through all its sockets.
_INTERVAL = 15.0

_monotonic = time.monotonic


class Strangers:
    """The memory of the connections that are open, by their sockets' inodes."""

    def __init__(self, layout: layout_lib.Layout) -> None:
        self._layout = layout
        self._since: dict[str, float] = {}
        self._logged_in: set[str] = set()
        self._looked = -_INTERVAL

    def end(self) -> None:
        """End the connections whose time is over; does nothing if just done.

        Raises:
            OSError: the processes or the log cannot be read.
        """
        now = _monotonic()
        if now - self._looked < _INTERVAL:
            return
        self._looked = now
        connected = sessions.inodes(self._layout)
        self._since = {one: self._since.get(one, now) for one in connected}
        self._logged_in &= connected
        late = {
            one for one, since in self._since.items() if now - since >= LOGIN_TIME
        } - self._logged_in
        if late:
            self._logged_in |= sessions.end_without_login(self._layout, late)
