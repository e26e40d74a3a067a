# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Faults of the command line's tables."""

from tests.mutations.mutation import Mutation

_TABLE = ("send/test_command_line_table.py",)

COMMAND_LINE = (
    Mutation(
        "removed-without-a-question",
        "exordos_mail/cli/commands.py",
        "    if typed != name:\n",
        "    if False:\n",
        "an instance is removed whatever name is typed",
        _TABLE,
    ),
    Mutation(
        "nothing-for-null",
        "exordos_mail/cli/options.py",
        """None if member.nullable and value in ("", 0) else value""",
        "value",
        "0 is sent as a limit that lets nothing through",
        _TABLE,
    ),
    Mutation(
        "secret-as-an-option",
        "exordos_mail/cli/members.py",
        """"secret" if field.secret else _TYPES""",
        "_TYPES",
        "a secret stands in the list of processes",
        _TABLE,
    ),
    Mutation(
        "set-once-is-changed",
        "exordos_mail/cli/commands.py",
        "for one in noun.members if not one.set_once",
        "for one in noun.members",
        "change has options that every server refuses",
        _TABLE,
    ),
    Mutation(
        "name-like-a-uuid",
        "exordos_mail/cli/resources.py",
        "elif name and self._key",
        "elif found is None and name and self._key",
        "what is called like a uuid is not found by its name",
        _TABLE,
    ),
)
