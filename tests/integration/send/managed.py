# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""A service as it runs on a mail instance: tenants come over a socket."""

import copy
import hashlib
import pathlib
import tempfile
import typing as tp
import uuid

import httpx

from tests.integration.send.service import Client, Service

#: What the node's own server wants.
LOGIN = ("send", "relay-4711")
Document = dict[str, tp.Any]


class Node:
    """A service in managed mode, and what its agent does."""

    def __init__(
        self,
        make: tp.Callable[..., Service],
        server_port: int,
        *options: str,
    ) -> None:
        # The path of a socket is short: no directory of pytest's.
        self._directory = tempfile.TemporaryDirectory(prefix="exm-")
        self.base = pathlib.Path(self._directory.name)
        self.socket = self.base / "run" / "control.sock"
        self.password_file = self.base / "password"
        self.password_file.write_text(LOGIN[1] + "\n")
        self.password_file.chmod(0o600)
        self.service = make(
            f"--control={self.socket}",
            f"--smtp=127.0.0.1:{server_port}",
            f"--smtp-user={LOGIN[0]}",
            f"--smtp-password-file={self.password_file}",
            "--networks=127.0.0.0/8",
            "--ports=1-65535",
            *options,
        )
        self._http = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(self.socket)),
            base_url="http://control",
            timeout=60,
        )

    def close(self) -> None:
        """End it."""
        self._http.close()
        self.service.close()
        self._directory.cleanup()

    def call(self, method: str, path: str, **options: tp.Any) -> httpx.Response:
        """Make a call on the socket."""
        return self._http.request(method, path, **options)

    def state(self) -> dict[str, tp.Any]:
        """Return what the service says is in place."""
        return dict(Client.done(self.call("GET", "/v1/managed")))

    def put(self, document: Document) -> httpx.Response:
        """Put a document."""
        path = f"/v1/managed/tenants/{document['uuid']}"
        return self.call("PUT", path, json=document)

    def done(self, document: Document) -> Client:
        """Put a document that is taken; return the view of its first key, if any."""
        answer = self.put(document)
        assert answer.status_code == 204, answer.text
        return self.service.client(key(document))

    def remove(self, document: Document) -> httpx.Response:
        """Remove a tenant."""
        return self.call("DELETE", f"/v1/managed/tenants/{document['uuid']}")

    def admin(self, document: Document) -> Client:
        """Return the admin's view of a tenant."""
        return self.service.client(tenant=document["id"])


def key(document: Document) -> str:
    """Return the key that `document` has made for a tenant."""
    return f"exm_{document['uuid']}"


def document(slug: str = "acme", **more: tp.Any) -> Document:
    """Return the document of a new tenant with one key of all scopes."""
    found = {
        "uuid": str(uuid.uuid4()),
        "tag": str(uuid.uuid4()),
        "id": slug,
        "name": "A tenant",
        "active": True,
        "limit_minute": None,
        "limit_hour": None,
        "limit_day": None,
        "sender_domains": ["example.com"],
        "callback_url": None,
        "callback_auth": "none",
        "callback_username": None,
        "callback_secret": None,
        "attachment_url": None,
        "api_keys": [],
        "relays": [],
        "suppressions": [],
    }
    found["api_keys"] = [api_key(key(found))]
    return {**found, **more}


def changed(former: Document, **more: tp.Any) -> Document:
    """Return another document of the same tenant."""
    return {**copy.deepcopy(former), "tag": str(uuid.uuid4()), **more}


def api_key(secret: str, **more: tp.Any) -> dict[str, tp.Any]:
    """Return a key of a document."""
    return {
        "id": str(uuid.uuid4()),
        "name": "program",
        "hash": hashlib.sha256(secret.encode()).hexdigest(),
        "scopes": ["send", "read", "manage"],
        "created_at": "2026-01-31T12:00:00Z",
        "expires_at": None,
        **more,
    }


def relay(name: str, port: int, **more: tp.Any) -> dict[str, tp.Any]:
    """Return a relay of a document, at a server of this machine."""
    return {
        "id": name,
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "tls_verify": True,
        "username": None,
        "password": None,
        "connection_seconds": 300,
        "connection_messages": 1000,
        "concurrency": 10,
        "timeout_seconds": 3,
        "limit_minute": None,
        "limit_hour": None,
        "limit_day": None,
        "over_limit": "defer",
        **more,
    }


def suppression(address: str, **more: tp.Any) -> dict[str, tp.Any]:
    """Return an entry of a document."""
    return {
        "address": address,
        "reason": "complaint",
        "created_at": "2026-01-31T12:00:00Z",
        "expires_at": None,
        **more,
    }
