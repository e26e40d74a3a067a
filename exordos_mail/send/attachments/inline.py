# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Attachments that are in the message itself."""

import base64

from exordos_mail.send.attachments.failures import PermanentFailure


def decode(text: str, limit: int) -> bytes:
    """Return the bytes of base64 text; see `decode_text`.

    Args:
        limit: the most bytes it may have.

    Raises:
        PermanentFailure: it is not base64, or too large.
    """
    try:
        compact = _compact(text)
        if len(compact) * 3 // 4 > limit:
            raise PermanentFailure(f"larger than {limit} bytes")
        return _decoded(compact)
    except ValueError:
        raise PermanentFailure("content is not base64") from None


def decode_text(text: str) -> bytes:
    """Return the bytes of base64 text (RFC 4648 section 4).

    It may stand in lines, and its padding may be missing.

    Raises:
        ValueError: it is not base64.
    """
    try:
        return _decoded(_compact(text))
    except ValueError:
        raise ValueError("not base64") from None


def _compact(text: str) -> bytes:
    return text.encode("ascii").translate(None, b" \t\r\n").rstrip(b"=")


def _decoded(compact: bytes) -> bytes:
    return base64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)
