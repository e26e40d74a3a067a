# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who keeps what nodes see.

A node is not trusted: a keeper changes nothing but what belongs to the node's instance,
and raises MessageError for facts that no node of ours would tell. What is gone
in the meantime it leaves out without a word.
"""

import typing as tp
import uuid as sys_uuid

from exordos_mail.controlplane.documents import collection
from exordos_mail.controlplane.observed import (
    imports,
    logins,
    purges,
    sieve_scripts,
    usage,
)
from exordos_mail.protocol import observations

#: Keeps facts of an instance, which the transaction of the caller has locked.
#:
#: Raises:
#:     messages.MessageError: they are none of its kind; the text holds no value.
Keep = tp.Callable[[collection.Queries, sys_uuid.UUID, observations.Facts], None]

_KEEPERS: dict[str, Keep] = {
    imports.KIND: imports.keep,
    sieve_scripts.KIND: sieve_scripts.keep,
    usage.KIND: usage.keep,
    purges.KIND: purges.keep,
    logins.KIND: logins.keep,
    logins.APP_PASSWORDS: logins.keep_uses,
}


def add(kind: str, keep: Keep) -> None:
    """Have the facts of a kind kept."""
    _KEEPERS[kind] = keep


def keeper(kind: str) -> Keep | None:
    """Return who keeps the facts of a kind; None: nobody knows it."""
    return _KEEPERS.get(kind)
