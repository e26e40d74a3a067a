# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Who may call what: walked over the route table."""

import re
import typing as tp
import uuid

import pytest

from exordos_mail.send.api import routes
from exordos_mail.send.api.route import Access, Route
from tests.integration.send.service import Client, Service

#: What stands for each part of a path that names something of a tenant.
_PARTS = {
    "message": "01a00000-0000-7000-8000-000000000000",
    "relay": "default",
    "key": "01a00000-0000-7000-8000-000000000000",
    "address": "someone@example.net",
    "batch": "some-batch",
    "storage": "some-storage",
    "mailbox": "some-mailbox",
    "command": "01a00000-0000-7000-8000-000000000000",
    "link": "none-of-ours",
    "sweep": "01a00000-0000-7000-8000-000000000001",
    "erasure": "01a00000-0000-7000-8000-000000000001",
}
_ROUTES = [pytest.param(row, id=f"{row.method} {row.path}") for row in routes.TABLE]


def _call(
    service: Service, row: Route, token: str, tenant: str | None = None
) -> tp.Any:
    """Call a route, with `tenant` as the tenant that it is about."""
    parts = {**_PARTS, "tenant": tenant or "default"}
    path = re.sub(r"\{(\w+)\}", lambda match: parts[match[1]], row.path)
    query = {}
    if tenant is not None and "{tenant}" not in row.path:
        query["tenant"] = tenant
    body = {} if row.body is not None else None
    return service.client(token).call(row.method, path, params=query, json=body)


def _key(tenant: Client, *scopes: str) -> str:
    body = {"name": "test", "scopes": list(scopes)}
    return str(tenant.done(tenant.post("/v1/keys", body))["key"])


@pytest.fixture(scope="module")
def tenants(service: Service) -> tuple[Client, Client]:
    """Two tenants."""
    admin = service.client()
    found = []
    for _ in range(2):
        name = f"t{uuid.uuid4().hex[:12]}"
        admin.done(admin.post("/v1/tenants", {"id": name, "name": name}))
        found.append(service.client(tenant=name))
    return found[0], found[1]


@pytest.fixture(scope="module")
def all_scopes(tenants: tuple[Client, Client]) -> str:
    return _key(tenants[0], "send", "read", "manage")


@pytest.mark.parametrize("row", _ROUTES)
@pytest.mark.parametrize("token", ["", "wrong", "exm_" + "x" * 43])
def test_without_a_good_token_401(service: Service, row: Route, token: str) -> None:
    answer = _call(service, row, token)
    if row.access is Access.PUBLIC and "{link}" in row.path:
        # JSON is no form.
        assert answer.status_code == (404 if row.method == "GET" else 415)
        return
    if row.access is Access.PUBLIC:
        assert answer.status_code == 200
        return
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize("row", _ROUTES)
def test_key_of_another_tenant_is_refused(
    service: Service, row: Route, tenants: tuple[Client, Client], all_scopes: str
) -> None:
    if row.access is Access.PUBLIC:
        assert "tenant" not in row.path
        return
    answer = _call(service, row, all_scopes, tenants[1].tenant)
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


@pytest.mark.parametrize("row", _ROUTES)
@pytest.mark.parametrize("scope", ["send", "read", "manage"])
def test_key_does_what_its_scope_says_and_no_more(
    service: Service, row: Route, tenants: tuple[Client, Client], scope: str
) -> None:
    answer = _call(service, row, _key(tenants[0], scope), tenants[0].tenant)
    allowed = row.access is Access.PUBLIC or row.access.value == scope
    assert (answer.status_code == 403) == (not allowed)
    assert answer.status_code < 500


def test_key_sees_nothing_of_another_tenant(
    service: Service, tenants: tuple[Client, Client], all_scopes: str
) -> None:
    other = tenants[1]
    body = {"id": "default", "host": "127.0.0.1", "port": 1, "tls": "none"}
    other.done(other.post("/v1/relays", body))
    message_id = other.send()
    mine = service.client(all_scopes)
    for method in ("GET", "PATCH", "DELETE"):
        body = {"priority": "low"} if method == "PATCH" else None
        answer = mine.call(method, f"/v1/messages/{message_id}", json=body)
        assert answer.status_code == 404
    assert mine.call("POST", f"/v1/messages/{message_id}/cancel").status_code == 404
    assert mine.get("/v1/messages")["messages"] == []
    seen = {event["message_id"] for event in mine.get("/v1/events")["events"]}
    assert message_id not in seen
    assert mine.call("GET", "/v1/relays/default").status_code == 404


def test_revoked_key_is_out_of_force(
    tenants: tuple[Client, Client], service: Service
) -> None:
    tenant = tenants[0]
    made = tenant.done(tenant.post("/v1/keys", {"name": "k", "scopes": ["read"]}))
    mine = service.client(made["key"])
    mine.get("/v1/messages")
    tenant.done(tenant.call("DELETE", f"/v1/keys/{made['id']}"))
    assert mine.call("GET", "/v1/messages").status_code == 401


def test_key_cannot_make_a_stronger_one(
    tenants: tuple[Client, Client], service: Service
) -> None:
    manager = service.client(_key(tenants[0], "manage"))
    answer = manager.post("/v1/keys", {"name": "k", "scopes": ["manage", "send"]})
    assert answer.status_code == 403


def test_secrets_are_never_returned(
    tenants: tuple[Client, Client], service: Service
) -> None:
    tenant = tenants[0]
    relay = {
        "id": "secretive",
        "host": "smtp.example.com",
        "username": "user",
        "password": "very-secret-word",
    }
    answers = [tenant.post("/v1/relays", relay)]
    answers.append(tenant.call("GET", "/v1/relays/secretive"))
    answers.append(tenant.call("GET", "/v1/relays"))
    key = tenant.done(tenant.post("/v1/keys", {"name": "k", "scopes": ["read"]}))
    answers.append(tenant.call("GET", "/v1/keys"))
    for answer in answers:
        assert answer.status_code < 300
        assert "very-secret-word" not in answer.text
        assert key["key"] not in answer.text
    assert "very-secret-word" not in service.log
    assert service.token not in service.log
