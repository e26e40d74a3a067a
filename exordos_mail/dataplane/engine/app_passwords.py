# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""App passwords of an account: what one program of its owner logs in with.

    [{"hash": "<64 digits>", "scopes": ["imap", "smtp"],
      "expires_at": null or seconds of Unix time, "sender": null or an address,
      "uuid": "<uuid>"}]

The uuid is what one is called that was used; in a state that was accepted before there
were any, none has one. The server makes app passwords, so random that their SHA-256 is
as good as a costly hash: it is looked up, and no other password waits for it.
"""

import dataclasses
import re
import typing as tp

from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.standards import recipient

SMTP = "smtp"
#: What reads a mailbox, by the names that Dovecot has for the services.
READING = ("imap", "pop3", "sieve")
NAMELESS = "-"
_MOST = 50
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_FIELDS = frozenset({"hash", "scopes", "expires_at", "sender", "uuid"})


@dataclasses.dataclass(frozen=True)
class AppPassword:
    """An app password.

    Attributes:
        digest: the SHA-256 of the password, hexadecimal.
        scopes: what it opens: smtp, imap, pop3, sieve.
        expires_at: seconds of Unix time; 0, never.
        sender: the one address that it submits mail as; "", any of the account's.
        uuid: what it is called when it was used; "-": it has none.
    """

    digest: str = dataclasses.field(repr=False)
    scopes: tuple[str, ...]
    expires_at: int = 0
    sender: str = ""
    uuid: str = NAMELESS


def of(found: tp.Iterable[tp.Mapping[str, tp.Any]]) -> tuple[AppPassword, ...]:
    """Return app passwords that were checked."""
    return tuple(
        AppPassword(
            one["hash"],
            tuple(one["scopes"]),
            one["expires_at"] or 0,
            one["sender"] or "",
            one.get("uuid", NAMELESS),
        )
        for one in found
    )


def check(key: str, value: object) -> None:
    """Check the app passwords of an account.

    Raises:
        SpecError: they break a rule; the text has no value of them.
    """
    if not isinstance(value, list) or len(value) > _MOST:
        raise spec_lib.SpecError(f"account {key} has no list of {_MOST} app passwords")
    if not all(map(_is_good, value)):
        raise spec_lib.SpecError(f"an app password of account {key} breaks a rule")


def _is_good(value: object) -> bool:
    if not isinstance(value, dict) or set(value) | {"uuid"} != _FIELDS:
        return False
    digest, scopes, expires = value["hash"], value["scopes"], value["expires_at"]
    return (
        isinstance(digest, str)
        and bool(_HASH.match(digest))
        and isinstance(scopes, list)
        and bool(scopes)
        and all(one in (SMTP, *READING) for one in scopes)
        and (expires is None or spec_lib.is_limit(expires))
        and _is_sender(value["sender"])
        and _is_uuid(value.get("uuid"))
    )


def _is_uuid(value: object) -> bool:
    return value is None or (isinstance(value, str) and bool(_UUID.match(value)))


def _is_sender(value: object) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, str) and recipient.check(value) == value
    except recipient.AddressError:
        return False
