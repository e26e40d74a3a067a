# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An account as the node's services see it, and its document.

    {"alice": {"password_hash": crypt(5)}}              it may log in
    {"alice": {..., "mailbox": "<uuid>"}}               it has the mailbox of this name
    {"alice": {..., "quota_bytes": 1, "quota_messages": 1}}     null: the instance's
    {"alice": {..., "suspended": "read_only"}}          see `Suspended`
    {"alice": {..., "app_passwords": [...]}}            see app_passwords.py
    {"alice": {..., "bounce_to": "bob@example.net"}}    where its bounces go

The key of an account outside the primary domain is its address. A document has no
field that says nothing: without a hash nobody logs in with the main password.
"""

import dataclasses
import enum
import re
import typing as tp

from exordos_mail.dataplane.engine import app_passwords as app_passwords_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.standards import address, alias, recipient

SpecError = spec_lib.SpecError

# The union of the alphabets of crypt(5): printable ASCII without what could
# end a field or a line, or be expanded or quoted by anything on the way.
_HASH = re.compile(r"[A-Za-z0-9./$_,=+-]{13,384}\Z")
# The uuid of an account, which names a directory.
_MAILBOX = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_FIELDS = frozenset(
    {
        *("password_hash", "mailbox", "quota_bytes", "quota_messages", "suspended"),
        *("app_passwords", "bounce_to"),
    }
)


# Without all of these there is nothing to be told.
_MEANINGFUL = frozenset(("password_hash", "mailbox", "app_passwords", "bounce_to"))


class Suspended(str, enum.Enum):
    """What an account may not do for a while."""

    NONE = "none"
    #: It sends nothing; it reads its mail, which goes on arriving.
    READ_ONLY = "read_only"
    #: It does not log in, and its mail is put off.
    DEFER = "defer"
    #: It does not log in, and its mail is refused.
    REFUSE = "refuse"


@dataclasses.dataclass(frozen=True)
class Account:
    """An account.

    Attributes:
        login: its address.
        password_hash: of crypt(5); "" where the main password logs nobody in.
        mailbox: the name of its mailbox, "" for none.
        quota_bytes, quota_messages: None, the instance's.
        bounce_to: an address; "": its own.
    """

    login: str
    password_hash: str = dataclasses.field(default="", repr=False)
    mailbox: str = ""
    quota_bytes: int | None = None
    quota_messages: int | None = None
    suspended: Suspended = Suspended.NONE
    app_passwords: tuple[app_passwords_lib.AppPassword, ...] = ()
    bounce_to: str = ""

    @property
    def sends(self) -> bool:
        """Whether it may submit mail, once it has logged in."""
        return self.suspended is Suspended.NONE

    @property
    def reads(self) -> bool:
        """Whether it may read its mailbox, once it has logged in."""
        is_open = self.suspended in (Suspended.NONE, Suspended.READ_ONLY)
        return bool(self.mailbox) and is_open


def login(key: str, primary: str) -> str:
    """Return the address of an account, which it logs in with."""
    return key if "@" in key else f"{key}@{primary}"


def of_bucket(found: tp.Mapping[str, tp.Any], primary: str) -> list[Account]:
    """Return the accounts of a bucket that was checked, in its order."""
    return [
        Account(
            login(key, primary),
            one.get("password_hash", ""),
            one.get("mailbox", ""),
            one.get("quota_bytes"),
            one.get("quota_messages"),
            Suspended(one.get("suspended", "none")),
            app_passwords_lib.of(one.get("app_passwords", ())),
            one.get("bounce_to", ""),
        )
        for key, one in found.items()
    ]


def check(key: str, document: object, primary: str) -> None:
    """Check a document.

    Raises:
        SpecError: it breaks a rule; the text has no value of it.
    """
    check_key(key, primary)
    if (
        not isinstance(document, dict)
        or not document
        or not _FIELDS.issuperset(document)
    ):
        raise SpecError(f"the document of account {key} has the wrong fields")
    hashed, box = document.get("password_hash"), document.get("mailbox")
    if "password_hash" in document and not _matches(_HASH, hashed):
        raise SpecError(f"the hash of account {key} is not a crypt(5) hash")
    if "mailbox" in document and not _matches(_MAILBOX, box):
        raise SpecError(f"the mailbox of account {key} is not named by a uuid")
    app_passwords_lib.check(key, document.get("app_passwords", []))
    _check_bounce_to(key, document)
    if not (_MEANINGFUL & document.keys()):
        raise SpecError(f"account {key} has neither a password nor a mailbox")
    for quota in ("quota_bytes", "quota_messages"):
        if quota in document and not spec_lib.is_limit(document[quota]):
            raise SpecError(f"{quota} of account {key} is not a whole number")
    if document.get("suspended", "none") not in list(Suspended):
        raise SpecError(f"account {key} is suspended in an unknown way")


def _check_bounce_to(key: str, document: tp.Mapping[str, tp.Any]) -> None:
    try:
        if "bounce_to" in document:
            alias.check_target(document["bounce_to"])
    except recipient.AddressError:
        raise SpecError(f"bounce_to of account {key} is not an address") from None


def check_key(key: str, primary: str) -> None:
    """Check the key of an account's document.

    Raises:
        SpecError: it is not a user name, nor an address outside the primary domain.
    """
    username, at, domain = key.partition("@")
    try:
        address.check_username(username)
        if at:
            address.check_domain(domain)
    except address.AddressPartError:
        raise SpecError("an account's name breaks the rule of names") from None
    if at and domain == primary:
        # Two documents would be one login.
        raise SpecError("an account of the primary domain is named with it")


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and bool(pattern.match(value))
