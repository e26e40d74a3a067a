# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The sealed channel between a node and the gateway of its control plane.

Both sides hold the node's key (32 octets), which Core gives to the node and
the platform's builder fetches. Each says hello in clear with a nonce of its
own; from both nonces and the key come two keys, one per direction (HKDF, RFC
5869). Every message after that is ChaCha20-Poly1305 (RFC 8439) with a counter
as its nonce: it can be neither read nor changed, repeated, left out, turned
round or moved to another connection. A side is known by its first message
that opens.

There is no forward secrecy: who has the node's key may ask for the same data.
"""

import json
import secrets
import typing as tp
import uuid as sys_uuid

from cryptography import exceptions
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import aead
from cryptography.hazmat.primitives.kdf import hkdf

from exordos_mail.protocol import untrusted

VERSION = 1
KEY_SIZE = 32
NONCE_SIZE = 32

_COUNTER_SIZE = 12
_INFO = b"exordos_mail node gateway v1"


class ChannelError(Exception):
    """What came is not from the other side; nothing of it may be used."""


class Hello(tp.NamedTuple):
    """First words of a connection, in clear: who calls, and a fresh nonce."""

    node: sys_uuid.UUID
    nonce: bytes

    def encode(self) -> str:
        """Return the hello as it travels."""
        return json.dumps(
            {"version": VERSION, "node": str(self.node), "nonce": self.nonce.hex()}
        )


def new_nonce() -> bytes:
    """Return a nonce for one connection."""
    return secrets.token_bytes(NONCE_SIZE)


def decode_hello(message: str | bytes) -> Hello:
    """Return the hello of a node.

    Raises:
        ChannelError: it is none, or of a version that is not ours.
    """
    try:
        value = untrusted.loads(message)
        hello = Hello(sys_uuid.UUID(value["node"]), bytes.fromhex(value["nonce"]))
        version = value["version"]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ChannelError("this is no hello") from None
    if version != VERSION or len(hello.nonce) != NONCE_SIZE:
        raise ChannelError("the hello is of another version")
    return hello


def encode_reply(nonce: bytes) -> str:
    """Return the gateway's first words, in clear as well: a fresh nonce."""
    return json.dumps({"version": VERSION, "nonce": nonce.hex()})


def decode_reply(message: str | bytes) -> bytes:
    """Return the nonce of the gateway's reply to a hello.

    Raises:
        ChannelError: it is none, or of a version that is not ours.
    """
    try:
        value = untrusted.loads(message)
        version, nonce = value["version"], bytes.fromhex(value["nonce"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ChannelError("this is no answer to a hello") from None
    if version != VERSION or len(nonce) != NONCE_SIZE:
        raise ChannelError("the answer to the hello is of another version")
    return nonce


class Channel:
    """One connection, seen from one side.

    Args:
        key: the node's key, 32 octets.
        client, server: the nonces of both sides.
        is_server: which side this is.
    """

    def __init__(
        self, key: bytes, client: bytes, server: bytes, *, is_server: bool
    ) -> None:
        if (len(key), len(client), len(server)) != (KEY_SIZE, NONCE_SIZE, NONCE_SIZE):
            raise ChannelError("a key or nonce has the wrong length")
        both = hkdf.HKDF(
            hashes.SHA256(), 2 * KEY_SIZE, salt=client + server, info=_INFO
        ).derive(key)
        from_client, from_server = both[:KEY_SIZE], both[KEY_SIZE:]
        ours, theirs = (
            (from_server, from_client) if is_server else (from_client, from_server)
        )
        self._ours = aead.ChaCha20Poly1305(ours)
        self._theirs = aead.ChaCha20Poly1305(theirs)
        self._sent = 0
        self._received = 0

    def seal(self, message: bytes) -> bytes:
        """Return the message as it travels; to be sent in this very order."""
        sealed = self._ours.encrypt(_counter(self._sent), message, None)
        self._sent += 1
        return sealed

    def open(self, sealed: bytes | str) -> bytes:
        """Return the next message of the other side.

        Raises:
            ChannelError: it is not that; the connection is of no use any more.
        """
        if isinstance(sealed, str):
            raise ChannelError("a sealed message is not text")
        try:
            message = self._theirs.decrypt(_counter(self._received), sealed, None)
        except exceptions.InvalidTag:
            raise ChannelError("a message does not open") from None
        self._received += 1
        return message


def _counter(value: int) -> bytes:
    return value.to_bytes(_COUNTER_SIZE, "big")
