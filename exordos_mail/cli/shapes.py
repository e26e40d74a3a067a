# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One shape for a resource, whichever API has it, and back.

So a command shows the same, and takes the same, wherever it works.
"""

import typing as tp

from exordos_mail.cli.nouns import Noun

Row = tp.Mapping[str, tp.Any]
Body = dict[str, tp.Any]

#: What only says where a row of the control plane is.
_PARENTS = ("instance", "tenant")


def of_plane(noun: Noun, row: Row) -> Body:
    """Return a row of the control plane as it is shown."""
    if noun.kept == "plane":
        return dict(row)
    found: Body = {noun.key: row[noun.plane_key]}
    dropped = _PARENTS if noun.plane_key == "uuid" else (*_PARENTS, noun.plane_key)
    found |= {name: value for name, value in row.items() if name not in dropped}
    if "limit_day" in row:
        found["managed"] = True
    if "username" in row:
        found["has_password"] = row["username"] is not None
    return found


def to_plane(noun: Noun, given: Row) -> Body:
    """Return a request as the control plane takes it."""
    body = dict(given)
    if noun.key in body:
        body[noun.plane_key] = body.pop(noun.key)
    return body
