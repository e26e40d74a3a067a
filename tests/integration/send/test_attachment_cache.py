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

"""The cache of attachments, in the service's data directory."""

import hashlib
import os
import pathlib

from tests.integration.send.conftest import Services, add_account
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
        add_account(tenant, sink.port)
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
