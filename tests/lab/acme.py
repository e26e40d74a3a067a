# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Pebble: an ACME authority (RFC 8555) that is nasty on purpose."""

import json
import socket
import ssl
import urllib.request

from tests.lab import addresses, authority, daemon
from tests.lab import internet as internet_lib

_NAME = "acme.lab"


class Pebble:
    """A running pebble; it looks up names at the internet's resolver.

    directory: its URL. ca_file: the certificate of the authority of its HTTPS, on this
    machine. It validates at port 80 (HTTP-01) and 443 (TLS-ALPN-01), or by TXT.
    """

    directory = f"https://{_NAME}:14000/dir"

    def __init__(self, net: internet_lib.Internet, bad_nonces: int = 20) -> None:
        """Prepare it.

        Args:
            net: where it lives; gets the name of the authority.
            bad_nonces: per cent of good nonces that it refuses.
        """
        self._net = net
        trusted = authority.Authority()
        pair = trusted.issue(_NAME)
        self.ca_file = net.home / "acme-ca.pem"
        self.ca_file.write_text(trusted.pem)
        (net.home / "acme.pem").write_text(pair.chain)
        (net.home / "acme.key").write_text(pair.key)
        settings = {
            "listenAddress": f"{addresses.PEBBLE}:14000",
            "managementListenAddress": f"{addresses.PEBBLE}:15000",
            "certificate": "/mnt/acme.pem",
            "privateKey": "/mnt/acme.key",
            "httpPort": 80,
            "tlsPort": 443,
        }
        (net.home / "pebble.json").write_text(json.dumps({"pebble": settings}))
        # No sleep before a validation, and none of it taken over from an earlier order.
        env = ("PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0", "HOME=/tmp")
        command = ("env", *env, f"PEBBLE_WFE_NONCEREJECT={bad_nonces}", "pebble")
        resolver = f"{addresses.RESOLVER}:53"
        options = ("-config", "/mnt/pebble.json", "-dnsserver", resolver)
        self.daemon = daemon.Daemon(
            net.namespace, "pebble", (*command, *options), self._answers
        )

    def start(self) -> None:
        """Start it, or start it again: without its accounts and orders then."""
        self._net.set(_NAME, "A", [addresses.PEBBLE])
        self.daemon.start()

    def root(self) -> str:
        """Return the certificate (PEM) under which it issues; new with each start."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        context.check_hostname = False
        url = f"https://{addresses.PEBBLE}:15000/roots/0"
        with self._net.entered(), urllib.request.urlopen(url, context=context) as got:
            return bytes(got.read()).decode()

    def _answers(self) -> bool:
        with self._net.entered(), socket.create_connection((addresses.PEBBLE, 14000)):
            return True
