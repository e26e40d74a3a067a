# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Outcomes of messages, for tests."""

import hashlib
import typing as tp

from exordos_mail.protocol import outcomes


def outcome(line: object, **changes: tp.Any) -> outcomes.Outcome:
    """Return the outcome of a line of the log, a bounce unless told otherwise."""
    given: dict[str, tp.Any] = {
        "id": hashlib.sha256(str(line).encode()).hexdigest()[:32],
        "at": 1_760_000_000_123,
        "state": "bounced",
        "queue_id": "1vNfGh-000000001Kz-2Qxy",
        "accepted_at": 1_760_000_000_001,
        "login": "ann@example.com",
        "sender": "ann@example.com",
        "recipient": "bob@example.net",
        "message_id": "a@example.com",
        "host": "mx.example.net",
        "address": "2001:db8::25",
        "tls": "TLS1.3 verified",
        "code": 550,
        "enhanced": "5.1.1",
        "reply": "no such user: müller",
    }
    return outcomes.Outcome(**{**given, **changes})
