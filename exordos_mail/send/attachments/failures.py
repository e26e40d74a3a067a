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

"""Why an attachment cannot be had."""

import copy
import typing as tp

F = tp.TypeVar("F", bound="Failure")


class Failure(Exception):
    """An attachment cannot be had.

    Args:
        reason: for people; without a secret.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        #: Index of the attachment in its message, where that is known.
        self.position: int | None = None

    def at(self: F, position: int) -> F:
        """Return the same failure with a position.

        A copy, because all who wait for one source get one exception.
        """
        found = copy.copy(self)
        found.position = position
        return found


class PermanentFailure(Failure):
    """It can never be had in this way."""


class TemporaryFailure(Failure):
    """It cannot be had now.

    Args:
        retry_after: seconds that the source asks to be left alone, if it did.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
