# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A TCP proxy that a test can take away and bring back."""

import socket
import threading

from tests.integration.support import waiting


class Proxy:
    """Forwards a port of 127.0.0.1, or another address, to another one."""

    def __init__(self, target: int, address: tuple[str, int] | None = None) -> None:
        self._address = address or ("127.0.0.1", waiting.free_port())
        self.port = self._address[1]
        self._target = target
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []

    def up(self) -> None:
        """Forward."""
        self._listener = socket.create_server(self._address)
        threading.Thread(target=self._accept, args=(self._listener,)).start()

    def down(self) -> None:
        """Cut every connection and refuse new ones."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for one in self._open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._open += [client, server]
            for pair in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=pair).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with source:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return
