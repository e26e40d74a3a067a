# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Signed requests (Standard Webhooks 1.0.0, "Signature scheme").

The receiver knows that a body is ours, and that it is not an old one.
"""

import datetime
import typing as tp

from standardwebhooks import Webhook


class CannotSign(Exception):
    """A secret cannot sign."""


class Signature(tp.NamedTuple):
    """The secrets that sign, `whsec_` and base64; of use is each one."""

    #: The present one first; a former one is there while receivers change over.
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return "Signature()"

    def headers(self, request_id: str, body: bytes, now: int) -> dict[str, str]:
        """Return the fields that sign a body.

        Args:
            request_id: the same at each attempt, so that a receiver can tell.
            now: the moment of the attempt, in milliseconds since 1970.

        Raises:
            CannotSign: a secret is no key.
        """
        moment = datetime.datetime.fromtimestamp(now // 1000, datetime.timezone.utc)
        try:
            signed = [
                Webhook(secret).sign(request_id, moment, body.decode())
                for secret in self.secrets
            ]
        except (ValueError, RuntimeError):
            raise CannotSign("a secret is no key") from None
        return {
            "webhook-id": request_id,
            "webhook-timestamp": str(now // 1000),
            "webhook-signature": " ".join(signed),
        }
