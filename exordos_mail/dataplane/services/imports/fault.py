# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Why an import does not go on, in our own words.

No text holds what a server has said: it may say anything, a password too.
"""


class Fault(Exception):
    """One line of text for people, without secrets.

    Args:
        text: what is told.
        passes: whether it is worth trying again in a moment.
    """

    def __init__(self, text: str, passes: bool = False) -> None:
        super().__init__(text)
        self.passes = passes


class FolderFault(Fault):
    """It is one folder's alone: the others go on."""
