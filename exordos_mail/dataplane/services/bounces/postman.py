# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A thread of the agent: hands what came back to the send service, and forgets it."""

import logging
import pathlib
import threading
import time

from exordos_mail.dataplane.engine import send_socket
from exordos_mail.dataplane.services.bounces import maildir
from exordos_mail.protocol import untrusted

LOG = logging.getLogger(__name__)

#: Seconds between two looks; after trouble up to the last.
_PERIOD, _PAUSE_MAX = 1.0, 30.0
_TIMEOUT = 15.0  # seconds of one exchange
#: Seconds after which nobody will want to hear of it any more.
_FORGOTTEN = 7 * 86_400.0
_MEDIA = "message/rfc822"


class Postman:
    """Brings mails from a Maildir to the send service, until it is stopped.

    Args:
        directory: see maildir.py.
        socket: control socket of the send service.
    """

    def __init__(self, directory: pathlib.Path, socket: pathlib.Path) -> None:
        self._maildir = maildir.Maildir(directory)
        self._socket = socket
        self._kept: set[str] = set()
        # The last one that there was trouble with: the next round begins behind it.
        self._troubled = ""
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bounces", daemon=True)
        self._thread.start()

    def stop(self, seconds: float) -> bool:
        """End the thread; return whether it has ended."""
        self.stopping.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = _PERIOD
        while not self.stopping.wait(pause):
            try:
                self._round()
                pause = _PERIOD
            except (send_socket.Away, send_socket.Silent):
                pause = min(2 * pause, _PAUSE_MAX)
            except Exception as exc:
                # Whatever it is, it must not end with it.
                LOG.warning("bounces are not told: %s", type(exc).__name__)
                pause = _PAUSE_MAX

    def _round(self) -> None:
        names = self._maildir.names()
        self._kept &= set(names)
        # One that the send service hangs over must not keep the others waiting.
        for name in sorted(names, key=lambda one: (one <= self._troubled, one)):
            if self.stopping.is_set():
                return
            if name not in self._kept:
                self._tell(name)

    def _tell(self, name: str) -> None:
        found = self._maildir.read(name)
        if found is None:
            # What is no mail of exim's is left for who put it there.
            self._kept.add(name)
            LOG.warning("what lies among the bounces is none: %s", ascii(name)[:100])
        elif time.time() > found.at + _FORGOTTEN or self._is_taken(found):
            self._maildir.remove(name)

    def _is_taken(self, found: maildir.Returned) -> bool:
        """Return whether the send service has the mail.

        Raises:
            send_socket.Away, send_socket.Silent: the send service cannot be told.
        """
        target = f"/v1/managed/returned/{found.message_id}"
        try:
            octets = send_socket.exchange(
                self._socket, "POST", target, found.mail, _TIMEOUT, _MEDIA
            )
            return untrusted.loads(octets)["again"] is False
        except (send_socket.Away, send_socket.Silent):
            self._troubled = found.name
            raise
        except (send_socket.ControlError, ValueError, TypeError, KeyError) as exc:
            # The others may be better.
            LOG.warning("a bounce is not taken: %s", exc)
            return False
