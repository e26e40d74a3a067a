# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Certificates as the control plane gives them to a node, and what clients see."""

import contextlib
import datetime
import functools
import socket
import ssl
import typing as tp
import uuid as sys_uuid

from cryptography import x509

from exordos_mail.protocol import documents
from tests import authority
from tests.integration.exim import payloads

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
SUBMISSIONS, HTTPS = 465, 443


def uuid(number: int) -> str:
    return str(sys_uuid.UUID(int=0xC000 + number))


@functools.cache
def signer() -> authority.Signer:
    """Return an authority that is valid today."""
    return authority.signer(begin=NOW - 365 * DAY, end=NOW + 3650 * DAY)


def leaf(*names: str, **more: tp.Any) -> authority.Leaf:
    given = {"by": signer(), "begin": NOW - DAY, "end": NOW + 89 * DAY, **more}
    return authority.leaf(*names, **given)


def texts(*leaves: tuple[str, authority.Leaf]) -> dict[str, str]:
    """Return the collection `certificates`: host names with what they are shown."""
    return {
        uuid(number): documents.text(
            {
                uuid(number): {
                    "names": [hostname],
                    "chain": one.chain,
                    "private_key": one.key,
                }
            }
        )
        for number, (hostname, one) in enumerate(leaves)
    }


def payload(
    *leaves: tuple[str, authority.Leaf],
    tokens: tp.Mapping[str, str] | None = None,
    **changes: tp.Any,
) -> dict[str, tp.Any]:
    """Return a payload with certificates, and tokens with their key authorizations."""
    more = {"certificates": texts(*leaves)}
    if tokens:
        said = {one: {"key_authorization": tokens[one]} for one in tokens}
        more["challenges"] = documents.spread(said)
    return payloads.payload(more=more, **changes)


def serial(one: authority.Leaf) -> int:
    return x509.load_pem_x509_certificate(one.chain.encode()).serial_number


def shown(name: str | None, port: int = SUBMISSIONS) -> int:
    """Return the serial number that a client is shown who asks for a name."""
    return x509.load_der_x509_certificate(handshake(name, port)).serial_number


def handshake(name: str | None, port: int, context: tp.Any = None) -> bytes:
    if context is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with (
        contextlib.closing(socket.create_connection(("127.0.0.1", port), 10)) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        if port == SUBMISSIONS:
            assert connection.recv(3) == b"220"
            connection.sendall(b"QUIT\r\n")
        return tp.cast(bytes, connection.getpeercert(binary_form=True))


def trusting() -> ssl.SSLContext:
    """Return the context of a client that trusts the authority and nobody else."""
    return ssl.create_default_context(cadata=signer().pem)
