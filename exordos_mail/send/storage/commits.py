# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who is told when events were committed."""

import typing as tp

#: Called in the thread that has committed: it must be quick, and not raise.
Heard = tp.Callable[[], None]


class Commits:
    """Tells what was committed to all who listen in this process."""

    def __init__(self) -> None:
        self._heard: list[Heard] = []

    def listen(self, heard: Heard) -> None:
        """Call `heard` after each commit of a transaction that has rung."""
        self._heard.append(heard)

    def told(self) -> None:
        """Know that such a transaction is committed."""
        for heard in self._heard:
            heard()
