# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A text of the API's description."""

import typing as tp


class Text(tp.NamedTuple):
    """What a member means, and an example of it."""

    text: str
    example: tp.Any
