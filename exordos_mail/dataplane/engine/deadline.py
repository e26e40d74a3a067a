# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An end for conversations, however slowly they go on.

A timeout of a socket is one for each wait. Whoever answers an octet now and then keeps
within it for ever, and the agent, which is root and the only one that repairs the
node, would listen to a daemon without rights for ever. A `Deadline` is for the whole
conversation: when it has passed, the connection is shut down, whoever reads from it.
"""

import contextlib
import http.client
import smtplib
import socket
import threading
import time
import types
import typing as tp

_AGAIN = 0.05  # seconds; a connection may be replaced, by STARTTLS, as it is shut down
# What a conversation ends with whose connection is shut down.
_BROKEN = (OSError, EOFError, http.client.HTTPException, smtplib.SMTPException)


class Deadline:
    """The latest end of a conversation; a context manager, or begun and stopped.

    Args:
        seconds: for all of it.
        connection: returns the socket that it is held over, None before and after.

    Attributes:
        passed: whether the connection was shut down.
    """

    def __init__(
        self, seconds: float, connection: tp.Callable[[], socket.socket | None]
    ) -> None:
        self._end = time.monotonic() + seconds
        self._connection = connection
        self._over = threading.Event()
        self.passed = False
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def begin(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching: the conversation is over."""
        self._over.set()

    def __enter__(self) -> "Deadline":
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        """Stop watching.

        Raises:
            TimeoutError: the deadline has passed. What was read until then may
                look whole, and is not.
        """
        self.stop()
        if self.passed and (error is None or isinstance(error, _BROKEN)):
            raise TimeoutError("the conversation took too long") from None

    def _watch(self) -> None:
        wait = self._end - time.monotonic()
        while not self._over.wait(max(wait, 0)):
            self.passed = True
            wait = _AGAIN
            connection = self._connection()
            if connection is not None:
                with contextlib.suppress(OSError):
                    # Past the one of SSLSocket, which forgets its session first.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
