# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Faults of what finds messages, and of what takes an address out of them."""

from tests.mutations.mutation import Mutation

_TRACE = ("send/test_trace.py",)
_ERASING = ("send/test_erasing.py",)

TRACE = (
    Mutation(
        "effect-before-its-cause",
        "exordos_mail/send/trace/timeline.py",
        "            at = max(at, sent.get(row.recipient, at))\n",
        "            pass\n",
        "by a slow clock a message bounces before it was sent",
        _TRACE,
    ),
    Mutation(
        "trace-forgets-the-rest",
        "exordos_mail/send/trace/records.py",
        "    return Found(rows, before)\n",
        "    return Found(rows, None)\n",
        "what lies below the candidates of one call is never found",
        _TRACE,
    ),
    Mutation(
        "trace-leaps",
        "exordos_mail/send/trace/records.py",
        '    reached = max(part.next or "" for part in parts)\n',
        '    reached = min(part.next or "" for part in parts)\n',
        "the part of one index ends the search of the others",
        _TRACE,
    ),
    Mutation(
        "words-of-the-server-stay",
        "exordos_mail/send/queue/erasing.py",
        "        if not (own and name in _SAID) and not _names(subject, value)\n",
        "        if not _names(subject, value)\n",
        "the reply about an erased recipient still names the person",
        _ERASING,
    ),
    Mutation(
        "erasure-does-not-wait",
        "exordos_mail/send/queue/erasure.py",
        "    if found.waiting:\n",
        "    if found.waiting < 0:\n",
        "a message that ends later keeps the address for good",
        _ERASING,
    ),
)
