# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A certificate authority (pebble), its resolver, and nodes that show challenges."""

import contextlib
import dataclasses
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import threading
import typing as tp
import urllib.request

import psycopg
import psycopg.rows

from tests import lab
from tests.integration.send import certificates
from tests.integration.support import waiting

#: Of a hundred nonces, so many are refused that were good.
BAD_NONCES = 20


@dataclasses.dataclass
class Pebble:
    """A running authority.

    Attributes:
        directory: address of its directory.
        ca_file: trusts that address.
        http_port: where it looks for challenges.
        dns_port: of its resolver, which all names lead here for, but for `leads`.
    """

    directory: str
    management: str
    ca_file: pathlib.Path
    http_port: int
    dns_port: int
    dns_control: str
    processes: list[subprocess.Popen[bytes]]

    def root(self) -> str:
        """Return the root of what it issues, PEM."""
        context = ssl.create_default_context(cafile=self.ca_file)
        address = f"{self.management}/roots/0"
        with urllib.request.urlopen(address, context=context) as answer:  # noqa: S310
            return tp.cast(bytes, answer.read()).decode()

    def leads(self, name: str, *addresses: str) -> None:
        """Have a name lead to addresses (IPv4) from now on."""
        for path, more in (("clear-a", {}), ("add-a", {"addresses": addresses})):
            body = json.dumps({"host": f"{name}.", **more}).encode()
            urllib.request.urlopen(  # noqa: S310 our own server
                f"{self.dns_control}/{path}", body, timeout=10
            ).close()

    def stop(self) -> None:
        for one in self.processes:
            one.terminate()
            one.wait(10)


def start(directory: pathlib.Path, net: lab.Internet | None = None) -> Pebble:
    """Start an authority that refuses nonces.

    Args:
        directory: for its files.
        net: the internet that it lives in and whose resolver it asks; without one, all
            names lead here.
    """
    ports = [waiting.free_port() for _ in range(5)]
    listen, manage, http_port, dns, control = ports
    own = certificates.make(directory)
    config = directory / "pebble.json"
    settings = {
        "listenAddress": f"127.0.0.1:{listen}",
        "managementListenAddress": f"127.0.0.1:{manage}",
        "certificate": str(own.path),
        "privateKey": str(own.path),
        "httpPort": http_port,
        "tlsPort": waiting.free_port(),
    }
    config.write_text(json.dumps({"pebble": settings}))
    nothing = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""]
    resolver = ["-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{control}"]
    server = f"{net.resolver}:53" if net else f"127.0.0.1:{dns}"
    commands = [["pebble", "-config", str(config), "-dnsserver", server]]
    if net:
        commands = [net.namespace.command_here(*commands[0])]
    else:
        names = ["pebble-challtestsrv", "-defaultIPv6", "", *nothing[:6], *resolver]
        commands.append(names)
    environment = {
        **os.environ,
        "PEBBLE_VA_NOSLEEP": "1",
        "PEBBLE_WFE_NONCEREJECT": str(BAD_NONCES),
        # Each order has its own challenge.
        "PEBBLE_AUTHZREUSE": "0",
    }
    with (directory / "pebble.log").open("wb") as log:
        processes = [
            subprocess.Popen(one, stdout=log, stderr=log, env=environment)
            for one in commands
        ]
    base = f"https://127.0.0.1:{listen}"
    found = Pebble(
        f"{base}/dir",
        f"https://127.0.0.1:{manage}",
        own.path,
        http_port,
        dns,
        f"http://127.0.0.1:{control}",
        processes,
    )
    with net.entered() if net else contextlib.nullcontext():
        waiting.until(lambda: waiting.listens(listen), "pebble")
    if not net:
        waiting.until(lambda: waiting.listens(control), "pebble's resolver")
    return found


class Nodes:
    """All nodes of the world: they apply what is wanted at once, and show challenges.

    Attributes:
        blind: host names whose node shows nothing.
        applies: False: they take nothing over.
    """

    def __init__(self, url: str, port: int) -> None:
        self.blind: set[str] = set()
        self.applies = True
        self._url = url
        self._ended = threading.Event()
        nodes = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = self.path.rpartition("/")[2]
                host = self.headers["Host"].partition(":")[0]
                said = "" if host in nodes.blind else nodes.said(token)
                self.send_response(200 if said else 404)
                self.end_headers()
                self.wfile.write(said.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._threads = [
            threading.Thread(target=self._server.serve_forever),
            threading.Thread(target=self._apply),
        ]
        for one in self._threads:
            one.start()

    def stop(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        for one in self._threads:
            one.join(10)

    def said(self, token: str) -> str:
        with psycopg.connect(self._url) as connection:
            found = connection.execute(
                "SELECT key_authorization FROM mail_acme_challenges WHERE token = %s",
                (token,),
            ).fetchone()
        return found[0] if found else ""

    def _apply(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._ended.wait(0.05):
                if self.applies:
                    connection.execute(
                        "UPDATE mail_instances SET applied_generation = generation"
                        " WHERE applied_generation <> generation"
                    )
