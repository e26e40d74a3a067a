# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0
"""What the API's own description (OpenAPI) says about the bulk request."""

import typing as tp

from restalchemy.openapi import constants as openapi

from exordos_mail import constants as c
from exordos_mail.controlplane.api import descriptions
from exordos_mail.schema import account
from exordos_mail.standards import address, password

_Schema = dict[str, tp.Any]


def _text(max_length: int, **more: tp.Any) -> _Schema:
    return {"type": "string", "maxLength": max_length, **more}


def _list(items: _Schema, description: str) -> _Schema:
    return {
        "type": "array",
        "maxItems": c.BULK_ITEMS_MAX,
        "items": items,
        "description": description,
    }


def _result(status: int) -> _Schema:
    return {
        "type": "object",
        "required": ["index", "status"],
        "properties": {
            "index": {
                "type": "integer",
                "minimum": 0,
                "description": "The item's place in the request's list.",
            },
            "status": {
                "type": "integer",
                "description": "HTTP status of the single request; 424 if another"
                " item of an atomic request failed.",
                "example": status,
            },
            "uuid": {**_UUID, "description": "The account, if it was done."},
            "generated_password": {
                "type": "string",
                "description": account.NOUN.field("generated_password").text,
            },
            "error": {"type": "string", "description": "Why it was not done."},
        },
    }


_UUID: _Schema = {"type": "string", "format": "uuid"}
_CHANGEABLE: dict[str, _Schema] = {
    "name": _text(255),
    "description": _text(255),
    "active": {"type": "boolean", "default": True},
    "password": _text(
        password.PASSWORD_MAX,
        minLength=1,
        writeOnly=True,
        description="This, `password_hash` or `generate_password`. At most"
        f" {c.BULK_PASSWORDS_MAX} items of a request may have this or"
        " `generate_password`.",
    ),
    "password_hash": _text(password.HASH_MAX, minLength=1, writeOnly=True),
    **{
        name: descriptions.schema(account.NOUN.field(name))
        for name in (
            "generate_password",
            "main_password_for_mail",
            "mailbox",
            "quota_bytes",
            "quota_messages",
            "bounce_to",
            "suspended",
        )
    },
}
_CREATE: _Schema = {
    "type": "object",
    "required": ["username"],
    "additionalProperties": False,
    "properties": {
        "uuid": _UUID,
        "username": _text(address.USERNAME_MAX, minLength=1, example="alice"),
        "domain": _text(
            address.DOMAIN_MAX,
            minLength=1,
            example="example.com",
            description="One of the instance's; the primary one if not given.",
        ),
        **_CHANGEABLE,
        "project_id": {**_UUID, "description": "That of the instance."},
        "instance": {"type": "string", "description": "That of the path."},
    },
}
_UPDATE: _Schema = {
    "type": "object",
    "required": ["uuid"],
    "additionalProperties": False,
    "properties": {
        "uuid": _UUID,
        "username": _text(address.USERNAME_MAX, minLength=1, example="alice"),
        "domain": _text(address.DOMAIN_MAX, minLength=1, example="example.com"),
        "keep_old_address": descriptions.schema(account.NOUN.field("keep_old_address")),
        **{
            name: {key: value for key, value in schema.items() if key != "default"}
            for name, schema in _CHANGEABLE.items()
        },
    },
}
_REQUEST: _Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "mode": {
            "type": "string",
            "enum": [c.BULK_PARTIAL, c.BULK_ATOMIC],
            "default": c.BULK_PARTIAL,
            "description": "`partial`: every item that can be done is done."
            " `atomic`: all items are done or none.",
        },
        "delete": _list(_UUID, "Accounts to delete; done first."),
        "update": _list(_UPDATE, "Accounts to change; done second."),
        "create": _list(_CREATE, "Accounts to create; done last."),
    },
}
_RESPONSE: _Schema = {
    "type": "object",
    "required": ["done", "failed", "delete", "update", "create"],
    "properties": {
        "done": {"type": "integer", "description": "Number of items that were done."},
        "failed": {"type": "integer", "description": "Number of the others."},
        "delete": _list(_result(204), "One result for each item, in order."),
        "update": _list(_result(200), "One result for each item, in order."),
        "create": _list(_result(201), "One result for each item, in order."),
    },
}

#: Arguments of restalchemy's extend_schema().
OPERATION: dict[str, tp.Any] = {
    "summary": "Create, update and delete many accounts in one transaction"
    f" (at most {c.BULK_ITEMS_MAX} items)",
    "tags": ["MailAccount"],
    "parameters": [{"$ref": openapi.build_parameter_ref("MailInstanceUuid")}],
    "operation_id": "Bulk_v1_types_mail_instances_MailInstanceUuid_accounts",
    "request_body": openapi.build_openapi_req_body(
        "Lists of the changes by kind", "application/json", _REQUEST
    ),
    "responses": {
        **openapi.build_openapi_user_response(
            description="What became of each item", **_RESPONSE
        ),
    },
}
