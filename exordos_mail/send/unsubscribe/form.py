# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a mail program posts to unsubscribe: `List-Unsubscribe=One-Click` (RFC 8058)."""

import email.errors
import email.message
import email.parser
import email.policy
import typing as tp
import urllib.parse

NAME, VALUE = "List-Unsubscribe", "One-Click"
URLENCODED: tp.Final = "application/x-www-form-urlencoded"
MULTIPART: tp.Final = "multipart/form-data"
_parse = email.parser.BytesParser(policy=email.policy.compat32).parsebytes


def is_one_click(content_type: str, body: bytes) -> bool:
    """Tell whether a form asks for it, in either of the forms of section 3.1.

    Args:
        content_type: the header of the request.
    """
    if content_type.partition(";")[0].strip().lower() == MULTIPART:
        return _parts(content_type, body) == [VALUE]
    try:
        fields = urllib.parse.parse_qsl(body.decode("ascii"), max_num_fields=20)
    except ValueError:
        return False
    return [value for name, value in fields if name == NAME] == [VALUE]


def _parts(content_type: str, body: bytes) -> list[str]:
    """Return the values of the field in a form of parts (RFC 7578)."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    parts = _parse(head + body).get_payload()
    if not isinstance(parts, list):
        return []
    return [
        str(part.get_payload()).strip()
        for part in parts
        if isinstance(part, email.message.Message)
        and part.get_param("name", header="content-disposition") == NAME
    ]
