# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tenants with a webhook, and how far their receivers have come."""

import base64
import typing as tp
import uuid

import pytest

from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.receiver import Receiver
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OPTIONS = (
    "--networks=127.0.0.0/8",
    "--ports=1-65535",
    "--directories=/srv/files",
    "--webhook-retry=0.2",
    "--webhook-timeout=2",
)


@pytest.fixture(scope="module")
def hooked(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> tp.Iterator[Service]:
    """A service that may reach this machine and tries again soon."""
    made = Services(kind, request, tmp_path_factory.mktemp("webhooks"))
    try:
        yield made.new(*OPTIONS).start()
    finally:
        made.close()


@pytest.fixture
def other_receiver() -> tp.Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


def new_tenant(service: Service, sink: Sink, url: str | None, **more: object) -> Client:
    name = f"t{uuid.uuid4().hex[:12]}"
    body = {"id": name, "callback_url": url, **more}
    Client.done(service.client().post("/v1/tenants", body))
    tenant = service.client(tenant=name)
    add_relay(tenant, sink.port)
    return tenant


@pytest.fixture
def tenant(hooked: Service, sink: Sink, receiver: Receiver) -> Client:
    return new_tenant(hooked, sink, receiver.url)


def status(tenant: Client) -> dict[str, tp.Any]:
    return dict(tenant.get("/v1/webhook"))


def until_state(tenant: Client, state: str) -> dict[str, tp.Any]:
    waiting.until(
        lambda: status(tenant)["state"] == state, f"the webhook to be {state}"
    )
    return status(tenant)


def until_caught_up(tenant: Client, least: int = 1) -> dict[str, tp.Any]:
    def reached() -> dict[str, tp.Any] | None:
        found = status(tenant)
        return found if found["last"] >= least and not found["waiting"] else None

    return dict(waiting.until(reached, "the receiver to have everything"))


def send_some(tenant: Client, count: int) -> None:
    mails = [
        {"from": "a@example.com", "to": f"r{n}@example.net", "text": "Hello."}
        for n in range(count)
    ]
    Client.done(tenant.post("/v1/messages/batch", {"messages": mails}))
