# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Texts of the API's description: tenants, keys, relays, storages."""

import typing as tp

from exordos_mail.schema import relay, tenant
from exordos_mail.send.api.text import Text

_MOMENT = "2026-11-21T14:00:00.000Z"

TEXTS: tp.Mapping[str, Text] = {
    "TenantIn.id": Text(
        "Id of the tenant: 1 to 63 of a-z 0-9 . _ -, a letter or digit first.", "shop"
    ),
    "TenantOut.id": Text("Id of the tenant.", "shop"),
    "name": Text("Name for people.", "Shop"),
    "active": Text("false: nothing of the tenant is sent; it waits.", True),
    **{
        f"limit_{span}": Text(f"Most messages in any {span}; null: no limit.", example)
        for span, example in (("minute", 100), ("hour", 1000), ("day", 10000))
    },
    "waiting_messages": Text(
        "Most messages that are not final; a call that would go beyond gets 429. null:"
        " `--waiting-messages` of the service.",
        50000,
    ),
    "waiting_mib": Text(
        "Most MiB of them; a call that would go beyond gets 429. null: `--waiting-mib`"
        " of the service.",
        1024,
    ),
    "sender_domains": Text(
        "Domains that senders may be of; null: any.", ["example.com"]
    ),
    **{
        one.name: Text(one.text, one.example)
        for one in tenant.FIELDS
        if one.name in tenant.CALLBACK
    },
    "attachment_url": Text(
        "The tenant's own service for attachments; null: none.",
        "https://shop.example.com/files",
    ),
    "managed": Text(
        "true: the control plane writes it, and it is changed there.", False
    ),
    "tenants": Text("Tenants in the order of their ids.", []),
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
    "KeyIn.test": Text(
        "true: nothing that is submitted with it is ever sent"
        " (docs/send/simulator.md).",
        True,
    ),
    "KeyOut.test": Text("true: nothing that is submitted with it is ever sent.", False),
    "NewKeyOut.test": Text(
        "true: nothing that is submitted with it is ever sent.", False
    ),
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
