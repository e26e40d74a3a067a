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
