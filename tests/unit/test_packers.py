# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Bodies of requests: what is taken, and how the rest is refused without its values."""

import json
import typing as tp
import uuid as sys_uuid

import pytest
from restalchemy.api import constants, contexts
from restalchemy.common import exceptions as ra_exceptions
import webob

from exordos_mail import constants as c
from exordos_mail.controlplane.api import bulk_packer, controllers, packers
from exordos_mail.controlplane.dm import exceptions, models

SECRET = "s3cret-value"
HASH = "$6$salt$" + "a" * 85 + "."
ACCOUNT = models.MailAccount(
    instance=models.MailInstance(
        name="m",
        project_id=sys_uuid.UUID(int=2),
        domain="example.com",
        cpu=1,
        ram=1024,
        disk_size=10,
        version=models.MailVersion(name="v", image="http://images.test/x"),
    ),
    username="alice",
    password_hash=HASH,
)


def packer(kind: tp.Any, method: str, stored: tp.Any = ACCOUNT) -> tp.Any:
    """Return what reads the body of a request about an account."""
    request = webob.Request.blank("/")
    request.api_context = contexts.RequestContext(request)
    request.api_context.set_active_method(method)
    resource = controllers.of("account").get_resource()
    found = kind(resource, request=request)
    if stored is not None:
        found.stored = lambda: stored
    return found


def read(method: str, value: tp.Any, kind: tp.Any = packers.MailPacker) -> tp.Any:
    """Return what a body comes to."""
    octets = value if isinstance(value, bytes) else json.dumps(value).encode()
    return packer(kind, method).unpack(octets)


def refused(method: str, value: tp.Any, kind: tp.Any = packers.MailPacker) -> str:
    """Return why a body is refused, which never holds its values."""
    with pytest.raises(exceptions.MailValidationError) as caught:
        read(method, value, kind)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_fields_of_a_new_object() -> None:
    found = read(constants.CREATE, {"username": "bob", "password": SECRET})
    assert found == {"username": "bob", "password": SECRET}


@pytest.mark.parametrize("body", [[], "text", 5, None, [{"username": "bob"}]])
def test_body_that_is_no_object(body: tp.Any) -> None:
    assert "must be an object" in refused(constants.CREATE, body)


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff", b'{"a": NaN}'])
def test_body_that_is_no_json(body: bytes) -> None:
    with pytest.raises(ra_exceptions.ParseBodyError):
        read(constants.CREATE, body)


@pytest.mark.parametrize("kind", [packers.MailPacker, bulk_packer.BulkPacker])
def test_body_is_so_long_at_the_most(kind: tp.Any) -> None:
    blanks = b" " * (kind.body_max - 2)
    assert read(constants.CREATE, b"{}" + blanks, kind) is not None
    with pytest.raises(packers.BodyTooLarge):
        read(constants.CREATE, b"{} " + blanks, kind)


@pytest.mark.parametrize("kind", [packers.MailPacker, bulk_packer.BulkPacker])
def test_unknown_field_is_named_as_far_as_that_is_of_use(kind: tp.Any) -> None:
    name = "x" * (packers.NAME_MAX + 1)
    text = refused(constants.CREATE, {name: SECRET}, kind)
    assert f"unknown field: {name[:-1]}" in text
    assert name not in text


@pytest.mark.parametrize("value", [5, SECRET, [SECRET], {"a": SECRET}])
def test_value_of_a_wrong_form(value: tp.Any) -> None:
    assert "project_id" in refused(constants.CREATE, {"project_id": value})


def test_null_is_no_value() -> None:
    assert "username: null" in refused(constants.CREATE, {"username": None})


@pytest.mark.parametrize("method", [constants.CREATE, constants.UPDATE])
def test_field_that_nobody_may_set(method: str) -> None:
    value = {"created_at": "2026-01-01T00:00:00.000000Z"}
    if method == constants.CREATE:
        with pytest.raises(ra_exceptions.FieldPermissionError):
            read(method, value)
    else:
        assert "created_at" in refused(method, value)


def test_update_may_repeat_what_it_may_not_change() -> None:
    same = {"project_id": str(ACCOUNT.project_id), "active": False}
    assert read(constants.UPDATE, same) == {"active": False}
    other = str(sys_uuid.UUID(int=5))
    text = refused(constants.UPDATE, {"project_id": other})
    assert text.count("project_id") and "leave it out" in text and other not in text


# --- bulk -------------------------------------------------------------------------


def bulk(value: tp.Any) -> tp.Any:
    """Return what a bulk request comes to."""
    return read(constants.CREATE, value, bulk_packer.BulkPacker)


def test_lists_of_a_bulk_request() -> None:
    items = [{"username": "a"}, 5]
    found = bulk({"create": items})
    assert found["create"] == items
    assert found["mode"] == c.BULK_PARTIAL
    assert bulk({"mode": c.BULK_ATOMIC})["create"] == []


@pytest.mark.parametrize("body", [{"create": {}}, {"create": "x"}, {"mode": "x"}, []])
def test_no_bulk_request(body: tp.Any) -> None:
    assert refused(constants.CREATE, body, bulk_packer.BulkPacker)


def test_items_of_all_lists_together() -> None:
    half = [{}] * (c.BULK_ITEMS_MAX // 2)
    kinds = list(bulk({}))[1:3]
    assert bulk(dict.fromkeys(kinds, half))
    text = refused(
        constants.CREATE,
        {kinds[0]: half, kinds[1]: [*half, {}]},
        bulk_packer.BulkPacker,
    )
    assert str(c.BULK_ITEMS_MAX) in text


def test_passwords_are_hashed_one_by_one_and_so_are_few() -> None:
    plain = [{"password": SECRET}] * c.BULK_PASSWORDS_MAX
    hashed = [{"password": "{CRYPT}" + HASH}, {"generate_password": False}] * 5
    assert bulk({"create": plain + hashed})
    text = refused(
        constants.CREATE,
        {"create": [*plain, {"password": SECRET}]},
        bulk_packer.BulkPacker,
    )
    assert str(c.BULK_PASSWORDS_MAX) in text
    for generated in ("create", "update"):
        body = {"create": plain, generated: [*plain, {"generate_password": True}]}
        assert refused(constants.CREATE, body, bulk_packer.BulkPacker) == text
