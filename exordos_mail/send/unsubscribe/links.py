# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Links: what a link says stands in it, sealed, and nowhere else.

So it works for as long as somebody keeps the mail, and shows no address. The cipher is
AES-SIV (RFC 5297): a link that was changed does not open, and each attempt to send a
message has the same one.
"""

import base64
import binascii
import collections.abc as abc
import typing as tp
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

#: Bytes of a key: two of AES-256.
KEY_BYTES = 64
PATH = "/v1/unsubscribe/"
#: Characters of a token at the most: of the longest tenant's id and recipient, 64
#: and 254 octets, the id of a message, and what proves that it is ours.
TOKEN_MAX = 600
_ID_BYTES = 16
_WHAT = [b"exordos_mail_send: link to unsubscribe, 1"]


class Subscription(tp.NamedTuple):
    """Who does not want mail of whom, and which mail the link is in."""

    tenant_id: str
    message_id: str
    recipient: str


class NotOurs(Exception):
    """A token was not made by this service, or was changed."""


class Links:
    """Makes and reads links."""

    def __init__(self, keys: abc.Sequence[bytes], public_url: str | None) -> None:
        """Make it.

        Args:
            keys: the first one makes links; any of them reads.
            public_url: where the service is reached. None: nobody knows, so there
                are no new links.
        """
        self.public_url = public_url
        self._ciphers = tuple(map(AESSIV, keys))

    def token(self, found: Subscription) -> str:
        """Return what stands for a subscription in a path."""
        whom = b"\0".join((found.tenant_id.encode(), found.recipient.encode()))
        plain = uuid.UUID(found.message_id).bytes + whom
        return _encoded(self._ciphers[0].encrypt(plain, _WHAT))

    def read(self, token: str) -> Subscription:
        """Return what a token stands for.

        Raises:
            NotOurs: nothing.
        """
        sealed = _decoded(token)
        for cipher in self._ciphers:
            try:
                plain = cipher.decrypt(sealed, _WHAT)
            except (InvalidTag, ValueError):
                continue
            tenant_id, _, recipient = plain[_ID_BYTES:].partition(b"\0")
            message_id = str(uuid.UUID(bytes=plain[:_ID_BYTES]))
            return Subscription(tenant_id.decode(), message_id, recipient.decode())
        raise NotOurs


def url(base: str, token: str) -> str:
    """Return a link.

    Args:
        base: where the service is reached (public_url.py).
    """
    return base + PATH + token


def _encoded(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _decoded(token: str) -> bytes:
    """Return the octets of a token; of one in another spelling, none."""
    if len(token) > TOKEN_MAX or not token.isascii():
        return b""
    try:
        found = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return b""
    return found if _encoded(found) == token else b""
