# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service's own secrets: admin token, metrics token, key of stored secrets.

Each comes from the first of: a variable of the environment, a file that the operator
names, a file in the data directory, which is made when it is not there.
"""

import collections.abc as abc
import dataclasses
import os
import pathlib
import re
import secrets
import typing as tp

from exordos_mail.send import vault
from exordos_mail.standards import api_key, rule, secret_file

#: Each secret `name`, and each option, is also the variable PREFIX + NAME; a secret's
#: file is the option `--name-file`.
PREFIX = "EXORDOS_MAIL_SEND_"
ADMIN_TOKEN = "admin-token"  # noqa: S105 a file's name
METRICS_TOKEN = "metrics-token"  # noqa: S105 a file's name
SECRETS_KEY = "secrets-key"
NAMES = (ADMIN_TOKEN, METRICS_TOKEN, SECRETS_KEY)
#: The key's file in the data directory.
KEY_FILE = "secrets.key"
#: Keys that are in use at a time: one seals, the others open.
KEYS_MAX = 10
_DIGITS = 2 * vault.KEY_BYTES
_KEY = re.compile(rf"[0-9a-fA-F]{{{_DIGITS}}}")


class NoKey(ValueError):
    """There is no key, and none may be made; the text says where it would be."""


@dataclasses.dataclass(frozen=True)
class Places:
    """Where the secrets are."""

    data: pathlib.Path
    #: By name (NAMES): a file that the operator has named.
    files: abc.Mapping[str, pathlib.Path] = dataclasses.field(default_factory=dict)

    def of(self, name: str) -> str:
        """Return where a secret comes from, for people."""
        if os.environ.get(variable(name)):
            return f"the variable {variable(name)}"
        return str(self.file(name))

    def file(self, name: str) -> pathlib.Path:
        """Return the file of a secret, which need not be there."""
        own = KEY_FILE if name == SECRETS_KEY else name
        return self.files.get(name, self.data / own)


def prepare(places: Places) -> None:
    """Remove what killed processes have left of files that they were writing.

    Raises:
        OSError: the data directory cannot be read.
    """
    with secret_file.alone(places.data) as sure:
        if sure:
            for name in (ADMIN_TOKEN, METRICS_TOKEN, KEY_FILE):
                secret_file.remove_drafts(places.data / name)


def admin_token(places: Places) -> tuple[str, bool]:
    """Return the admin token, and whether it is new.

    Raises:
        ValueError: what is there is no token; it is not repeated.
        OSError: a new one cannot be written.
    """
    return _token(places, ADMIN_TOKEN, "exa_")


def metrics_token(places: Places) -> str:
    """Return the token that reads the metrics and nothing else.

    Raises:
        ValueError, OSError: as `admin_token`.
    """
    return _token(places, METRICS_TOKEN, "exp_")[0]


def secrets_keys(places: Places, may_make: bool) -> tuple[bytes, ...]:
    """Return the keys of the database's secrets; the first one seals.

    Args:
        may_make: make one if there is none. Not when the database has secrets of
            a key already: a new one would open none of them.

    Raises:
        NoKey: there is none, and none may be made.
        ValueError: what is there is no key; it is not repeated.
        OSError: a new one cannot be written.
    """
    make = (lambda: secrets.token_hex(vault.KEY_BYTES)) if may_make else None
    text, _ = _found(places, SECRETS_KEY, make)
    keys = text.split()
    if not 1 <= len(keys) <= KEYS_MAX or not all(map(_KEY.fullmatch, keys)):
        raise ValueError(
            f"{places.of(SECRETS_KEY)} does not hold keys of {_DIGITS} hexadecimal"
            f" digits, one on each line (1 to {KEYS_MAX}): restore it from a backup"
        )
    return tuple(dict.fromkeys(map(bytes.fromhex, keys)))


def key_text(keys: abc.Iterable[bytes]) -> str:
    """Return the text of a file of keys."""
    return "".join(key.hex() + "\n" for key in keys)


def is_given(places: Places) -> bool:
    """Tell whether the key is the operator's to keep, and not in the data directory."""
    return SECRETS_KEY in places.files or bool(os.environ.get(variable(SECRETS_KEY)))


def _token(places: Places, name: str, prefix: str) -> tuple[str, bool]:
    text, new = _found(places, name, lambda: prefix + secrets.token_urlsafe(32))
    try:
        return api_key.check_key(text.strip()), new
    except rule.RuleError:
        raise ValueError(
            f"{places.of(name)} does not hold a token, which is {api_key.KEY_RULE}:"
            " restore it, or remove it and a new one is made"
        ) from None


def _found(
    places: Places, name: str, make: tp.Callable[[], str] | None
) -> tuple[str, bool]:
    """Return a secret's text, and whether it was made now."""
    given = os.environ.get(variable(name))
    if given:
        if name in places.files:
            raise ValueError(f"give --{name}-file or {variable(name)}, not both")
        return given, False
    file = places.file(name)
    # A file that the operator names is the operator's to make.
    if name not in places.files and not os.path.lexists(file):
        if make is None:
            raise NoKey(f"there is no {file}")
        text = make() + "\n"
        # Else another process could take the draft for one that was left.
        with secret_file.alone(places.data):
            if secret_file.create(file, text):
                return text, True
    return secret_file.read(file), False


def variable(name: str) -> str:
    """Return the variable of the environment of an option or a secret."""
    return PREFIX + name.replace("-", "_").upper()
