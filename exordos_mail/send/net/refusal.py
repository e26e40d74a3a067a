# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Requests that are refused before the application sees them."""

import http

import msgspec

_encode = msgspec.json.Encoder().encode


class Refusal(Exception):
    """Ends a connection with an answer; the text holds nothing of the request."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail

    def answer(self, date: list[tuple[bytes, bytes]]) -> bytes:
        """Return the whole answer, in the form of RFC 9457 like any other.

        Args:
            date: headers that every answer has.
        """
        body = _encode(
            {"code": self.code, "detail": self.detail, "status": self.status}
        )
        lines = [
            f"HTTP/1.1 {self.status} {http.HTTPStatus(self.status).phrase}".encode(),
            *(b"%s: %s" % pair for pair in date),
            b"content-type: application/problem+json",
            b"content-length: %d" % len(body),
            b"connection: close",
        ]
        if self.status == http.HTTPStatus.SERVICE_UNAVAILABLE:
            lines.append(b"retry-after: 5")
        return b"\r\n".join([*lines, b"", body])


def malformed(detail: str) -> Refusal:
    """Return the refusal of what is no HTTP."""
    return Refusal(400, "malformed", detail)
