# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

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
