# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""JSON of somebody else: whatever it is, it has one way to be wrong."""

import json
import typing as tp


def loads(octets: str | bytes) -> tp.Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: it is none, or it is nested deeper than Python can follow; the
            library raises RecursionError then, which nobody expects of a parser.
    """
    try:
        return json.loads(octets)
    except RecursionError:
        raise ValueError("nested too deeply") from None
