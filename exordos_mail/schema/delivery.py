# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What became of a message of an instance for one recipient."""

import typing as tp

from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

#: What a node may tell, too; longest texts in characters.
STATES = ("delivered", "relayed", "delayed", "bounced", "expired")
LENGTHS: tp.Mapping[str, int] = {
    "queue_id": 64,
    "login": 320,
    "sender": 512,
    "recipient": 512,
    "message_id": 512,
    "host": 255,
    "address": 45,
    "tls": 64,
    "reply": 500,
}


def _line(name: str, text: str, example: str, **more: tp.Any) -> Field:
    given = {"least": 0, "most": LENGTHS[name], "access": Access.READ_ONLY, **more}
    return Field(name, Kind.LINE, text, example, **given)


def _moment(name: str, text: str, **more: tp.Any) -> Field:
    example = "2026-01-31T12:00:00.123000Z"
    return Field(name, Kind.MOMENT, text, example, access=Access.READ_ONLY, **more)


NOUN = Noun(
    "delivery",
    "deliveries",
    "What became of a message of an instance for one recipient.",
    (
        _moment("at", "When it happened, UTC.", sortable=True),
        Field(
            "state",
            Kind.WORD,
            "delivered: the recipient's server has taken it. relayed: the smarthost has"
            " taken it. delayed: it is still tried; only the first delay is told."
            " bounced: it was refused. expired: it was given up after all retries.",
            "bounced",
            words=STATES,
            access=Access.READ_ONLY,
            filterable=True,
        ),
        _line(
            "queue_id",
            "Identifier of the message at the machine.",
            "1vPdCZ-000000001Kz-2Qxy",
            filterable=True,
        ),
        _moment(
            "accepted_at",
            "When the machine took the message, UTC; null: it is not known.",
            nullable=True,
        ),
        _line(
            "login",
            "Address of the account that sent it; empty: no account did, but a tenant"
            " or the machine itself.",
            "ann@example.com",
            filterable=True,
        ),
        _line(
            "sender",
            "Envelope sender; empty: the message is a notice that nobody answers.",
            "ann@example.com",
            filterable=True,
        ),
        _line(
            "recipient",
            "Recipient, as the sender wrote the address.",
            "bob@example.net",
            filterable=True,
        ),
        _line(
            "message_id",
            "Message-ID without its angle brackets; empty: there is none.",
            "20260131120000.1@example.com",
            filterable=True,
        ),
        _line(
            "host",
            "Name of the server that was talked to; empty: none was reached.",
            "mx.example.net",
        ),
        _line("address", "Its IP address; empty: none was reached.", "203.0.113.25"),
        _line(
            "tls",
            "How the connection was encrypted, and whether the server proved its name;"
            " empty: it was not encrypted.",
            "TLS1.3 verified",
        ),
        Field(
            "code",
            Kind.INTEGER,
            "Reply code of SMTP; null: there was none.",
            550,
            least=200,
            most=599,
            nullable=True,
            access=Access.READ_ONLY,
        ),
        Field(
            "enhanced",
            Kind.LINE,
            "Enhanced status code (RFC 3463); null: there was none.",
            "5.1.1",
            most=12,
            nullable=True,
            access=Access.READ_ONLY,
        ),
        _line(
            "reply",
            "What the server said, or the machine where no server did.",
            "no such user",
        ),
    ),
    below="instance",
    title="delivery",
    read_only=True,
    declarable=False,
    newest_first="at",
    listed=("at", "state", "sender", "recipient", "code", "reply", "uuid"),
)
