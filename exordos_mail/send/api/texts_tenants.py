# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Texts of the API's description: tenants, keys, relays, storages."""

import typing as tp

from exordos_mail.schema import relay
from exordos_mail.send.api.text import Text

_MOMENT = "2026-11-21T14:00:00.000Z"
_WHERE = "https://shop.example.com/mail-events"
_AUTH = (
    "How a tenant's own servers know us: an object whose `type` is `none`, `basic`,"
    " `bearer` or `signature`."
)

TEXTS: tp.Mapping[str, Text] = {
    "TenantIn.id": Text(
        "Id of the tenant: 1 to 63 of a-z 0-9 . _ -, a letter or digit first.", "shop"
    ),
    "TenantOut.id": Text("Id of the tenant.", "shop"),
    "name": Text("Name for people.", "Shop"),
    "active": Text("false: nothing of the tenant is sent; it waits.", True),
    "limits": Text(
        "Messages per minute, hour and day; null: no limit.",
        {"minute": 100, "hour": None, "day": 10000},
    ),
    "minute": Text("Most messages in any minute; null: no limit.", 100),
    "hour": Text("Most messages in any hour; null: no limit.", 1000),
    "day": Text("Most messages in any day; null: no limit.", 10000),
    "waiting": Text(
        "How much may wait: messages that are not final, and MiB of them. A call that"
        " would go beyond gets 429.",
        {"messages": 50000, "mib": 1024},
    ),
    "WaitingIO.messages": Text(
        "Most messages that are not final; null: `--waiting-messages` of the service.",
        50000,
    ),
    "mib": Text("Most MiB of them; null: `--waiting-mib` of the service.", 1024),
    "sender_domains": Text(
        "Domains that senders may be of; null: any.", ["example.com"]
    ),
    "callback_url": Text("Where events are posted to; null: nowhere.", _WHERE),
    "callback_auth": Text(
        _AUTH + " Of events and of the attachment endpoint. In an answer: its type.",
        {"type": "bearer", "token": "secret"},
    ),
    "TenantOut.callback_auth": Text(
        "`none`, `basic`, `bearer` or `signature`; its secret is never shown.",
        "signature",
    ),
    "attachment_url": Text(
        "The tenant's own service for attachments; null: none.",
        "https://shop.example.com/files",
    ),
    "managed": Text(
        "true: the control plane writes it, and it is changed there.", False
    ),
    "tenants": Text("Tenants in the order of their ids.", []),
    # Ways to authenticate.
    "NoAuth.type": Text("Nothing says that it is us.", "none"),
    "BasicAuth.type": Text("A user name and a password.", "basic"),
    "BearerAuth.type": Text("A token.", "bearer"),
    "SignatureAuth.type": Text("A signature over the body.", "signature"),
    "BasicAuth.username": Text("User name (RFC 7617).", "mail"),
    "BasicAuth.password": Text("Password (RFC 7617).", "secret"),
    "BearerAuth.token": Text("Token (RFC 6750).", "secret"),
    "secret": Text(
        "Secret of signatures (Standard Webhooks): `whsec_` and base64.",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ),
    # Keys.
    "KeyOut.id": Text(
        "Id of the key, not the key.", "0198c0de-0000-7000-8000-000000000002"
    ),
    "NewKeyOut.id": Text(
        "Id of the key, not the key.", "0198c0de-0000-7000-8000-000000000002"
    ),
    "KeyIn.name": Text("Name for people.", "web shop"),
    "scopes": Text(
        "`send`: send, cancel, suspend; `read`: look; `manage`: keys, relays,"
        " suppressions, storages, the webhook.",
        ["send", "read"],
    ),
    "KeyIn.expires_at": Text(
        "Until when it is in force, RFC 3339 text or seconds since 1970; absent: it"
        " does not expire.",
        "2027-01-01T00:00:00Z",
    ),
    "KeyOut.expires_at": Text(
        "Until when it is in force; null: it does not expire.", _MOMENT
    ),
    "NewKeyOut.expires_at": Text(
        "Until when it is in force; null: it does not expire.", _MOMENT
    ),
    "revoked_at": Text("Since when it is out of force; null: it is not.", None),
    "made_by": Text("Id of the key that has made it; null: the admin.", None),
    "key": Text("The key; shown here and never again.", "ems_…"),
    "keys": Text("Keys in the order they were made.", []),
    # Relays.
    "RelayIn.id": Text(
        "Id of the relay: 1 to 63 of a-z 0-9 . _ -, a letter or digit first.",
        "default",
    ),
    "RelayOut.id": Text("Id of the relay.", "default"),
    **{one.name: Text(one.text, one.example) for one in relay.FIELDS},
    "has_password": Text("Whether there is a password.", True),
    "relays": Text("Relays in the order of their ids.", []),
    # Storages.
    "StorageOut.name": Text("Name of the storage.", "files"),
    "protocol": Text("`local`, `s3`, `gcs` or `azure`.", "s3"),
    "config": Text(
        "What the protocol needs (docs/send/attachments.md); kept encrypted and never"
        " returned.",
        {"bucket": "files", "aws_access_key_id": "AKIA…"},
    ),
    "storages": Text("Storages in the order of their names.", []),
}
