# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""What the API's description says about the fields of .../tenants/ and below."""

import typing as tp

from exordos_mail.controlplane.api.field_text import COMMON, Field, reference, texts_of
from exordos_mail.schema import relay as schema_relay

_NAME = Field("Name for people.", "Shop")
_DESCRIPTION = Field("Anything, one line.", "order confirmations")
_TENANT = reference(
    "Tenant that it belongs to, by its path. A body need not give it; it may only"
    " repeat the tenant of the request's path.",
    "instances",
    "tenants",
)


def _limits(whose: str) -> dict[str, Field]:
    return {
        f"limit_{unit}": Field(
            f"Most messages of the {whose} in any {unit}; null: no limit.", example
        )
        for unit, example in (("minute", 100), ("hour", 1000), ("day", 10000))
    }


FIELDS: tp.Mapping[str, tp.Mapping[str, Field]] = {
    "MailSendTenant": {
        **COMMON,
        "name": _NAME,
        "description": _DESCRIPTION,
        "instance": reference(
            "Instance that the tenant sends through, by its path. A body need not give"
            " it; it may only repeat the instance of the request's path.",
            "instances",
        ),
        "slug": Field(
            "Id of the tenant in the send service, unique in the instance. Set at"
            " creation.",
            "shop",
        ),
        "active": Field(
            "Whether the tenant's messages are sent; false: what it submits waits.",
            True,
        ),
        **_limits("tenant"),
        "callback_url": Field(
            "Where events are posted to, an http:// or https:// URL on port 80, 443,"
            " 8080 or 8443; null: nowhere.",
            "https://shop.example.com/mail-events",
        ),
        "callback_auth": Field(
            "How the posts say that they are ours. basic: user name and password."
            " bearer: a token. signature: signed as Standard Webhooks wants it.",
            "signature",
        ),
        "callback_username": Field("User name; `basic` alone has one.", None),
        "callback_secret": Field(
            "Password, token, or `whsec_` and the base64 of 24 to 64 octets, as"
            " `callback_auth` wants it; never shown. A change of `callback_auth` needs"
            " a new one.",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ),
        "attachment_url": Field(
            "Where attachments that messages name by path are fetched; null: nowhere.",
            "https://shop.example.com/attachments",
        ),
        "url": Field(
            "Where the tenant's HTTP API is; null while the instance has no address.",
            "https://203.0.113.7",
        ),
    },
    "MailSendAPIKey": {
        **COMMON,
        "name": Field("Name for people, to tell the keys apart.", "web server"),
        "description": _DESCRIPTION,
        "tenant": _TENANT,
        "scopes": Field(
            "What the key may be used for. send: submit messages. read: see messages"
            " and events. manage: change what belongs to the tenant.",
            ["send", "read"],
            {"minItems": 1, "uniqueItems": True},
        ),
        "expires_at": Field(
            "When the key ceases to work, with an offset from UTC; null: never.",
            "2027-01-31T12:00:00Z",
        ),
        "key": Field(
            "The key itself, in the answer to its creation alone; only its hash is"
            " kept.",
            "exm_2R8m0x3v7cQJ6uN5tYb1kLw9sHd4fGpZaXeVoTiUrBc",
        ),
    },
    "MailSendRelay": {
        **COMMON,
        "name": _NAME,
        "description": _DESCRIPTION,
        "tenant": _TENANT,
        "slug": Field(
            "Id of the relay in the send service, unique in the tenant; `default`"
            " takes the place of the instance's own mail server. Set at creation.",
            "provider",
        ),
        **texts_of(schema_relay.PLATFORM),
    },
    "MailSendSuppression": {
        **COMMON,
        "name": Field("Name for people.", ""),
        "description": _DESCRIPTION,
        "tenant": _TENANT,
        "address": Field(
            "Address that gets nothing, in lower case, unique in the tenant. Set at"
            " creation.",
            "jo@example.net",
        ),
        "reason": Field("Why, one line.", "asked for it by telephone"),
        "expires_at": Field(
            "Until when, with an offset from UTC; null: for good.",
            "2027-01-31T12:00:00Z",
        ),
    },
}
