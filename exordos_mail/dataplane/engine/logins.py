# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Logins, as the control plane is told of them: of each kind one in an hour.

A mail program logs in every few minutes. What is told is the moment of a login, and for
an hour none of the same account by the same service: 100,000 accounts are at most 28
facts a second for each service, whatever their programs do.
"""

import hashlib
import typing as tp

from exordos_mail.dataplane.engine import observer

#: Seconds that a moment may be older than the last login.
GRAIN = 3600
#: Kinds of facts, see controlplane/observed/logins.py.
KIND, APP_PASSWORDS = "logins", "app-passwords"
# Moments that are kept before those that are over are looked for.
_ROOM = 1000


class Login(tp.NamedTuple):
    """A login.

    Attributes:
        service: smtp, imap, pop3 or sieve.
        login: the account's address.
        app: the uuid of the app password; "": the account's own password.
        at: seconds of Unix time.
    """

    service: str
    login: str
    app: str
    at: int


class Teller:
    """Tells logins, one in `GRAIN` seconds of each account and service."""

    def __init__(self, seen: observer.FactTeller) -> None:
        self._seen = seen
        #: The moments that were told last, by kind and key.
        self._told: dict[tuple[str, str], int] = {}
        self._room = _ROOM

    def tell(self, logins: tp.Iterable[Login]) -> None:
        """Tell those of which nothing was told for a while."""
        due: dict[str, dict[str, dict[str, tp.Any]]] = {KIND: {}, APP_PASSWORDS: {}}
        latest = 0
        for one in logins:
            latest = max(latest, one.at)
            key = _key(one)
            if self._is_due(KIND, key, one.at):
                told = {"login": one.login, "service": one.service, "at": one.at}
                due[KIND][key] = told
            if one.app and self._is_due(APP_PASSWORDS, one.app, one.at):
                due[APP_PASSWORDS][one.app] = {"at": one.at}
        for kind, facts in due.items():
            if facts:
                self._seen.show(kind, facts)
        if len(self._told) > self._room:
            self._forget(latest - GRAIN)
            self._room = 2 * len(self._told) + _ROOM

    def _is_due(self, kind: str, key: str, at: int) -> bool:
        # A clock that was put back makes old ones of what was told.
        if abs(at - self._told.get((kind, key), -GRAIN)) < GRAIN:
            return False
        self._told[kind, key] = at
        return True

    def _forget(self, before: int) -> None:
        for key in [key for key, at in self._told.items() if at <= before]:
            del self._told[key]


def _key(one: Login) -> str:
    """Return what stands for an account and a service: a key takes no address."""
    text = f"{one.service} {one.login}".encode()
    return hashlib.blake2b(text, digest_size=16).hexdigest()
