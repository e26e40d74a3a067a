# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A DKIM key: selector and key pair of a domain."""

import dataclasses
import typing as tp

from exordos_mail.schema import field
from exordos_mail.schema.action import Action
from exordos_mail.schema.field import Access, Field, Kind
from exordos_mail.schema.noun import Noun

#: Also those that are over: they are removed by and by.
KEYS_MAX = 100

STATES = (
    "made",
    "published",
    "seen",
    "signing",
    "retiring",
    "retired",
    "revoked",
)


def _observed(name: str, text: str, example: tp.Any, **more: tp.Any) -> Field:
    return Field(name, Kind.OWN, text, example, access=Access.READ_ONLY, **more)


NOUN = Noun(
    "dkim_key",
    "dkim_keys",
    "Selector and key pair with which a domain signs (RFC 6376).",
    (
        field.description("key of the newsletter's provider"),
        Field(
            "selector",
            Kind.TEXT,
            "Name of the key in the domain's DNS, one label; chosen by the server if"
            " not given. Set at creation.",
            "x20260131-0123456789abr",
            rule="selector",
            access=Access.SET_ONCE,
            sortable=True,
            derived=True,
        ),
        Field(
            "algorithm",
            Kind.WORD,
            "How it signs (RFC 8301, RFC 8463). Default: as `private_key` has it, else"
            " rsa-sha256.",
            "rsa-sha256",
            words=("rsa-sha256", "ed25519-sha256"),
            access=Access.SET_ONCE,
            sortable=True,
            derived=True,
        ),
        Field(
            "private_key",
            Kind.TEXT,
            "Private key of your own in PEM: Ed25519, or RSA of 2048 to 4096 bits, as"
            " PKCS#8 or PKCS#1, without a passphrase. Default: one is made. It is kept"
            " encrypted, never shown, and not changed: another key is another object.",
            "-----BEGIN PRIVATE KEY-----\n...",
            rule="dkim_private_key",
            nullable=True,
            access=Access.WRITE_ONLY,
            secret=True,
            sealed=True,
        ),
        _observed(
            "public_key",
            "Public half, base64; null until it is made.",
            "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A...",
        ),
        _observed(
            "record_name",
            "Name of the TXT record that publishes the key.",
            "x20260131-0123456789abr._domainkey.example.com",
            column=False,
        ),
        _observed(
            "record_value",
            "Content of that record; null until the key is made. Of a revoked key it"
            " has an empty `p=`.",
            "v=DKIM1; k=rsa; p=MIIBIjANBgkq...",
            column=False,
        ),
        _observed(
            "alias",
            "Name in the operator's zone that has the record: publish a CNAME record"
            " from `record_name` to it. null: publish the TXT record itself.",
            "x1-0123456789ab.9f86d081884c._domainkey.mail.cloud.example",
            column=False,
        ),
        Field(
            "state",
            Kind.WORD,
            "made: it has been asked for. published: its record is to be in the DNS."
            " seen: every authoritative server shows it. signing: it signs. retiring:"
            " it signs no more, and its record has to stay. retired: its record may go."
            " revoked: nobody is to trust it.",
            "signing",
            default=STATES[0],
            words=STATES,
            access=Access.READ_ONLY,
            sortable=True,
        ),
        Field(
            "state_since",
            Kind.MOMENT,
            "When it came into this state, UTC.",
            "2026-01-31T12:00:00.000000Z",
            access=Access.READ_ONLY,
            sortable=True,
            derived=True,
        ),
        dataclasses.replace(
            _observed("own", "Whether the user has brought it.", False),
            access=Access.HIDDEN,
        ),
    ),
    below="domain",
    key="selector",
    title="DKIM key",
    model="MailDKIMKey",
    conflict="the selector is taken in this domain, or the domain is gone",
    declarable=False,
    listed=("uuid", "selector", "algorithm", "state", "state_since"),
    own_actions=(
        Action(
            "revoke",
            "Have nobody trust the key any more. It signs no more, its record gets an"
            " empty `p=`, and another key is begun.",
        ),
    ),
)
