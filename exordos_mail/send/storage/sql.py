# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""SQL that is written once for SQLite and PostgreSQL.

Parameters are `:name`, or `?` by position where many rows are written at
once.  The few differences of the two are words in double braces.
"""

import collections.abc as abc
import dataclasses
import json
import re

_WORDS = {
    # A type for bytes.
    "blob": ("BLOB", "BYTEA"),
    # Rows are kept in the order of the primary key.
    "clustered": ("WITHOUT ROWID", ""),
    # SQLite has one writer at a time: there is nothing to lock or to skip.
    "lock": ("", "FOR NO KEY UPDATE"),
    "lock_m": ("", "FOR NO KEY UPDATE OF m"),
    "share": ("", "FOR KEY SHARE"),
    # Else SQLite reads the tenant's messages in their order, however few are open.
    "unfinished": ("INDEXED BY messages_unfinished", ""),
    "skip_locked": ("", "FOR UPDATE OF m SKIP LOCKED"),
}
_WORD = re.compile(r"\{\{(\w+)\}\}")
# The members of a JSON list of texts, as rows.
_EACH = re.compile(r"\{\{each :(\w+)\}\}")
# A column is one of them; so written, an index on the column is always searched for
# them, whatever PostgreSQL guesses of their number.
_AMONG = re.compile(r"\{\{among :(\w+)\}\}")
_NAME = re.compile(r"(?<![:\w]):([a-z_]+)")


@dataclasses.dataclass(frozen=True)
class Statement:
    """One statement in the words of each database."""

    sqlite: str
    postgresql: str


def statement(text: str) -> Statement:
    """Return `text` for both databases.

    Raises:
        KeyError: a word in double braces is unknown.
    """
    return Statement(
        sqlite=_EACH.sub(
            r"SELECT value FROM json_each(:\1)",
            _AMONG.sub(r"IN ({{each :\1}})", _words(text, 0)),
        ),
        postgresql=_for_psycopg(_AMONG.sub(r"= ANY (ARRAY({{each :\1}}))", text)),
    )


def json_list(items: abc.Iterable[str]) -> str:
    """Return the parameter for `{{each :name}}` and `{{among :name}}`."""
    return json.dumps(list(items))


def script(text: str, postgresql: bool) -> str:
    """Return a migration's text, without parameters, for one of the two."""
    return _words(text, int(postgresql))


def _words(text: str, which: int) -> str:
    # `each` is not in the table: it has a parameter, and keeps its braces here.
    return _WORD.sub(lambda match: _WORDS[match[1]][which], text)


def _for_psycopg(text: str) -> str:
    text = _EACH.sub(r"SELECT json_array_elements_text(:\1)", _words(text, 1))
    text = text.replace("%", "%%").replace("?", "%s")
    text = _NAME.sub(r"%(\1)s", text)
    # A parameter of json_array_elements_text has no type of its own.
    return re.sub(
        r"json_array_elements_text\((%\(\w+\)s)\)",
        r"json_array_elements_text(CAST(\1 AS json))",
        text,
    )
