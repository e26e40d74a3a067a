# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Paths inside of a storage."""

import unicodedata
import urllib.parse

from exordos_mail.send.attachments.failures import PermanentFailure


def parts(path: str) -> tuple[str, ...]:
    """Return the components of a path that stays inside of its storage.

    The path is used as it is written. Its decoded forms are judged too, because
    what lies behind a storage may decode it (`%2e%2e`, doubly so, or in the wide
    forms of Unicode).

    Raises:
        PermanentFailure: it is absolute, or leaves the storage, or has a
            character that no path of ours has.
    """
    _check(path)
    form = path
    while form != (form := urllib.parse.unquote(form)):
        _check(form)
    return tuple(path.split("/"))


def _check(form: str) -> None:
    _check_letters(form)
    _check_letters(unicodedata.normalize("NFKC", form))


def _check_letters(path: str) -> None:
    if path.startswith("/"):
        raise PermanentFailure("the path must be relative to its storage")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        raise PermanentFailure("the path has a control character")
    if "\\" in path:
        raise PermanentFailure("the path has a backslash")
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise PermanentFailure("the path has an empty part, '.' or '..'")
