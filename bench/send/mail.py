# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages of about 1 KiB, as bodies of requests."""

import json
import typing as tp

_TEXT = "x" * 1000 + "\n"


def message(recipient: str, **more: object) -> dict[str, object]:
    """Return one message."""
    return {
        "from": "Sender <sender@example.com>",
        "to": recipient,
        "subject": "A message",
        "text": _TEXT,
        **more,
    }


def single(recipient: str, **more: object) -> bytes:
    """Return the body of one message."""
    return json.dumps(message(recipient, **more)).encode()


def batches(prefix: str, count: int, size: int, **more: object) -> list[bytes]:
    """Return the bodies of `count` messages in batches, each to somebody else."""
    return [
        batch(
            (f"{prefix}{number}@example.net" for number in range(at, at + size)), **more
        )
        for at in range(0, count, size)
    ]


def batch(recipients: tp.Iterable[str], **more: object) -> bytes:
    """Return the body of one batch."""
    return json.dumps({"messages": [message(to, **more) for to in recipients]}).encode()
