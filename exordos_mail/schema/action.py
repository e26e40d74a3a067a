# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The definition of an action: what can be asked of one object of a noun."""

import dataclasses

from exordos_mail.schema.field import Field


@dataclasses.dataclass(frozen=True)
class Action:
    """Something besides creating, reading, changing and deleting.

    `POST .../<uuid>/actions/<name>/invoke`; the answer is the object afterwards. Who
    does it needs `exordos_mail.<permission of the noun>.<name>`, and has to be able to
    read the object. The noun's model has a method of this name, which takes the
    fields by name.

    Attributes:
        name: of the method, in the path and of the permission; with dashes on the
            command line.
        text: for people: what it does. One sentence first.
        fields: what a request may say, each with a default or nullable, or it must be
            given.
    """

    name: str
    text: str
    fields: tuple[Field, ...] = ()
