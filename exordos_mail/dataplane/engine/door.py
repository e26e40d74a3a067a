# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A door of a service, and what is found of one by speaking its protocol."""

import datetime
import functools
import socket
import ssl
import typing as tp

from cryptography import x509

from exordos_mail.dataplane.engine import deadline, report, service
from exordos_mail.schema.health import DEGRADED, FAILED, OK
from exordos_mail.standards import dialogue

#: Seconds for a whole conversation. A process that is stopped, or slow, is found by it.
SECONDS = 5.0
_LOOPBACK = "127.0.0.1"


class Finding(tp.NamedTuple):
    """A state, and one line of text; "" if it is OK."""

    state: str
    reason: str


def find(door: service.Door) -> Finding:
    """Return what a door is like; never raises."""
    try:
        reason = door.look()
    except dialogue.Problem as exc:
        state = DEGRADED if exc.greeted else FAILED
        return Finding(state, report.one_line(exc.wrong))
    except TimeoutError:
        return Finding(FAILED, "no answer in time")
    except (OSError, service.Problem) as exc:
        return Finding(FAILED, report.one_line(_why(exc)))
    except Exception as exc:
        # Its text may hold values.
        return Finding(FAILED, f"internal error: {type(exc).__name__}")
    return Finding(DEGRADED, report.one_line(reason)) if reason else Finding(OK, "")


def speaking(
    protocol: str,
    port: int,
    dialect: dialogue.Dialect,
    tls: bool = False,
    logs_in: bool = True,
) -> service.Door:
    """Return the door of a port at which mail programs speak (standards/dialogue.py).

    Args:
        tls: TLS comes first of all; else by a command.
        logs_in: accounts log in there.
    """
    look = functools.partial(_speak, port, dialect, tls, logs_in)
    return service.Door(protocol, look, port=port)


def _speak(port: int, dialect: dialogue.Dialect, tls: bool, logs_in: bool) -> str:
    with socket.create_connection((_LOOPBACK, port), SECONDS) as plain:
        held: list[socket.socket] = [plain]
        end = deadline.Deadline(SECONDS, lambda: held[0])
        encrypt = functools.partial(_encrypt, held)
        try:
            with end:
                shown = dialogue.converse(
                    plain, dialect, encrypt, tls, logs_in, is_near=True
                )
        except dialogue.Problem:
            if end.passed:
                # It is we who have hung up.
                raise TimeoutError from None
            raise
    return expired(shown)


def _encrypt(held: list[socket.socket], connection: socket.socket) -> ssl.SSLSocket:
    """Begin TLS; what is held is the encrypted connection from its first octet on."""
    secure = tls_context().wrap_socket(connection, do_handshake_on_connect=False)
    held[0] = secure
    try:
        secure.do_handshake()
    except BaseException:
        secure.close()
        raise
    return secure


def expired(certificate: bytes) -> str:
    """Return what is wrong with the time of a certificate, in DER; "": nothing."""
    end = x509.load_der_x509_certificate(certificate).not_valid_after_utc
    if end > _now():
        return ""
    return f"the certificate that it shows has ended at {end:%Y-%m-%dT%H:%M:%SZ}"


def tls_context() -> ssl.SSLContext:
    """Return a context for talking to ourselves: the certificate may be our own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _why(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError):
        reason = getattr(exc, "reason", None)
        return f"TLS fails: {reason or 'the connection ended'}"
    if isinstance(exc, ConnectionRefusedError):
        return "nobody listens"
    if isinstance(exc, OSError) and not exc.filename:
        return exc.strerror or type(exc).__name__
    return report.reason_of(exc)
