# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The cache of attachments, in the service's data directory."""

import hashlib
import os
import pathlib

from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.receiver import Receiver, Reply
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

LARGE = b"large" * 50_000
OPTIONS = ("--networks=127.0.0.0/8", "--ports=1-65535")


def cached(service: Service) -> list[pathlib.Path]:
    directory = service.data / "attachments"
    return [path for path in directory.rglob("*") if path.is_file()]


def fill(service: Service, sink: Sink) -> Client:
    """Send an attachment that is large enough for the disk."""
    source = Receiver()
    try:
        source.do(Reply(body=LARGE))
        body = {"id": "acme", "attachment_url": source.url}
        Client.done(service.client().post("/v1/tenants", body))
        tenant = service.client(tenant="acme")
        add_relay(tenant, sink.port)
        attachment = {
            "filename": "a.bin",
            "endpoint": "a",
            "sha256": hashlib.sha256(LARGE).hexdigest(),
        }
        tenant.wait(tenant.send(attachments=[attachment]), "sent")
    finally:
        source.close()
    assert len(cached(service)) == 1
    return tenant


def test_nothing_is_kept_of_a_tenant_that_is_removed(
    services: Services, sink: Sink
) -> None:
    service = services.new(*OPTIONS).start()
    fill(service, sink)
    Client.done(service.client().call("DELETE", "/v1/tenants/acme"))
    assert cached(service) == []


def test_housekeeping_removes_what_is_too_old(services: Services, sink: Sink) -> None:
    first = services.new(*OPTIONS).start()
    fill(first, sink)
    first.stop()
    os.utime(cached(first)[0], (0, 0))
    second = services.on(first.data, first.database, *OPTIONS).start()
    waiting.until(lambda: not cached(second), "the file to be removed")
