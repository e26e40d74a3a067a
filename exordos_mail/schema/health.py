# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the services of an instance are like, by where they answer."""

import typing as tp

from exordos_mail.schema.field import Access, Field, Kind

OK, DEGRADED, UNKNOWN, FAILED = "ok", "degraded", "unknown", "failed"
#: From the best to the worst.
STATES = (OK, DEGRADED, UNKNOWN, FAILED)
#: Longest reason of a door in characters, and most doors of a node.
REASON_MAX, DOORS_MAX = 500, 64
#: Of an instance whose node has told nothing yet.
NOTHING = {
    "state": UNKNOWN,
    "reason": "the node has told nothing yet",
    "services": [],
}


def _text(**more: tp.Any) -> dict[str, tp.Any]:
    return {"type": "string", **more}


_ENDED = "the certificate that it shows has ended at 2027-03-04T12:00:00Z"
_STATE = _text(enum=list(STATES))
_MEMBERS = {
    "node": _text(description="The machine, by its uuid."),
    "service": _text(),
    "port": {"type": "integer", "nullable": True},
    "path": _text(nullable=True, description="Where there is no port."),
    "protocol": _text(),
    "state": _STATE,
    "reason": _text(),
    "since": _text(format="date-time"),
}
FIELD = Field(
    "health",
    Kind.OWN,
    "What the services of the machine are like, found by speaking the protocol at each"
    " port and socket there. ok: it answers as it should. degraded: it answers, and"
    " something is wrong. failed: it does not answer in its protocol. unknown: the"
    " machine has been silent for 15 minutes, or has told nothing yet. `state` is the"
    " worst of all. `since` is when the state began. The status stays ACTIVE while"
    " something is degraded.",
    {
        "state": DEGRADED,
        "reason": f"dovecot 993 IMAP with TLS: {_ENDED}",
        "services": [
            {
                "node": "6f0c7f0e-5a57-4b55-9c35-0d2f6c1a7b11",
                "service": "dovecot",
                "port": 993,
                "path": None,
                "protocol": "IMAP with TLS",
                "state": DEGRADED,
                "reason": _ENDED,
                "since": "2027-03-04T12:00:12Z",
            }
        ],
    },
    access=Access.READ_ONLY,
    schema={
        "type": "object",
        "properties": {
            "state": _STATE,
            "reason": _text(),
            "services": {
                "type": "array",
                "items": {"type": "object", "properties": _MEMBERS},
            },
        },
    },
)
