# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What the API's description says about each field: text and example.

Kept apart from the models, whose docstrings tell developers how a field works;
this is for who calls the API. A test fails when a field has no entry here.
"""

import typing as tp

from exordos_mail.controlplane.api import send_descriptions
from exordos_mail.controlplane.api.field_text import COMMON, Field, reference

FIELDS: tp.Mapping[str, tp.Mapping[str, Field]] = {
    "MailVersion": {
        **COMMON,
        "name": Field("Name of the version, unique.", "1.0.0"),
        "description": Field(
            "Project of the manifest that declared the version.",
            "12345678-c625-4fee-81d5-f691897b8142",
        ),
        "image": Field(
            "Address of the image of the node's root disk.",
            "https://images.example.com/exordos-metapaas-mail-dp.raw.zst",
        ),
    },
    "MailInstance": {
        **COMMON,
        "name": Field("Name for people.", "mail-prod"),
        "description": Field("Anything, one line.", "outgoing mail of the shop"),
        "domain": Field(
            "Primary mail domain, in lower case and without a dot at the end; a name"
            " in another script in its xn-- form. Set at creation.",
            "example.com",
        ),
        "cpu": Field("Cores of the machine.", 2),
        "ram": Field("Memory of the machine in MiB.", 2048),
        "disk_size": Field("Data disk in GiB; it never shrinks.", 20),
        "version": reference(
            "Image of the machine, by the path of its version; another one gives the"
            " machine another root disk.",
            "versions",
        ),
        "generation": Field("Counts the changes, those of accounts included.", 7),
        "applied_generation": Field(
            "Newest generation that the machine has applied; equal to `generation`"
            " when every change is in service.",
            7,
        ),
        "status": Field(
            "NEW: nothing done yet. IN_PROGRESS: under way. ACTIVE: applied, and the"
            " mail server answers. ERROR: see `status_reason`.",
            "ACTIVE",
        ),
        "status_reason": Field(
            "Why the status is what it is, for people; empty when ACTIVE.", ""
        ),
        "ipsv4": Field("All IPv4 addresses of the machines.", ["203.0.113.7"]),
        "ipv4": Field(
            "The first IPv4 address; null until there is one.", "203.0.113.7"
        ),
        "dkim_selector": Field(
            "Selector of the RSA key; null until the machine has it.",
            "platform-0123456789ab",
        ),
        "dkim_public_key": Field(
            "TXT record data of the RSA key; null until the machine has it.",
            "v=DKIM1; k=rsa; p=MIIBIjANBgkq...",
        ),
        "dkim_keys": Field(
            "TXT records to publish, one for each DKIM key in use.",
            [
                {
                    "selector": "platform-0123456789ab",
                    "name": "platform-0123456789ab._domainkey.example.com",
                    "type": "TXT",
                    "value": "v=DKIM1; k=rsa; p=MIIBIjANBgkq...",
                }
            ],
            {
                "items": {
                    "type": "object",
                    "properties": {
                        name: {"type": "string"}
                        for name in ("selector", "name", "type", "value")
                    },
                }
            },
        ),
        "certificates": Field(
            "The certificates that the machine shows to clients, as it reports them;"
            " it makes them itself. `sha256` is the digest to compare with, `pem`"
            " what a client is to trust.",
            [
                {
                    "key_type": "ECDSA",
                    "not_after": "2027-03-04T12:00:00Z",
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015"
                    "a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "pem": "-----BEGIN CERTIFICATE-----\n...",
                }
            ],
            {
                "items": {
                    "type": "object",
                    "properties": {
                        name: {"type": "string"}
                        for name in ("key_type", "not_after", "sha256", "pem")
                    },
                }
            },
        ),
    },
    "MailAccount": {
        **COMMON,
        "name": Field("Name for people.", "Alice"),
        "description": Field("Anything, one line.", "printer on the third floor"),
        "instance": reference(
            "Instance of the account, by its path. A body need not give it; it may"
            " only repeat the instance of the request's path.",
            "instances",
        ),
        "username": Field(
            "Left of the @ in the account's address and login. Set at creation.",
            "alice",
        ),
        "password": Field(
            "Password to hash and store; never shown. Either this or `password_hash`.",
            "correct horse battery staple",
        ),
        "password_hash": Field(
            "Hash that crypt(3) verifies, as `openssl passwd -6` makes it, with or"
            " without a scheme such as {SHA512-CRYPT} before it; never shown. Either"
            " this or `password`.",
            "$6$k2XAnEHBqQ1Ct2aM$iHrwyiyKiHg2YYwyBUuMGKxA1KEcXtz5/1GeBzr0MS1P"
            "/uuE3hZ0bFaooxSWrUiR3AnSTuj.ImcGKhyGcmwS5.",
        ),
        "active": Field("Whether the account may log in; false locks it out.", True),
    },
    **send_descriptions.FIELDS,
}
