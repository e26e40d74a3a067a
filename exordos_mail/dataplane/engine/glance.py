# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a pass has found whole on the disk: no file is examined twice in it.

A thousand domains are thousands of files. A look at all of them is the look of a pass;
what is brought into service after it, and by the doorbell before the next one, believes
it. What somebody else changes meanwhile is found by that next look, as ever.
"""

import time
import typing as tp

_monotonic = time.monotonic


class Glance:
    """The memory of one look; out of use, it knows nothing, and all is examined.

    Args:
        life: seconds for which a look may count, where another one can be spared.
    """

    def __init__(self, life: float = 0.0) -> None:
        self._life = life
        self._until = 0.0
        #: By what was looked at: the state in which it was found whole.
        self._whole: dict[tp.Hashable, tp.Hashable] | None = None

    def begin(self, spared: bool = False) -> None:
        """Begin a look; `spared`: unless the last one still counts."""
        if self._whole is None or not spared or _monotonic() >= self._until:
            self._whole, self._until = {}, _monotonic() + self._life

    def end(self) -> None:
        """Remember nothing, until it begins again."""
        self._whole = None

    def note(self, what: tp.Hashable, state: tp.Hashable) -> None:
        """Remember something that has been found whole."""
        if self._whole is not None:
            self._whole[what] = state

    def forget(self, what: tp.Hashable) -> None:
        """Have something examined again."""
        if self._whole is not None:
            self._whole.pop(what, None)

    def forget_all(self) -> None:
        """Have everything examined again."""
        if self._whole is not None:
            self._whole = {}

    def has(self, what: tp.Hashable, state: tp.Hashable) -> bool:
        """Return whether something has been found whole in this state."""
        whole = self._whole
        return whole is not None and whole.get(what) == state
