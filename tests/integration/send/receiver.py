# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A tenant's webhook receiver: a web server that does as it is told."""

import dataclasses
import http.server
import json
import threading
import typing as tp


@dataclasses.dataclass(frozen=True)
class Delivery:
    """One request that came."""

    path: str
    #: Names in lower case.
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Return the id that is the same at each attempt."""
        return self.headers["webhook-id"]

    @property
    def events(self) -> list[dict[str, tp.Any]]:
        """Return the events in it."""
        return list(json.loads(self.body)["data"]["events"])


class Reply(tp.NamedTuple):
    """What it answers."""

    status: int = 200
    headers: dict[str, str] = {}
    body: bytes = b"thank you"
    #: The answer waits until `Receiver.release` is set.
    hang: bool = False


class Receiver:
    """Listens on a port of an address; answers by script, then 200."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.deliveries: list[Delivery] = []
        self.release = threading.Event()
        self._script: list[Reply] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                headers = {name.lower(): value for name, value in self.headers.items()}
                delivery = Delivery(self.path, headers, self.rfile.read(size))
                reply = outer._take(delivery)
                if reply.hang:
                    outer.release.wait(60)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Say nothing of a client that went away."""

        self._lock = threading.Lock()
        self._server = Server((host, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        """Return its address."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/hook"

    @property
    def seqs(self) -> list[int]:
        """Return the numbers of all events that came, in the order they came."""
        return [event["seq"] for one in list(self.deliveries) for event in one.events]

    def do(self, *replies: Reply) -> None:
        """Answer the next requests like this."""
        with self._lock:
            self._script += replies

    def close(self) -> None:
        """End it."""
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, delivery: Delivery) -> Reply:
        with self._lock:
            self.deliveries.append(delivery)
            return self._script.pop(0) if self._script else Reply()
