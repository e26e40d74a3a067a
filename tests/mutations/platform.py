# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Faults of the control plane, of the node and of what both share."""

from tests.mutations.mutation import Mutation

PLATFORM = (
    Mutation(
        "local-part-with-control",
        "exordos_mail/standards/recipient.py",
        """any(unicodedata.category(letter)[0] in "CZ" for letter in local)""",
        "False",
        "an address holds blanks or controls beyond ASCII",
        ("send/test_address.py",),
    ),
    Mutation(
        "ip-address-as-domain",
        "exordos_mail/standards/address.py",
        "        and not _is_ip_address(value)\n",
        "",
        "an IP address is taken for a mail domain",
        ("test_address.py",),
    ),
    Mutation(
        "channel-repeats",
        "exordos_mail/protocol/channel.py",
        "        self._received += 1\n",
        "",
        "a message between node and gateway can be played again",
        ("protocol/test_channel.py",),
    ),
    Mutation(
        "shard-without-end",
        "exordos_mail/protocol/shards.py",
        "    if lines.pop():\n",
        "    lines.pop()\n    if False:\n",
        "a cut text of accounts is taken for the whole",
        ("protocol/test_shards.py",),
    ),
    Mutation(
        "log-of-today-only",
        "exordos_mail/dataplane/services/exim/sessions.py",
        'for name in ("mainlog", "mainlog.1"):',
        'for name in ("mainlog",):',
        "a session that logged in before the log was rotated is not ended",
        ("test_sessions.py",),
    ),
    Mutation(
        "first-login-of-a-pid",
        "exordos_mail/dataplane/services/exim/sessions.py",
        "found.setdefault(int(login[2]), entry)",
        "found[int(login[2])] = entry",
        "a session counts as that of who logged in with it first",
        ("test_sessions.py",),
    ),
    Mutation(
        "backoff-for-all",
        "exordos_mail/dataplane/engine/backoff.py",
        "or failure.wanted.isdisjoint(wanted)",
        "",
        "what is right waits because something else has failed",
        ("test_backoff.py",),
    ),
)
