# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A TLS certificate of an instance, for one host name."""

import typing as tp

from exordos_mail.schema import field
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

#: Where certificates come from.
ACME, OWN = "acme", "own"
WAITING, VALID, EXPIRING, EXPIRED, FAILED = STATES = (
    "waiting",
    "valid",
    "expiring",
    "expired",
    "failed",
)
#: Longest reason in characters.
REASON_MAX = 1024
_PEM = "-----BEGIN {0}-----\n...\n-----END {0}-----\n"


def _told(name: str, text: str, example: str, most: int) -> Field:
    return field.line(name, text, example, most=most, access=Access.READ_ONLY)


def _moment(name: str, text: str, example: str) -> Field:
    more: dict[str, tp.Any] = {"nullable": True, "access": Access.READ_ONLY}
    return Field(name, Kind.MOMENT, text, example, **more)


NOUN = Noun(
    "certificate",
    "certificates",
    "A TLS certificate that an instance shows for one host name.",
    (
        field.description("of the company's own authority"),
        Field(
            "hostname",
            Kind.TEXT,
            "Name that clients connect to, unique in the instance. Set at creation.",
            "mail.example.com",
            rule="domain",
            access=Access.SET_ONCE,
            sortable=True,
        ),
        Field(
            "source",
            Kind.WORD,
            "acme: the platform gets it from its authority and renews it; the name must"
            " lead to the machine, or be in a domain of the instance that is proven and"
            " has publish = rfc2136. own: `chain` and `private_key` are given.",
            ACME,
            default=ACME,
            words=(ACME, OWN),
            sortable=True,
        ),
        Field(
            "chain",
            Kind.TEXT,
            "PEM of the certificate and of its issuers in order. A new one of your own"
            " comes with its key; what a mail server must not show is refused.",
            _PEM.format("CERTIFICATE"),
            rule="certificate_chain",
            nullable=True,
        ),
        Field(
            "private_key",
            Kind.TEXT,
            "PEM of the key, without a passphrase: ECDSA P-256, or RSA of 2048 to 4096"
            " bits. It is kept encrypted and never shown.",
            _PEM.format("PRIVATE KEY"),
            rule="certificate_key",
            nullable=True,
            access=Access.WRITE_ONLY,
            secret=True,
            sealed=True,
        ),
        Field(
            "state",
            Kind.WORD,
            "waiting: there is none yet. valid. expiring: a new one is overdue."
            " expired. failed: there is none, and the last attempt was in vain.",
            VALID,
            default=WAITING,
            words=STATES,
            access=Access.READ_ONLY,
            sortable=True,
        ),
        _told(
            "reason",
            "Why the last attempt was in vain, and when the next one is; empty: it was"
            " not.",
            "",
            REASON_MAX,
        ),
        _told("serial", "Serial number, hexadecimal.", "4d65a1b2c3", 40),
        _told(
            "sha256",
            "SHA-256 of the certificate (DER), hexadecimal.",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            64,
        ),
        _told("tlsa", "TLSA record data of the key.", "3 1 1 9f86d0...", 80),
        _told(
            "tlsa_next",
            "TLSA record data of the key that the next certificate will have; empty:"
            " not known yet. Publish both.",
            "3 1 1 2c26b4...",
            80,
        ),
        Field(
            "automatic",
            Kind.FLAG,
            "Whether the platform ordered it by itself, for the host name of the"
            " instance. It goes when it is due for renewal and its name is a former"
            " one that does not lead to the machine any more.",
            False,
            default=False,
            access=Access.READ_ONLY,
            filterable=True,
        ),
        _moment("not_before", "From when it is valid, UTC.", "2026-01-31T12:00:00Z"),
        _moment("not_after", "Until when it is valid, UTC.", "2026-05-01T12:00:00Z"),
        _moment(
            "renew_at",
            "When the platform asks for the next one, UTC; null: it does not.",
            "2026-04-01T12:00:00Z",
        ),
    ),
    below="instance",
    key="hostname",
    listed=("uuid", "hostname", "source", "state", "not_after"),
)
