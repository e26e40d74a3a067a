# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A door on the loopback to a source that has let us in.

doveadm comes in with a token, and speaks to the source from then on: it sees neither
TLS nor the password. Of what the source can do it is told plain IMAP4rev1, which is
what all servers do alike.
"""

import os
import secrets
import select
import socket
import threading

from exordos_mail.dataplane.services.imports import source
from exordos_mail.dataplane.services.imports.fault import Fault

LOOPBACK = "127.0.0.1"
_CAPABILITIES = b"[CAPABILITY IMAP4rev1]"
_BLOCK = 65536
_LINE_MAX = 1000
_STEP = 1.0  # seconds between two looks whether it is over
#: Octets between two looks at the disk.
_LOOK = 2**20


class Relay:
    """The door, until it is left.

    Args:
        session: has logged in; it is hung up at the end.
        silence: seconds without a word of either side.
        disk: a directory of the disk that must not get full.
        reserve: octets of it that stay free.

    Attributes:
        reason: why the source was left; "": it was not.
        passes: whether it is worth trying again.
    """

    def __init__(
        self, session: source.SourceSession, silence: float, disk: str, reserve: int
    ) -> None:
        self.token = secrets.token_urlsafe(24)
        self.reason, self.passes = "", True
        self._session, self._silence = session, silence
        self._disk, self._reserve = disk, reserve
        self._is_over = threading.Event()
        self._door = socket.create_server((LOOPBACK, 0))
        #: Where the door is.
        self.port = int(self._door.getsockname()[1])
        self._door.settimeout(_STEP)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "Relay":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._door.close()

    def _serve(self) -> None:
        try:
            while not self._is_over.is_set():
                try:
                    client = self._door.accept()[0]
                except TimeoutError:
                    continue
                with client:
                    if self._let_in(client):
                        # Who comes back is not kept waiting.
                        self._door.close()
                        self._pass_on(client)
                        return
        except Fault as fault:
            self.reason, self.passes = str(fault), fault.passes
        except (OSError, ValueError):
            self.reason = "the source closes the connection"
        finally:
            self._session.close_quietly()

    def _let_in(self, client: socket.socket) -> bool:
        """Return whether it is doveadm, which then has logged in."""
        client.settimeout(source.TIMEOUT)
        client.sendall(b"* OK " + _CAPABILITIES + b" Ready.\r\n")
        line = b""
        while not line.endswith(b"\n") and len(line) < _LINE_MAX:
            part = client.recv(_LINE_MAX)
            if not part:
                return False
            line += part
        tag, _, said = line.partition(b" ")
        if not secrets.compare_digest(said.strip(), self._login()):
            return False
        client.sendall(tag + b" OK " + _CAPABILITIES + b" Logged in.\r\n")
        return True

    def _login(self) -> bytes:
        return b'LOGIN "import" "' + self.token.encode() + b'"'

    def _pass_on(self, client: socket.socket) -> None:
        far, count, quiet = self._session.sock, 0, 0.0
        while not self._is_over.is_set():
            ready = [far] if far.pending() else []  # type: ignore[attr-defined]
            ready = ready or select.select([client, far], [], [], _STEP)[0]
            quiet = 0.0 if ready else quiet + _STEP
            if quiet >= self._silence:
                raise Fault("the source says nothing", passes=True)
            if client in ready:
                part = client.recv(_BLOCK)
                if not part:
                    return
                far.sendall(part)
            if far in ready:
                part = far.recv(_BLOCK)
                if not part:
                    raise Fault("the source closes the connection", passes=True)
                client.sendall(part)
                count += len(part)
            if count > _LOOK:
                count = 0
                self._look_at_disk()

    def _look_at_disk(self) -> None:
        found = os.statvfs(self._disk)
        if found.f_bavail * found.f_frsize < self._reserve:
            raise Fault("the machine's data disk has no room for more: let it grow")
