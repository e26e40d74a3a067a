# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A Sieve script of an account as the node's services see it, and its document.

    {"<uuid>": {"account": "<uuid>", "name": "10-vacation", "content": "keep;",
                "enabled": true}}

One that is not enabled is only checked.
"""

import dataclasses
import functools
import re
import typing as tp

from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.standards import rule, sieve_script

COLLECTION = "sieve_scripts"
_FIELDS = frozenset({"account", "name", "content", "enabled"})
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@dataclasses.dataclass(frozen=True)
class SieveScript:
    """A script; `account` names the mailbox whose mail it files."""

    uuid: str
    account: str
    name: str
    content: str = dataclasses.field(repr=False)
    enabled: bool

    @functools.cached_property
    def digest(self) -> str:
        """What tells its content from others."""
        return sieve_script.digest(self.content)


def of(found: tp.Mapping[str, tp.Any]) -> list[SieveScript]:
    """Return scripts whose documents were checked, in their order."""
    return [
        SieveScript(uuid, one["account"], one["name"], one["content"], one["enabled"])
        for uuid, one in found.items()
    ]


def check(key: str, document: object, primary: str) -> None:
    """Check a document.

    Raises:
        SpecError: it breaks a rule; the text has no value of it.
    """
    if not _UUID.match(key):
        raise spec_lib.SpecError("a Sieve script is not named by a uuid")
    if not isinstance(document, dict) or set(document) != _FIELDS:
        raise spec_lib.SpecError(f"Sieve script {key} has the wrong fields")
    account, enabled = document["account"], document["enabled"]
    if not isinstance(account, str) or not _UUID.match(account):
        raise spec_lib.SpecError(f"the account of Sieve script {key} is not a uuid")
    if not isinstance(enabled, bool):
        raise spec_lib.SpecError(
            f"enabled of Sieve script {key} is neither true nor false"
        )
    try:
        sieve_script.check_name(document["name"])
        sieve_script.check_content(document["content"])
    except rule.RuleError as exc:
        raise spec_lib.SpecError(f"Sieve script {key}: not {exc}") from None
