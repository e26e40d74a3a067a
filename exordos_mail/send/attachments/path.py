#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
