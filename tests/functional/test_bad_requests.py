# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Whatever a client sends is answered with a 4xx, never with a 5xx."""

import typing as tp

import pytest
import requests

from tests.functional import api as api_module
from tests.functional import resources

#: Values of a wrong type, or that no storage can hold.
STRANGE: dict[str, tp.Any] = {
    "null": None,
    "number": 7,
    "negative": -1,
    "fraction": 1.5,
    "huge": 10**30,
    "true": True,
    "list": [],
    "object": {},
    "nested": {"a": [{"b": None}]},
    "nul": "a\0b",
    "surrogate": "\ud800",
    "long": "x" * 5000,
    "quote": "'; drop table mail_accounts; --",
}
INSTANCE_FIELDS = {
    "name": ("number", "list", "object", "nul", "surrogate", "long"),
    "description": ("number", "list", "object", "nul", "surrogate"),
    "project_id": ("null", "number", "list", "nul", "quote"),
    "domain": ("null", "number", "list", "nul", "surrogate", "quote"),
    "cpu": ("null", "negative", "fraction", "huge", "true", "list", "quote"),
    "ram": ("null", "negative", "fraction", "huge", "true", "list", "quote"),
    "disk_size": ("null", "negative", "fraction", "huge", "true", "list", "quote"),
    "version": ("null", "number", "list", "object", "nul", "surrogate", "quote"),
    "uuid": ("number", "list", "nul", "quote"),
}
ACCOUNT_FIELDS = {
    "name": ("number", "list", "object", "nul", "surrogate", "long"),
    "username": ("null", "number", "list", "object", "surrogate", "quote"),
    "password": ("number", "list", "object", "true", "surrogate"),
    "project_id": ("null", "number", "list", "quote"),
    "instance": ("null", "number", "list", "object", "nul", "quote"),
    "active": ("null", "number", "list", "object", "quote"),
    "uuid": ("number", "list", "nul", "quote"),
}
BODIES: dict[str, bytes] = {
    "empty": b"",
    "not-json": b"{",
    "text": b"hello",
    "number": b"7",
    "string": b'"x"',
    "null": b"null",
    "list": b"[]",
    "list-of-objects": b'[{"name": "x"}]',
    "empty-object": b"{}",
    "not-utf8": b'{"name": "\xff\xfe"}',
    "infinity": b'{"cpu": Infinity}',
    "deep": b"[" * 5000 + b"]" * 5000,
    "form": b"name=x&domain=y",
}


def is_client_error(answer: requests.Response) -> None:
    """Fail unless the answer is a 4xx that shows nothing of the inside."""
    assert 400 <= answer.status_code < 500, api_module.describe(answer)
    for word in ("Traceback", "psycopg", "SELECT ", "INSERT ", "constraint"):
        assert word not in answer.text, api_module.describe(answer)


def is_refused(api: api_module.Api, path: str, body: api_module.Json) -> None:
    """Fail unless the POST is a 4xx; what it made all the same is removed."""
    answer = api.call("POST", path, json=body)
    if answer.ok:
        api.call("DELETE", f"{path}{answer.json()['uuid']}")
    is_client_error(answer)


@pytest.mark.parametrize(
    ("field", "case"),
    [(field, case) for field, cases in INSTANCE_FIELDS.items() for case in cases],
)
def test_strange_value_in_a_new_instance(
    api: api_module.Api, field: str, case: str
) -> None:
    body = api.instance_body(**{field: STRANGE[case]})
    is_refused(api, "/instances/", body)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("field", ["name", "description", "cpu", "ram", "disk_size"])
def test_strange_value_in_a_change_of_an_instance(
    api: api_module.Api, instance: resources.Instance, field: str, method: str
) -> None:
    before = api.get(instance.path)
    for case in INSTANCE_FIELDS[field]:
        answer = api.call(method, instance.path, json={field: STRANGE[case]})
        is_client_error(answer)
    assert api.get(instance.path) == before


@pytest.mark.parametrize(
    ("field", "case"),
    [(field, case) for field, cases in ACCOUNT_FIELDS.items() for case in cases],
)
def test_strange_value_in_a_new_account(
    api: api_module.Api, instance: resources.Instance, field: str, case: str
) -> None:
    body = {**api.account_body(instance.uuid), field: STRANGE[case]}
    is_refused(api, instance.accounts, body)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("field", ["name", "active", "password"])
def test_strange_value_in_a_change_of_an_account(
    api: api_module.Api, shared_account: resources.Account, field: str, method: str
) -> None:
    for case in ACCOUNT_FIELDS[field]:
        answer = api.call(method, shared_account.path, json={field: STRANGE[case]})
        is_client_error(answer)
    assert shared_account.code() == 235


@pytest.mark.parametrize("case", BODIES)
def test_broken_body(
    api: api_module.Api,
    instance: resources.Instance,
    case: str,
) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/instances/", instance.accounts):
        is_client_error(api.call("POST", path, data=BODIES[case], headers=headers))


@pytest.mark.parametrize(
    "case", [case for case in BODIES if case not in ("empty-object", "empty")]
)
def test_broken_body_of_a_change(
    api: api_module.Api, instance: resources.Instance, case: str
) -> None:
    headers = {"Content-Type": "application/json"}
    for method in ("PATCH", "PUT"):
        answer = api.call(method, instance.path, data=BODIES[case], headers=headers)
        is_client_error(answer)


def test_unknown_field_is_refused(
    api: api_module.Api, instance: resources.Instance, shared_account: resources.Account
) -> None:
    extra = {"surprise": 1}
    for method, path, body in (
        ("POST", "/instances/", {**api.instance_body(), **extra}),
        ("PATCH", instance.path, extra),
        ("PUT", instance.path, extra),
        ("POST", instance.accounts, {**api.account_body(instance.uuid), **extra}),
        ("PATCH", shared_account.path, extra),
        ("PUT", shared_account.path, extra),
    ):
        is_client_error(api.call(method, path, json=body))


@pytest.mark.parametrize("field", ["name", "project_id", "domain", "cpu", "version"])
def test_missing_field_is_refused(api: api_module.Api, field: str) -> None:
    body = api.instance_body()
    del body[field]
    answer = api.call("POST", "/instances/", json=body)
    if answer.status_code == 201:  # the field has a default
        api.delete(f"/instances/{answer.json()['uuid']}")
        assert field in ("cpu", "name", "project_id")
    else:
        is_client_error(answer)


def test_unknown_ids_are_404(api: api_module.Api, instance: resources.Instance) -> None:
    nothing = api_module.unknown_uuid()
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        for path in (
            f"/versions/{nothing}",
            f"/instances/{nothing}",
            f"{instance.accounts}{nothing}",
            f"/instances/{nothing}/accounts/{nothing}",
        ):
            if path.startswith("/versions/") and method != "GET":
                continue
            body = None if method in ("GET", "DELETE") else {"name": "x"}
            answer = api.call(method, path, json=body)
            assert answer.status_code == 404, api_module.describe(answer)
    for method in ("GET", "POST"):
        path = f"/instances/{nothing}/accounts/"
        body = api.account_body(nothing) if method == "POST" else None
        answer = api.call(method, path, json=body)
        assert answer.status_code == 404, api_module.describe(answer)


@pytest.mark.parametrize("identity", ["x", "0", "None", "%00", "..", "%2e%2e", "a b"])
def test_ids_that_are_none_are_4xx(api: api_module.Api, identity: str) -> None:
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        body = None if method in ("GET", "DELETE") else {"name": "x"}
        for path in (f"/instances/{identity}", f"/instances/{identity}/accounts/x"):
            answer = api.call(method, path, json=body)
            if identity in ("..", "%2e%2e"):
                # requests folds it: the platform's own page, not ours
                assert answer.status_code < 500, api_module.describe(answer)
            else:
                is_client_error(answer)


def test_account_is_not_found_under_another_instance(
    api: api_module.Api, shared_account: resources.Account
) -> None:
    path = f"/instances/{api_module.unknown_uuid()}/accounts/{shared_account.uuid}"
    for method in ("GET", "DELETE"):
        assert api.call(method, path).status_code == 404
    assert shared_account.code() == 235


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/instances/"),
        ("PATCH", "/instances/"),
        ("DELETE", "/instances/"),
        ("POST", "{instance}"),
        ("PUT", "{instance}/accounts/"),
        ("DELETE", "{instance}/accounts/"),
        ("POST", "{account}"),
        ("POST", "/versions/"),
        ("BREW", "/instances/"),
        ("TRACE", "/instances/"),
        ("GET", "/nothing/"),
        ("GET", "{instance}/nothing/"),
        ("GET", "{account}/nothing/"),
        ("POST", "{instance}/actions/nothing/invoke"),
        ("POST", "{instance}/actions/update/invoke"),
        ("GET", "{instance}/actions/delete"),
    ],
)
def test_method_or_path_that_is_none_is_4xx(
    api: api_module.Api,
    instance: resources.Instance,
    shared_account: resources.Account,
    method: str,
    path: str,
) -> None:
    where = path.format(instance=instance.path, account=shared_account.path)
    body = {"name": "x"} if method in ("PUT", "PATCH", "POST") else None
    is_client_error(api.call(method, where, json=body))


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "x",
        "/v1/types/mail/versions/",
        "/v1/types/mail/versions/not-a-uuid",
        "/v1/types/mail/instances/{unknown}",
        "/v1/types/s3/versions/{unknown}",
        "http://evil.example/v1/types/mail/versions/{unknown}",
        "../versions/{unknown}",
    ],
)
def test_version_reference_that_is_none_is_4xx(
    api: api_module.Api, reference: str
) -> None:
    value = reference.format(unknown=api_module.unknown_uuid())
    body = api.instance_body(version=value)
    is_refused(api, "/instances/", body)
    assert api.list("/instances/", name=body["name"]) == []


def test_reference_to_an_unknown_version_is_404(api: api_module.Api) -> None:
    body = api.instance_body(
        version=f"/v1/types/mail/versions/{api_module.unknown_uuid()}"
    )
    answer = api.call("POST", "/instances/", json=body)
    assert answer.status_code == 404, api_module.describe(answer)


def test_account_for_another_instance_than_the_paths_is_4xx(
    api: api_module.Api, instance: resources.Instance
) -> None:
    body = api.account_body(api_module.unknown_uuid())
    is_refused(api, instance.accounts, body)
    assert api.list(instance.accounts, username=body["username"]) == []
