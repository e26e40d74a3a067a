#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

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
