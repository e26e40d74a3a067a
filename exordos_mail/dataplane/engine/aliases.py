# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An alias as the node's services see it, and its document.

    {"sales": {"targets": ["ann@example.com", "bob@example.org"]}}
    {"*@second.org": {"targets": [...]}}        what nobody else has in second.org
    {"sales": {..., "send_as": true}}           accounts among the targets send as it

The key of an alias outside the primary domain is its address.
"""

import dataclasses
import typing as tp

from exordos_mail.dataplane.engine import accounts
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.standards import recipient

SpecError = spec_lib.SpecError

CATCH_ALL = "*"
_TARGETS_MAX = 1000


@dataclasses.dataclass(frozen=True)
class Alias:
    """An alias: its address, where its mail goes, and whether targets send as it."""

    address: str
    targets: tuple[str, ...]
    send_as: bool = False


def of_bucket(found: tp.Mapping[str, tp.Any], primary: str) -> list[Alias]:
    """Return the aliases of a bucket that was checked, in its order."""
    return [
        Alias(
            accounts.login(key, primary),
            tuple(one["targets"]),
            one.get("send_as", False),
        )
        for key, one in found.items()
    ]


def check(key: str, document: object, primary: str) -> None:
    """Check a document.

    Raises:
        SpecError: it breaks a rule; the text has no value of it.
    """
    _check_key(key, primary)
    if not isinstance(document, dict) or not {"targets", "send_as"}.issuperset(
        document
    ):
        raise SpecError(f"the document of alias {key} has the wrong fields")
    targets = document.get("targets")
    if not isinstance(targets, list) or not 0 < len(targets) <= _TARGETS_MAX:
        raise SpecError(f"alias {key} has no list of 1 to {_TARGETS_MAX} targets")
    if not all(map(_is_target, targets)):
        raise SpecError(f"one of the targets of alias {key} is not an address")
    if not isinstance(document.get("send_as", False), bool):
        raise SpecError(f"send_as of alias {key} is neither true nor false")


def _check_key(key: str, primary: str) -> None:
    local_part, at, domain = key.partition("@")
    named = "any" if local_part == CATCH_ALL else local_part
    accounts.check_key(named + at + domain, primary)


def _is_target(value: object) -> bool:
    try:
        return (
            isinstance(value, str)
            and value.isascii()
            and recipient.check(value) == value
        )
    except recipient.AddressError:
        return False
