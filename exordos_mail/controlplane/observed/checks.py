# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the keepers have in common: nothing that a node tells is believed unseen."""

import typing as tp
import uuid as sys_uuid

from exordos_mail.protocol import messages


def uuid(key: str) -> str:
    """Return a key that is a uuid in its usual form.

    Raises:
        MessageError: it is none.
    """
    try:
        found: str | None = str(sys_uuid.UUID(key))
    except ValueError:
        found = None
    if found != key:
        raise messages.MessageError("a key is no uuid in its usual form")
    return key


def numbers(
    fact: tp.Mapping[str, tp.Any], bounds: tp.Mapping[str, int]
) -> dict[str, int]:
    """Return facts that are whole numbers from 0 to their bounds.

    Args:
        fact: what was told of one thing.
        bounds: the largest number by name; nothing else may be told.

    Raises:
        MessageError: there is another name, one is missing, or a number is none.
    """
    if fact.keys() != bounds.keys():
        raise messages.MessageError("a fact has other names than those of its kind")
    for name, most in bounds.items():
        value = fact[name]
        # true is an int to Python
        if type(value) is not int or not 0 <= value <= most:
            raise messages.MessageError(f"{name}: a whole number from 0 to {most}")
    return dict(fact)
