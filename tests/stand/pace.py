# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A door before a mail server that lets in as many as it takes of one client.

exim stays half a second with whoever it has refused a handshake, and port 25 of a node
takes twenty connections of a network. sslyze, which proposes some hundred ciphers
that are to be refused, makes more than that a second even with its slow connections.
"""

import contextlib
import selectors
import socket
import threading
import time
import typing as tp

HERE = "127.0.0.1"
#: Connections at a time, and how long a place is kept after the end of one, in seconds.
PLACES, REST = 12, 0.6


@contextlib.contextmanager
def door(host: str, port: int) -> tp.Iterator[None]:
    """Have HERE at the same port lead to a server, until the end of the block."""
    places = threading.Semaphore(PLACES)
    with socket.create_server((HERE, port)) as listener:

        def serve() -> None:
            while True:
                places.acquire()
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=pass_on, args=(client,), daemon=True).start()

        def pass_on(client: socket.socket) -> None:
            try:
                with client, socket.create_connection((host, port), 30) as server:
                    _pump(client, server)
            except OSError:
                pass  # one of the two ended it
            time.sleep(REST)
            places.release()

        threading.Thread(target=serve, daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)


def _pump(client: socket.socket, server: socket.socket) -> None:
    """Pass octets on in both directions until both have ended."""
    with selectors.DefaultSelector() as ready:
        ready.register(client, selectors.EVENT_READ, server)
        ready.register(server, selectors.EVENT_READ, client)
        while ready.get_map():
            for key, _ in ready.select():
                source = tp.cast(socket.socket, key.fileobj)
                octets = source.recv(65536)
                if octets:
                    key.data.sendall(octets)
                else:
                    ready.unregister(source)
                    key.data.shutdown(socket.SHUT_WR)
