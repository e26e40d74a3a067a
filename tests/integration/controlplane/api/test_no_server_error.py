# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Nothing that a client can send makes the server fail.

Every path and method is walked with bodies, query strings and headers of all
kinds. Some of them are fine and answered with 2xx; none gets a 5xx.

Requests that are no text at all are in test_unreadable.py.
"""

import collections
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.api import controllers
from exordos_mail.controlplane.dm import models
from tests.integration.controlplane.api import corpus
from tests.integration.support import client, user_api


class Walker:
    """Sends requests and keeps those that the server failed at."""

    def __init__(self, http: client.Client) -> None:
        self._http = http
        self.failures: list[str] = []
        self.seen: collections.Counter[int] = collections.Counter()

    def send(self, method: str, path: str, **kwargs: tp.Any) -> int:
        """Send one request and return the status."""
        response = self._http.call(method, path, **kwargs)
        self.seen[response.status_code] += 1
        if response.status_code >= 500:
            what = str(kwargs)[:200]
            self.failures.append(
                f"{response.status_code} {method} {path[:200]} {what}:"
                f" {response.text[:300]}"
            )
        return response.status_code


@pytest.fixture
def walker(tenant: client.Client) -> tp.Iterator[Walker]:
    """A walker; at the end of the test it must have met no failure."""
    found = Walker(tenant)
    yield found
    assert found.failures == []
    assert not any(status >= 500 for status in found.seen)


@pytest.fixture
def paths(
    instance: client.Body,
    account: client.Body,
    version: models.MailVersion,
    parts: dict[str, str],
) -> tuple[str, ...]:
    """Every path of the tree, and each kind of object that is not there."""
    absent = sys_uuid.UUID(int=7)
    one = f"/instances/{instance['uuid']}"
    return (
        "/",
        "/versions/",
        f"/versions/{version.uuid}",
        f"/versions/{absent}",
        "/instances/",
        one,
        f"/instances/{absent}",
        f"{one}/accounts/",
        f"{one}/accounts/{account['uuid']}",
        f"{one}/accounts/{absent}",
        f"/instances/{absent}/accounts/",
        f"/instances/{absent}/accounts/{absent}",
        f"{one}/accounts/bulk/",
        f"/instances/{absent}/accounts/bulk/",
        *parts,
        *parts.values(),
        f"{one}/tenants/{absent}",
        f"{one}/tenants/{absent}/api_keys/",
        f"/instances/{absent}/tenants/",
    )


def test_no_method_on_any_path(walker: Walker, paths: tuple[str, ...]) -> None:
    for path in paths:
        for method in corpus.METHODS:
            walker.send(method, path)


def test_no_odd_path(
    walker: Walker,
    instance: client.Body,
    account: client.Body,
    version: models.MailVersion,
) -> None:
    names = {
        "instance": instance["uuid"],
        "account": account["uuid"],
        "version": str(version.uuid),
    }
    for pattern in corpus.BAD_PATHS:
        path = pattern
        for name, value in names.items():
            path = path.replace(f"{{{name}}}", value)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            walker.send(method, path, json={})
    assert walker.seen[200] + walker.seen[201] + walker.seen[204] <= 10


def test_no_body_that_is_no_object(walker: Walker, paths: tuple[str, ...]) -> None:
    for path in paths:
        for method in ("POST", "PUT", "PATCH"):
            for body in corpus.RAW_BODIES:
                walker.send(method, path, data=body)


def test_no_content_type(walker: Walker, paths: tuple[str, ...]) -> None:
    bodies = (b'{"name": "x"}', b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n")
    for path in paths:
        for method in ("GET", "POST", "PATCH"):
            for content_type in corpus.CONTENT_TYPES:
                for body in bodies:
                    headers = {"Content-Type": content_type.encode("latin-1")}
                    walker.send(method, path, data=body, headers=headers)


def values_of(model: type) -> tp.Iterator[tuple[str, tp.Any]]:
    """Yield every field of a model, and some others, with every value."""
    own = {*model.properties, "password"}  # type: ignore[attr-defined]
    for field in corpus.FIELDS:
        for value in corpus.VALUES if field in own else corpus.VALUES[:2]:
            yield field, value


def test_no_value_of_any_field_of_an_instance(
    walker: Walker, instance: client.Body, version: models.MailVersion
) -> None:
    for field, value in values_of(models.MailInstance):
        body = {**client.instance_body(version.uuid), field: value}
        walker.send("POST", "/instances/", json=body)
        walker.send("PATCH", f"/instances/{instance['uuid']}", json={field: value})


def test_no_value_of_any_field_of_an_account(
    walker: Walker, accounts: str, account: client.Body
) -> None:
    for field, value in values_of(models.MailAccount):
        body = {"username": "bob", "password_hash": client.HASH, field: value}
        walker.send("POST", accounts, json=body)
        walker.send("PATCH", f"{accounts}{account['uuid']}", json={field: value})


MODELS = {
    "tenants/": models.MailSendTenant,
    "api_keys/": models.MailSendAPIKey,
    "relays/": models.MailSendRelay,
    "suppressions/": models.MailSendSuppression,
}


@pytest.mark.parametrize("collection", MODELS)
def test_no_value_of_any_field_of_a_tenant_and_below(
    walker: Walker, parts: dict[str, str], collection: str
) -> None:
    (path,) = (one for one in parts if one.endswith(collection))
    fine = client.TENANT_PARTS.get(collection, {"id": "new"})
    for field, value in values_of(MODELS[collection]):
        walker.send("POST", path, json={**fine, field: value})
        walker.send("PATCH", parts[path], json={field: value})
    assert walker.seen[200] and walker.seen[400] and walker.seen[403]


def test_no_item_of_a_bulk_request(
    walker: Walker, accounts: str, account: client.Body
) -> None:
    bulk = f"{accounts}bulk/"
    for name in ("mode", "create", "update", "delete", "x"):
        for value in corpus.VALUES:
            walker.send("POST", bulk, json={name: value})
            walker.send("POST", bulk, json={name: [value]})
    for mode in ("partial", "atomic"):
        for field, value in values_of(models.MailAccount):
            create = {"username": "bob", "password_hash": client.HASH, field: value}
            update = {"uuid": account["uuid"], field: value}
            body = {"mode": mode, "create": [create], "update": [update]}
            walker.send("POST", bulk, json=body)


def listed(accounts: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return each collection with the fields that its queries may name."""
    return (
        ("/versions/", controllers.of("version").filter_fields),
        ("/instances/", controllers.of("instance").filter_fields),
        (accounts, controllers.of("account").filter_fields),
    )


def test_no_query_parameter(walker: Walker, accounts: str) -> None:
    for path, fields in listed(accounts):
        for field in sorted(fields | corpus.QUERY_PARAMETERS):
            for value in corpus.QUERY_VALUES:
                walker.send("GET", f"{path}?{field}={value}")
        for field in corpus.FIELDS:
            walker.send("GET", f"{path}?{field}=x")
    assert walker.seen[200] and walker.seen[400]


def test_no_filter_expression(walker: Walker, accounts: str) -> None:
    for path, fields in listed(accounts):
        for expression in corpus.EXPRESSIONS:
            walker.send("GET", path, params={"q": expression})
        for field in sorted(fields):
            for comparison in corpus.COMPARISONS:
                for value in corpus.EXPRESSION_VALUES:
                    expression = f"{field}{comparison}{value}"
                    walker.send("GET", path, params={"q": expression})
        for field in corpus.FIELDS:
            walker.send("GET", path, params={"q": f'{field}="x"'})
    assert walker.seen[200] and walker.seen[400]


def test_no_sorting_or_paging(walker: Walker, accounts: str) -> None:
    for path in ("/", "/versions/", "/instances/", accounts):
        for query in corpus.SORTS:
            for method in ("GET", "POST"):
                walker.send(method, f"{path}?{query}", json={})
        for field in corpus.FIELDS:
            walker.send("GET", f"{path}?sort_key={field}&sort_dir=desc")
            walker.send(
                "GET",
                f"{path}?sort_key={field}&page_limit=1&page_marker="
                f"{sys_uuid.UUID(int=7)}",
            )


def test_no_query_parameter_of_a_write(
    walker: Walker, accounts: str, version: models.MailVersion
) -> None:
    for limit in range(1, 30):
        body = {"username": f"u{limit}", "password_hash": client.HASH}
        walker.send("POST", f"{accounts}?page_limit={limit}", json=body)
        walker.send(
            "POST",
            f"/instances/?page_limit={limit}&fields=uuid&page_marker=x",
            json=client.instance_body(version.uuid),
        )
    assert walker.seen == {201: 58}


def test_no_token(api: user_api.UserApi, paths: tuple[str, ...]) -> None:
    nobody = client.Client(api.url)
    for token in ("", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic eDp5"):
        nobody.session.headers["Authorization"] = token
        for path in paths[1:]:
            for method in ("GET", "POST", "PATCH", "DELETE"):
                response = nobody.call(method, path, json={})
                assert response.status_code in (401, 403, 405), response.text
