# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Relays of tenants reach public addresses and what the operator allows."""

import pytest

from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.service import Client, Service
from tests.integration.send.sink import Sink


def keyed(service: Service, tenant: Client) -> Client:
    """Return the view of a tenant with a key of their own."""
    scopes = ["send", "read", "manage"]
    key = tenant.done(tenant.post("/v1/keys", {"name": "k", "scopes": scopes}))
    return service.client(key["key"])


@pytest.fixture
def plain(services: Services) -> Service:
    """A service whose operator allows nothing more."""
    return services.new().start()


def acme(service: Service) -> Client:
    Client.done(service.client().post("/v1/tenants", {"id": "acme"}))
    return service.client(tenant="acme")


def test_key_makes_no_relay_at_a_private_address(plain: Service) -> None:
    key = keyed(plain, acme(plain))
    for host in ("127.0.0.1", "localhost", "10.1.2.3", "2130706433", "::1"):
        answer = key.post("/v1/relays", {"id": "a", "host": host})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "host"
    made = key.done(key.post("/v1/relays", {"id": "a", "host": "mx.example.com"}))
    assert made["public_only"]


def test_key_does_not_lift_the_bound(plain: Service) -> None:
    tenant = acme(plain)
    key = keyed(plain, tenant)
    add_relay(tenant, 25, "internal")
    assert not key.get("/v1/relays/internal")["public_only"]
    for change in ({"host": "127.0.0.2"}, {"port": 26}, {"public_only": False}):
        answer = key.call("PATCH", "/v1/relays/internal", json=change)
        assert answer.status_code == 422, change
    body = {"id": "b", "host": "mx.example.com", "public_only": False}
    assert key.post("/v1/relays", body).status_code == 422
    changed = key.call("PATCH", "/v1/relays/internal", json={"concurrency": 2})
    assert not Client.done(changed)["public_only"]
    assert key.get("/v1/relays/internal")["port"] == 25


def test_address_that_is_not_allowed_any_more_is_not_connected_to(
    services: Services, sink: Sink
) -> None:
    allowing = services.new("--networks", "127.0.0.0/8").start()
    tenant = acme(allowing)
    add_relay(keyed(allowing, tenant), sink.port)
    tenant.wait(tenant.send(), "sent")
    allowing.stop()

    service = services.on(allowing.data, allowing.database).start()
    tenant = service.client(tenant="acme")
    message_id = tenant.send()
    found = tenant.wait(message_id, "deferred")
    assert found["events"][1]["details"]["reason"] == "address_not_allowed"
    assert len(sink.taken) == 1
    change = {"public_only": False}
    tenant.done(tenant.call("PATCH", "/v1/relays/default", json=change))
    tenant.wait(message_id, "sent")
