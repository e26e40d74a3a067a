# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Why a mailbox cannot be read."""


class Fault(Exception):
    """It cannot be read; the text is for people, and never holds what a server said."""

    def __init__(self, text: str, passes: bool = False) -> None:
        """Make it.

        Args:
            passes: it may go by itself: the server is away, or busy.
        """
        super().__init__(text)
        self.passes = passes
