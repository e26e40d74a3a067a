# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What is told of a door, out of one finding after another.

A state changes when it was found twice in a row, so that one lost connection, or a
daemon that is just being reloaded, is nobody's news. Where nothing has been told yet,
what answers is believed at once, and anything after a few findings.
"""

import dataclasses

from exordos_mail.dataplane.engine import door
from exordos_mail.schema.health import OK

# Of a door that is found in one state and in another from its beginning on.
_ENOUGH = 4


@dataclasses.dataclass(frozen=True)
class Standing:
    """What is told of a door.

    Attributes:
        since: Unix seconds of the first finding of this state.
    """

    state: str
    reason: str
    since: float


class Judge:
    """Makes a standing of findings.

    Args:
        before: what an earlier agent has told.

    Attributes:
        told: None: nothing yet.
    """

    def __init__(self, before: Standing | None = None) -> None:
        self.told: Standing | None = None
        self._before = before
        self._last: door.Finding | None = None
        self._first = 0.0
        self._taken = 0

    @property
    def is_settled(self) -> bool:
        """Whether the last finding is what is told."""
        return self.told is not None and self.told.state == _state(self._last)

    def take(self, found: door.Finding, now: float) -> None:
        """Take what was found.

        Args:
            now: Unix seconds.
        """
        last, self._last = self._last, found
        self._taken += 1
        if _state(last) != found.state:
            self._first = now
        if self.told is not None and self.told.state == found.state:
            if last == found:
                # Who gives another reason each time is told once.
                self.told = dataclasses.replace(self.told, reason=found.reason)
        elif _state(last) == found.state or (not self.told and self._is_enough()):
            self.told = Standing(found.state, found.reason, self._since(found.state))

    def _is_enough(self) -> bool:
        return _state(self._last) == OK or self._taken >= _ENOUGH

    def _since(self, state: str) -> float:
        before, self._before = self._before, None
        is_same = before is not None and before.state == state
        return before.since if before is not None and is_same else self._first


def _state(found: door.Finding | None) -> str:
    return found.state if found else ""
