# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A service of the node, as the engine sees it."""


class RehearsalFailed(Exception):
    """The configuration must not go into service; one line of text."""
