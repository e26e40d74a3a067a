# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A Sieve script of an account that the control plane keeps."""

from exordos_mail.schema import field, limits
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

NEW, ACTIVE, ERROR = STATUSES = ("NEW", "ACTIVE", "ERROR")


def _told(name: str, text: str, example: object) -> Field:
    access = Access.READ_ONLY
    return Field(name, Kind.OWN, text, example, access=access, column=False)


def _hidden(name: str) -> Field:
    return Field(name, Kind.OWN, "", None, access=Access.HIDDEN)


NOUN = Noun(
    "sieve_script",
    "sieve_scripts",
    "A Sieve script that files an account's mail before the owner's own does.",
    (
        Field(
            "name",
            Kind.TEXT,
            "Name for people, unique in the account. Scripts run in the order of their"
            " names, octet by octet.",
            "10-vacation",
            rule="sieve_name",
            sortable=True,
        ),
        field.description("answers while Alice is away"),
        Field(
            "content",
            Kind.TEXT,
            "The script (RFC 5228). One that does not compile does not run: the content"
            " before it stays in service, and `error` says why.",
            'require "vacation";\nvacation "I am away until Monday.";\n',
            rule="sieve_content",
            large=limits.SIEVE_SCRIPT_BYTES_MAX,
        ),
        Field(
            "enabled",
            Kind.FLAG,
            "Whether it runs; false: it is only checked.",
            True,
            default=True,
            sortable=True,
        ),
        _told(
            "status",
            "NEW: the node has not checked this content yet. ACTIVE: it compiles, and"
            " runs if it is enabled. ERROR: see `error`.",
            ACTIVE,
        ),
        _told(
            "error",
            "Why this content does not compile, with the line; empty: it does, or is"
            " not checked yet.",
            "",
        ),
        _told("error_line", "Line of the first error; null: see `error`.", None),
        _hidden("checked_digest"),
        _hidden("checked_error"),
        _hidden("checked_line"),
    ),
    below="account",
    key="name",
    conflict="a Sieve script of this name or uuid exists in the account, or the account"
    " is gone",
    title="Sieve script",
    listed=("uuid", "name", "enabled", "status", "error"),
)
