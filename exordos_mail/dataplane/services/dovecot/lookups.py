# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The accounts as Dovecot looks them up: pure.

A row is made of words, `mailbox=<uuid> hash=<crypt(5)> rule=<quota_rule>`, and one
`app=<sha256>:<expires>:<services>:<uuid>` for each app password; who may not log in has
neither. An account without a mailbox has no row. See accounts.lua.j2.
"""

import functools
import typing as tp

from exordos_mail.dataplane.engine import accounts as accounts_lib
from exordos_mail.dataplane.engine import app_passwords, cdb, files
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec as spec_lib
from exordos_mail.dataplane.services.dovecot import paths as paths_lib
from exordos_mail.protocol import documents

COLLECTION = "accounts"
_MODE = 0o640
# Of the rows: other rows make other files of the same documents.
_FORM = "2"
#: All of them.
BUCKETS = tuple(map(str, range(documents.COUNT)))


def tree(state: payload_lib.Payload, paths: paths_lib.DovecotPaths) -> files.Tree:
    """Return the file of each bucket, none of which is made yet.

    A bucket without accounts has one, too: without it a login is put off.
    """
    limits = state.spec.mailboxes or spec_lib.MailboxSettings()
    digests = state.digests(COLLECTION)

    def database(bucket: str) -> files.File:
        found = accounts_lib.of_bucket(state.bucket(COLLECTION, bucket), state.domain)
        return file(rows(found, limits))

    return {
        paths.accounts(bucket): files.Recipe(
            f"{_FORM} {state.domain} {limits} {digests.get(bucket, '')}",
            functools.partial(database, bucket),
        )
        for bucket in BUCKETS
    }


def file(of: tp.Mapping[str, str]) -> files.File:
    """Return a lookup file of rows by login."""
    content = cdb.dumps((login.encode(), of[login].encode()) for login in of)
    return files.File(content, group=paths_lib.USER, mode=_MODE)


def rows(
    found: tp.Iterable[accounts_lib.Account], limits: spec_lib.MailboxSettings
) -> dict[str, str]:
    """Return the rows of those who have a mailbox, by login."""
    return {one.login: row(one, limits) for one in found if one.mailbox}


def row(account: accounts_lib.Account, limits: spec_lib.MailboxSettings) -> str:
    """Return the row of an account with a mailbox."""
    found = [f"mailbox={account.mailbox}"]
    if account.reads and account.password_hash:
        found.append(f"hash={account.password_hash}")
    if account.reads:
        found += filter(None, map(_app, account.app_passwords))
    rule = _rule(
        account.quota_bytes or limits.quota_bytes,
        account.quota_messages or limits.quota_messages,
    )
    if rule:
        found.append(f"rule={rule}")
    return " ".join(found)


def served(database: bytes) -> dict[str, set[str]]:
    """Return who is served by a lookup file, by login: the mailbox, and what opens it.

    A quota is not told.

    Raises:
        ValueError: this is no lookup file.
    """
    return {
        login.decode(): {
            word for word in value.decode().split() if not word.startswith("rule=")
        }
        for login, value in cdb.items(database)
        if b" hash=" in value or b" app=" in value
    }


def mailboxes(database: bytes) -> dict[str, str]:
    """Return the mailboxes of a lookup file by login.

    Raises:
        ValueError: this is no lookup file.
    """
    return {
        login.decode(): value.decode().split()[0].removeprefix("mailbox=")
        for login, value in cdb.items(database)
    }


def _app(one: app_passwords.AppPassword) -> str:
    scopes = ",".join(sorted(set(one.scopes) & set(app_passwords.READING)))
    return f"app={one.digest}:{one.expires_at}:{scopes}:{one.uuid}" if scopes else ""


def _rule(octets: int | None, messages: int | None) -> str:
    found = [f"storage={octets}B"] if octets else []
    return ":".join([*found, *([f"messages={messages}"] if messages else [])])
