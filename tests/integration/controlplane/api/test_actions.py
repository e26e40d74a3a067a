# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Actions of nouns: asked for by their path, with a permission of their own."""

import typing as tp

import psycopg
import pytest

from exordos_mail import constants as c
from tests.integration.controlplane import conftest
from tests.integration.support import client, user_api


@pytest.fixture
def path(instance: client.Body) -> str:
    """The path of the actions of an instance's primary domain."""
    uuid = instance["uuid"]
    return f"/instances/{uuid}/domains/{uuid}/actions/"


@pytest.fixture
def notified(database_url: str) -> tp.Iterator[psycopg.Connection[tp.Any]]:
    """A listener to what the database tells the services."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {c.CHANGES_CHANNEL}")
        yield connection


def test_a_check_is_noted_and_told(
    tenant: client.Client,
    instance: client.Body,
    path: str,
    notified: psycopg.Connection[tp.Any],
) -> None:
    domain = path.removesuffix("/actions/")
    before = tenant.get(domain).json()
    assert before["check_asked_at"] is None
    answer = tenant.call("POST", f"{path}check/invoke")
    assert answer.status_code == 200
    after = answer.json()
    assert after == {**before, "check_asked_at": after["check_asked_at"]}
    assert after["check_asked_at"] > before["created_at"]
    assert tenant.get(domain).json() == after
    told = [one.payload for one in notified.notifies(timeout=5, stop_after=1)]
    assert told == [instance["uuid"]]
    again = tenant.post(f"{path}check/invoke", {}).json()
    assert again["check_asked_at"] > after["check_asked_at"]


def test_a_check_counts_no_generation_and_leaves_no_audit_event(
    tenant: client.Client,
    instance: client.Body,
    path: str,
    db: conftest.Connection,
) -> None:
    tenant.call("POST", f"{path}check/invoke")
    assert tenant.get(f"/instances/{instance['uuid']}").json() == instance
    events = db.execute(
        "SELECT FROM gcl_sdk_audit_events WHERE resource_uuid = %s"
        " AND resource_type = 'mail_domain'",
        (instance["uuid"],),
    ).fetchall()
    assert events == []


@pytest.mark.parametrize(
    ("method", "tail", "status"),
    [
        ("GET", "check/invoke", 405),
        ("PUT", "check/invoke", 405),
        ("DELETE", "check/invoke", 405),
        ("POST", "check", 405),
        ("POST", "check/", 404),
        ("POST", "check/invoke/", 404),
        ("POST", "check/nothing", 404),
        ("POST", "", 404),
        ("POST", "rot/invoke", 404),
        ("POST", "delete/invoke", 404),
        ("POST", "insert/invoke", 404),
        ("POST", "__init__/invoke", 404),
        ("POST", "get_id/invoke", 404),
    ],
)
def test_no_other_path_or_method_does_anything(
    tenant: client.Client, path: str, method: str, tail: str, status: int
) -> None:
    assert tenant.call(method, path + tail).status_code == status
    domain = tenant.get(path.removesuffix("/actions/")).json()
    assert domain["check_asked_at"] is None


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"[]", "the body must be an object"),
        (b"5", "the body must be an object"),
        (b'{"session": 1}', "unknown field: session"),
        (b'{"resource": 1}', "unknown field: resource"),
        (b'{"self": 1}', "unknown field: self"),
        (b"{", ""),
        (b"[" * 40_000, ""),
    ],
)
def test_a_body_is_what_the_action_takes(
    tenant: client.Client, path: str, body: bytes, rule: str
) -> None:
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        answer = tenant.call(
            "POST", f"{path}check/invoke", data=body, headers={"Content-Type": kind}
        )
        assert answer.status_code == 400
        assert rule in answer.text
    long = tenant.call("POST", f"{path}check/invoke", data=b" " * 70_000)
    assert long.status_code == 413


def test_an_action_needs_its_permission_and_the_objects(
    api: user_api.UserApi,
    tenant: client.Client,
    stranger: client.Client,
    path: str,
) -> None:
    reading = ["exordos_mail.mail_instance.read", "exordos_mail.domain.read"]
    check = "exordos_mail.domain.check"
    for permissions, status in (
        (reading, 403),
        ([*reading, "exordos_mail.domain.update"], 403),
        ([reading[0], check], 403),
        ([*reading, check], 200),
    ):
        one = client.Client(api.url, tenant.project, permissions)
        assert one.call("POST", f"{path}check/invoke").status_code == status
    assert stranger.call("POST", f"{path}check/invoke").status_code == 404
