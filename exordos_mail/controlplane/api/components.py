# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What all operations of the OpenAPI description share: errors, and the token."""

import typing as tp

JSON = dict[str, tp.Any]

#: Name of the security scheme: a bearer token of Core's IAM.
BEARER = "bearer"
_TYPE = "application/json"

#: What is said about each status of an error.
ERRORS = {
    "400": "The request is wrong; the message says how.",
    "401": "The token is not valid.",
    "403": "The token lacks the permission, or a field may not be set.",
    "404": "No such object in the token's project.",
    "409": "The change clashes with another object, or with another change.",
    "413": "The body is too long.",
}
_COMPONENTS: JSON = {
    "schemas": {
        "MailError": {
            "type": "object",
            "description": "What was wrong, never with a value that was sent.",
            "required": ["type", "code", "message"],
            "properties": {
                "type": {
                    "type": "string",
                    "description": "Name of the error's class.",
                    "example": "MailValidationError",
                },
                "code": {
                    "type": "integer",
                    "description": "HTTP status or a number of the platform.",
                    "example": 400,
                },
                "message": {
                    "type": "string",
                    "description": "Text for people.",
                    "example": "cpu: a whole number from 1 to 128",
                },
            },
        },
        "MailTokenError": {
            "type": "object",
            "description": "The token was not accepted (RFC 6749 section 5.2).",
            "required": ["error", "error_description"],
            "properties": {
                "error": {
                    "type": "string",
                    "description": "Code of the error.",
                    "example": "invalid_token",
                },
                "error_description": {
                    "type": "string",
                    "description": "Text for people.",
                    "example": "Invalid auth token.",
                },
            },
        },
    },
    "responses": {
        f"MailError{status}": {
            "description": text,
            "content": {
                _TYPE: {
                    "schema": {
                        "$ref": "#/components/schemas/"
                        + ("MailTokenError" if status == "401" else "MailError")
                    }
                }
            },
        }
        for status, text in ERRORS.items()
    },
    "securitySchemes": {
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "description": "Access token of Core's IAM.",
        }
    },
}


def add_components(components: JSON) -> None:
    """Put what all operations share into the document's components."""
    for kind, entries in _COMPONENTS.items():
        components.setdefault(kind, {}).update(entries)
