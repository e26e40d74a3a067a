# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Logins on the submission port, as often as a stopwatch needs them.

A session that has looked an account up once keeps the file that it found, so
each attempt needs a session of its own. Those are opened beforehand: what is
timed is AUTH alone, and the node does not spend its time on TLS meanwhile.
"""

import base64
import contextlib
import smtplib
import ssl
import threading
import time
import typing as tp

PORT = 587
TIMEOUT = 30.0  # seconds for a step of a dialogue
# exim allows 50 from one address at a time (exim4.conf.j2).
STOCK = 36
SPACING = 0.025  # seconds between two attempts
# Errors of a connection that the other side has ended.
ENDED = (smtplib.SMTPException, OSError)


class NotOpen(Exception):
    """The port does not answer, or not with a session that can log in."""


class Door:
    """The submission port of a node.

    Args:
        source: address of ours to come from; failed logins are counted by it.
    """

    def __init__(self, host: str, source: str) -> None:
        self.host = host
        self.source = source
        self._ready: list[smtplib.SMTP] = []
        self._context = ssl.create_default_context()
        # The node has a self-signed certificate until a real one is delivered.
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE

    def open(self) -> smtplib.SMTP:
        """Return a session inside TLS that nobody has logged in to.

        Raises:
            NotOpen: there is none to be had.
        """
        try:
            session = smtplib.SMTP(
                self.host,
                PORT,
                local_hostname="bench.test",
                timeout=TIMEOUT,
                source_address=(self.source, 0),
            )
            session.starttls(context=self._context)
            session.ehlo()
        except ENDED as error:
            raise NotOpen(str(error)) from None
        return session

    def stock(self) -> None:
        """Open sessions beforehand."""
        while len(self._ready) < STOCK:
            self._ready.append(self.open())

    def empty(self) -> None:
        """Close what is left of them."""
        while self._ready:
            end(self._ready.pop())

    def admits(self, login: str, password: str) -> bool:
        """Try to log in, in a session of its own."""
        session = self._ready.pop() if self._ready else self.open()
        try:
            return authenticate(session, login, password)
        except ENDED:
            return False
        finally:
            end(session)

    def first(self, login: str, password: str, wanted: bool, deadline: float) -> float:
        """Return the monotonic time at which an attempt first ends as wanted.

        Raises:
            TimeoutError: none does until the deadline (monotonic).
        """
        while True:
            began = time.monotonic()
            if self.admits(login, password) == wanted:
                return time.monotonic()
            if began > deadline:
                what = "admitted" if wanted else "refused"
                raise TimeoutError(f"the login was not {what} in time")
            time.sleep(max(0.0, began + SPACING - time.monotonic()))


def authenticate(session: smtplib.SMTP, login: str, password: str) -> bool:
    """Log in; False if the node refuses."""
    secret = base64.b64encode(f"\0{login}\0{password}".encode()).decode()
    return session.docmd("AUTH", f"PLAIN {secret}")[0] == 235


def end(session: smtplib.SMTP) -> None:
    """Close a session; it may be closed already."""
    with contextlib.suppress(*ENDED):
        session.close()


class Watch:
    """Waits in a thread for the node to end a session that is logged in."""

    def __init__(self, session: smtplib.SMTP) -> None:
        self._session = session
        self._ended: float | None = None
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def _wait(self) -> None:
        sock = tp.cast(ssl.SSLSocket, self._session.sock)
        sock.settimeout(None)
        with contextlib.suppress(OSError):
            # A goodbye, or nothing: from then on the session takes no mail.
            sock.recv(1)
        self._ended = time.monotonic()

    def ended(self, deadline: float) -> float:
        """Return the monotonic time at which the session ended.

        Raises:
            TimeoutError: it was still open at the deadline (monotonic).
        """
        self._thread.join(max(0.0, deadline - time.monotonic()))
        end(self._session)
        if self._ended is None:
            raise TimeoutError("the open session was not ended in time")
        return self._ended
