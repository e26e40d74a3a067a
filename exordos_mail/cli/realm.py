# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Realms of the platform's own command line: where a cloud is, and who asks.

Its settings are read, never written (`exordos settings`, package `exordos`).
"""

import os
import pathlib
import typing as tp

from exordos_mail.standards import secret_file
from exordos_mail.standards.program import Failure

_FILE = "~/.exordos/exordosctl.yaml"


class Realm(tp.NamedTuple):
    """A realm with its current context."""

    name: str
    #: The platform's address.
    endpoint: str
    user: str | None
    password: str | None
    access_token: str | None
    refresh_token: str | None
    project_id: str | None

    def __repr__(self) -> str:
        return f"Realm({self.name!r})"


def read(name: str | None = None) -> Realm:
    """Return a realm; None: the current one.

    Raises:
        Failure: there is none, or the file has another form.
    """
    file = pathlib.Path(_FILE).expanduser()
    if not os.path.lexists(file):
        raise Failure(f"no {_FILE}: give --user or --token-file")
    try:
        # It has passwords and tokens; the platform's command line closes it, too.
        text = secret_file.read(file)
    except secret_file.SecretFileError as error:
        raise Failure(str(error)) from None
    settings = _parsed(text)
    name = name or _text(settings, "current-realm")
    realm = _member(_member(settings, "realms"), name or "")
    if name is None or not realm:
        raise Failure(f"{_FILE} has no realm {name or 'chosen'}")
    current = _text(realm, "current-context") or ""
    context = _member(_member(realm, "contexts"), current)
    endpoint = _text(realm, "endpoint")
    if endpoint is None:
        raise Failure(f"{_FILE}: the realm {name} has no endpoint")
    return Realm(
        name,
        endpoint,
        # What is for all realms stands beside them.
        *(
            _text(context, member) or _text(settings, member)
            for member in Realm._fields[2:]
        ),
    )


def _parsed(text: str) -> object:
    try:
        # Of an extra, for who works on the platform.
        import yaml
    except ImportError:
        raise Failure(
            f"{_FILE} needs PyYAML to be read: install the extra send-cli, or give"
            " --user or --token-file"
        ) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise Failure(f"{_FILE} does not hold settings") from None


def _member(settings: object, name: str) -> object:
    return settings.get(name) if isinstance(settings, dict) else None


def _text(settings: object, name: str) -> str | None:
    found = _member(settings, name)
    return None if found is None else str(found)
