# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A deleted account whose mail is kept for a while."""

import dataclasses
import typing as tp

from exordos_mail.schema import account
from exordos_mail.schema.action import Action
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

_BOTH = ("username", "domain", "name", "usage_bytes", "usage_messages")
_STATES = ("kept", "purging", "restored")


def _moment(name: str, text: str) -> Field:
    return Field(
        name, Kind.MOMENT, text, "2026-01-31T12:00:00Z", access=Access.READ_ONLY
    )


def _of_account(name: str) -> Field:
    """Return a field of the account as it was."""
    changes: dict[str, tp.Any] = {"access": Access.READ_ONLY}
    if name in ("username", "domain"):
        changes["sortable"] = True
    return dataclasses.replace(account.NOUN.field(name), **changes)


NOUN = Noun(
    "deleted_account",
    "deleted_accounts",
    "An account that was deleted and whose mail is kept for a while. It has the uuid of"
    " the account.",
    (
        *map(_of_account, _BOTH),
        Field(
            "state",
            Kind.WORD,
            "kept: it can be restored. purging: the machine is removing the mail; when"
            " it is gone, so is this object. restored: the answer to that request.",
            "kept",
            words=_STATES,
            access=Access.READ_ONLY,
            filterable=True,
        ),
        _moment("deleted_at", "When the account was deleted."),
        _moment(
            "purge_at",
            "When the mail is removed: `mailbox_retention_days` of the instance after"
            " the deletion, as that was then.",
        ),
    ),
    below="instance",
    conflict="an account of this uuid exists in another instance",
    read_only=True,
    declarable=False,
    listed=("uuid", "username", "domain", "state", "usage_bytes", "purge_at"),
    own_actions=(
        Action(
            "restore",
            "Bring the account back: its mail, password, settings and aliases that lead"
            " to it, not its app passwords. Its address has to be free.",
        ),
        Action(
            "purge",
            "Remove the mail now. It cannot be restored any more.",
        ),
    ),
)
