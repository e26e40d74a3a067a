# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""One tenant's large requests keep nobody else's out, and are read in their turn."""

import concurrent.futures
import contextlib
import json
import socket
import time

import httpx

from tests.integration.send.service import Client, Service, mail

_MIB = 1024 * 1024
#: Two of them fill the share of a tenant (send/limits.py).
_LARGE = 31 * _MIB


def _begun(service: Service, key: str, octets: int) -> socket.socket:
    """Return a connection with a request whose body is still to come.

    The service has asked for the body: it has room for all of it.
    """
    client = socket.create_connection(("127.0.0.1", service.port), 60)
    client.sendall(
        b"POST /v1/messages HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\n"
        b"Content-Type: application/json\r\n"
        b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
        % (key.encode(), octets)
    )
    assert client.recv(100).startswith(b"HTTP/1.1 100 ")
    return client


def _unmeasured(service: Service, key: str, body: str) -> int:
    """Return the status of a message whose body comes in chunks."""
    answer = httpx.post(
        f"http://127.0.0.1:{service.port}/v1/messages",
        content=iter([body.encode()]),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        timeout=60,
    )
    return answer.status_code


def test_an_unmeasured_body_that_grows_large_is_read(
    service: Service, tenant: Client
) -> None:
    tenant.done(tenant.post("/v1/relays", {"id": "default", "host": "mx.example.com"}))
    given = {"name": "sender", "scopes": ["send", "read"]}
    key = tenant.done(tenant.post("/v1/keys", given))["key"]
    body = json.dumps(mail("a@example.net", text="x" * _MIB))
    assert _unmeasured(service, key, body) == 202
    assert _unmeasured(service, key, body + " " * 40 * _MIB) == 413


def test_large_bodies_of_a_tenant_wait_for_each_other(
    service: Service, tenant: Client, admin: Client
) -> None:
    tenant.done(tenant.post("/v1/relays", {"id": "default", "host": "mx.example.com"}))
    given = {"name": "sender", "scopes": ["send", "read"]}
    key = tenant.done(tenant.post("/v1/keys", given))["key"]
    admin.done(admin.post("/v1/tenants", {"id": "large-other", "name": "Other"}))
    other = service.client(tenant="large-other")
    other.done(other.post("/v1/relays", {"id": "default", "host": "mx.example.com"}))
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(_begun(service, key, _LARGE))
        stack.enter_context(_begun(service, key, _LARGE))
        large = mail("a@example.net", text="x" * (5 * _MIB), send_at=time.time() + 3600)
        threads = stack.enter_context(concurrent.futures.ThreadPoolExecutor(1))
        waits = threads.submit(tenant.post, "/v1/messages", large)
        assert other.post("/v1/messages", large).status_code == 202
        assert tenant.post("/v1/messages", mail("b@example.net")).status_code == 202
        # One that does not tell its length is small until it is not.
        assert _unmeasured(service, key, json.dumps(mail("c@example.net"))) == 202
        assert not waits.done()
        first.close()
        assert waits.result(60).status_code == 202
