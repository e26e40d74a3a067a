# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An SMTP client that says what a test wants said, and reports the codes."""

import base64
import smtplib
import socket
import ssl
import typing as tp

SUBMISSION, SUBMISSIONS, RELAY = 587, 465, 25
EHLO_NAME = "client.example.net"
TIMEOUT = 30  # seconds
#: A recipient of another host. None of these messages may be accepted.
FOREIGN = "somebody@remote.test"

Reply = tuple[int, str]


def tls_context() -> ssl.SSLContext:
    """Return a context that takes the self-signed certificate of a new node."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def plain(host: str, port: int = SUBMISSION) -> smtplib.SMTP:
    """Return a session after EHLO, without TLS."""
    session = smtplib.SMTP(host, port, local_hostname=EHLO_NAME, timeout=TIMEOUT)
    session.ehlo()
    return session


def secure(host: str, port: int = SUBMISSION) -> smtplib.SMTP:
    """Return a session after EHLO inside TLS: implicit on 465, else STARTTLS."""
    session: smtplib.SMTP
    if port == SUBMISSIONS:
        session = smtplib.SMTP_SSL(
            host,
            port,
            local_hostname=EHLO_NAME,
            timeout=TIMEOUT,
            context=tls_context(),
        )
    else:
        session = plain(host, port)
        code, text = session.starttls(context=tls_context())
        assert code == 220, (code, text)
    session.ehlo()
    return session


def command(session: smtplib.SMTP, line: str) -> Reply:
    """Send one line and return code and text of the answer."""
    verb, _, rest = line.partition(" ")
    code, text = session.docmd(verb, rest)
    return code, text.decode(errors="replace")


def encode(text: str) -> str:
    """Return the base64 of a text, as the AUTH dialogue carries it."""
    return base64.b64encode(text.encode()).decode()


def auth(session: smtplib.SMTP, mechanism: str, user: str, password: str) -> Reply:
    """Say AUTH by hand and return the last answer of the server."""
    if mechanism == "PLAIN":
        secret = encode("\0".join(("", user, password)))
        return command(session, f"AUTH PLAIN {secret}")
    reply = command(session, "AUTH LOGIN")
    for answer in (user, password):
        if reply[0] != 334:
            return reply
        reply = command(session, encode(answer))
    return reply


def login_code(
    host: str,
    user: str,
    password: str,
    port: int = SUBMISSION,
    mechanism: str = "PLAIN",
) -> int:
    """Return the code that a login gets: 235 is good, 535 is refused.

    0 says that nobody answers at the port.
    """
    try:
        with secure(host, port) as session:
            return auth(session, mechanism, user, password)[0]
    except smtplib.SMTPServerDisconnected:
        return 0
    except smtplib.SMTPConnectError as refused:
        return refused.smtp_code
    except smtplib.SMTPException:
        raise
    except OSError:  # smtplib's errors are of this kind as well: see above
        return 0


def envelope(session: smtplib.SMTP, sender: str, *recipients: str) -> Reply:
    """Send MAIL and RCPT; return the first answer that is not 250, or the last."""
    reply = command(session, f"MAIL FROM:<{sender}>")
    for recipient in recipients:
        if reply[0] != 250:
            break
        reply = command(session, f"RCPT TO:<{recipient}>")
    return reply


def data(session: smtplib.SMTP, lines: tp.Iterable[str]) -> Reply:
    """Send DATA after an accepted envelope and return the final answer."""
    code, text = session.data("\r\n".join(lines).encode())
    return code, text.decode(errors="replace")


def answers(host: str, port: int) -> bool:
    """Tell whether anybody takes a connection at the port."""
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError:
        return False
    return True
