# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who is who: accounts and aliases as exim looks them up, a file for each bucket.

    passwd                          alice@example.com:crypt(5), for people
    lookups/passwd/<bucket>.cdb     ann@example.com -> crypt(5), who may submit mail
                                    mailbox:ann@example.com -> deliver <mailbox>; or
                                        defer, refuse
                                    bounce:ann@example.com -> <postmaster@example.net>
                                    app-<sha256>:ann@example.com
                                        -> <until> <uuid> <sender>
    lookups/aliases/<bucket>.cdb    to:sales@example.com -> <ann@x>,<bob@y>
                                    send-as:sales@example.com -> <ann@x>,<bob@y>

A bucket without anybody has a file too: exim puts off whom it cannot look up.
"""

import dataclasses
import functools
import typing as tp
import uuid

from exordos_mail.dataplane.engine import accounts, aliases, app_passwords, cdb, files
from exordos_mail.dataplane.engine import layout as layout_lib
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.protocol import documents

_MODE = 0o640
# Of the rows: other rows make other files of the same documents.
_FORM = "4"
# What stands before an address in a file of accounts has a colon; no login has.
_MAILBOX, _BOUNCE, _APP = "mailbox:", "bounce:", "app-"
# Until then an app password logs in that never expires.
_NEVER = 1 << 62
_TO, _SEND_AS = "to:", "send-as:"
_STATES = {
    accounts.Suspended.NONE: "deliver",
    accounts.Suspended.READ_ONLY: "deliver",
    accounts.Suspended.DEFER: "defer",
    accounts.Suspended.REFUSE: "refuse",
}
Rows = tp.Iterable[tuple[str, str]]
Found = tp.Mapping[str, tp.Any]


@dataclasses.dataclass(frozen=True)
class Buckets:
    """Documents in buckets, which are asked for only where a file is made of them."""

    digests: documents.Digests
    bucket: tp.Callable[[str], Found] = dataclasses.field(repr=False)

    @classmethod
    def of(cls, found: Found) -> "Buckets":
        """Return documents in their buckets."""
        texts = documents.spread(found)
        return cls(
            documents.digests(texts),
            lambda bucket: documents.parse(texts.get(bucket, "")),
        )

    @classmethod
    def stored(cls, payload: payload_lib.Payload, collection: str) -> "Buckets":
        """Return the documents of a payload that is in the store."""
        return cls(
            payload.digests(collection),
            lambda bucket: payload.bucket(collection, bucket),
        )


@dataclasses.dataclass(frozen=True)
class Principals:
    """The accounts and aliases of an instance."""

    accounts: Buckets
    aliases: Buckets

    @classmethod
    def of(
        cls,
        hashes: tp.Mapping[str, str],
        of_aliases: Found | None = None,
        mailboxes: bool = False,
    ) -> "Principals":
        """Return accounts by username, with their hashes of crypt(5), and aliases.

        `mailboxes`: whether each has one, of which nobody asks the name.
        """
        more = {"mailbox": str(uuid.UUID(int=0))} if mailboxes else {}
        found = {name: {"password_hash": hashes[name], **more} for name in hashes}
        return cls(Buckets.of(found), Buckets.of(of_aliases or {}))

    @classmethod
    def stored(cls, payload: payload_lib.Payload) -> "Principals":
        """Return those of a payload that is in the store."""
        return cls(
            Buckets.stored(payload, "accounts"), Buckets.stored(payload, "aliases")
        )


def tree(
    spec: spec_lib.MailSpec, who: Principals, layout: layout_lib.Layout
) -> dict[str, files.Recipe]:
    """Return the files by absolute path, none of which is made yet."""
    domain, has_mailboxes = spec.domain, spec.mailboxes is not None
    version = f"{_FORM} {domain} {'mailboxes ' if has_mailboxes else ''}"
    found: dict[str, files.Recipe] = {}
    for bucket in map(str, range(documents.COUNT)):
        found[layout.passwd_cdb(bucket)] = _table(
            version, who.accounts, bucket, layout, _account_rows(domain, has_mailboxes)
        )
        found[layout.aliases_cdb(bucket)] = _table(
            version, who.aliases, bucket, layout, _alias_rows(domain)
        )
    key = f"{domain} {documents.summary(who.accounts.digests)}"
    found[layout.passwd] = files.Recipe(
        key, functools.partial(_everybody, domain, who.accounts, layout)
    )
    return found


def served(layout: layout_lib.Layout, bucket: str) -> dict[str, set[str]]:
    """Return the logins of a bucket as they are served now, each with what opens it."""
    return _keys_of(_in_place(layout, bucket).items())


def mailboxes(layout: layout_lib.Layout, bucket: str) -> list[tuple[str, str]]:
    """Return the addresses of a bucket that have mailboxes now, each with its one."""
    return [
        (key.removeprefix(_MAILBOX), value.partition(" ")[2])
        for key, value in _in_place(layout, bucket).items()
        if key.startswith(_MAILBOX)
    ]


def _in_place(layout: layout_lib.Layout, bucket: str) -> dict[str, str]:
    """Return the rows of a bucket's file; none if there is no sound one."""
    try:
        database = layout.disk(layout.passwd_cdb(bucket)).read_bytes()
        return {key.decode(): value.decode() for key, value in cdb.items(database)}
    except (OSError, ValueError):
        return {}


def submitters(domain: str, found: Found) -> dict[str, set[str]]:
    """Return who of a bucket's accounts may submit mail, each with what opens it."""
    return _keys_of(_logins(domain, found))


def _keys_of(rows: Rows) -> dict[str, set[str]]:
    keys: dict[str, set[str]] = {}
    for key, value in rows:
        kind, _, login = key.rpartition(":")
        if not key.startswith((_MAILBOX, _BOUNCE)):
            keys.setdefault(login, set()).add(f"{kind} {value}")
    return keys


def _logins(domain: str, found: Found) -> Rows:
    """Yield the rows of who may submit mail."""
    for one in accounts.of_bucket(found, domain):
        if one.sends and one.password_hash:
            yield one.login, one.password_hash
        for app in one.app_passwords:
            if one.sends and app_passwords.SMTP in app.scopes:
                until = f"{app.expires_at or _NEVER} {app.uuid} {app.sender}"
                yield f"{_APP}{app.digest}:{one.login}", until


def _table(
    version: str,
    buckets: Buckets,
    bucket: str,
    layout: layout_lib.Layout,
    rows: tp.Callable[[Found], Rows],
) -> files.Recipe:
    def made() -> files.File:
        encoded = (
            (key.encode("ascii"), value.encode("ascii"))
            for key, value in rows(buckets.bucket(bucket))
        )
        return _secret(layout, cdb.dumps(encoded))

    return files.Recipe(version + buckets.digests.get(bucket, ""), made)


def _account_rows(domain: str, has_mailboxes: bool) -> tp.Callable[[Found], Rows]:
    def rows(found: Found) -> Rows:
        yield from _logins(domain, found)
        for one in accounts.of_bucket(found, domain):
            if has_mailboxes and one.mailbox:
                yield _MAILBOX + one.login, f"{_STATES[one.suspended]} {one.mailbox}"
            if one.bounce_to:
                yield _BOUNCE + one.login, f"<{one.bounce_to}>"

    return rows


def _alias_rows(domain: str) -> tp.Callable[[Found], Rows]:
    def rows(found: Found) -> Rows:
        for one in aliases.of_bucket(found, domain):
            # In brackets exim takes nothing for a file or a command.
            targets = ",".join(f"<{target}>" for target in one.targets)
            yield _TO + one.address, targets
            if one.send_as:
                yield _SEND_AS + one.address, targets

    return rows


def _everybody(domain: str, buckets: Buckets, layout: layout_lib.Layout) -> files.File:
    lines = (
        f"{login}:{hashed}\n"
        for bucket in buckets.digests
        for login, hashed in _logins(domain, buckets.bucket(bucket))
        if not login.startswith(_APP)
    )
    return _secret(layout, "".join(lines).encode("ascii"))


def _secret(layout: layout_lib.Layout, content: bytes) -> files.File:
    return files.File(content, group=layout.exim_group, mode=_MODE)
