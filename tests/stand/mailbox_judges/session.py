# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A session by IMAP that stays open and is told what happens (IDLE, RFC 2177)."""

import imaplib
import ssl
import time
import typing as tp


class Session:
    """A login that waits in its inbox.

    Args:
        trust: of whom the certificate has to be.
    """

    def __init__(
        self, host: str, address: str, password: str, trust: ssl.SSLContext
    ) -> None:
        self._imap = imaplib.IMAP4_SSL(host, ssl_context=trust, timeout=30)
        self._imap.login(address, password)
        self._imap.select("INBOX")
        self._imap.send(b"a IDLE\r\n")
        self._imap.readline()

    def wait(self, is_it: tp.Callable[[bytes], bool], seconds: float) -> float | None:
        """Return after how many seconds a line came; b"" is the end of the session.

        None: none came in time.
        """
        begin = time.monotonic()
        while (left := begin + seconds - time.monotonic()) > 0:
            self._imap.sock.settimeout(left)
            try:
                line = self._imap.readline()
            except TimeoutError:
                return None
            except (OSError, imaplib.IMAP4.abort):
                line = b""
            if is_it(line):
                return time.monotonic() - begin
            if not line:
                return None
        return None

    def close(self) -> None:
        """End it without a word."""
        self._imap.shutdown()


def is_new_message(line: bytes) -> bool:
    """Say whether a line tells how many messages there are now."""
    return line.rstrip().endswith(b"EXISTS")


def is_end(line: bytes) -> bool:
    """Say whether the server ends the session with this line, or without one."""
    return not line or line.startswith(b"* BYE")
