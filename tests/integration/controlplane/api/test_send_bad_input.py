# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Bad values of tenants and below: a 400 that names the field, and nothing stored."""

import typing as tp

import pytest

from exordos_mail.controlplane.dm import models
from tests.integration.support import client

PART = "x" * 2100

# Values that no object of the collection takes, each with what else it needs.
BAD: dict[str, list[tuple[str, tp.Any]]] = {
    "tenants/": [
        *(("id", one) for one in ("", "A", "a b", ".a", "-a", "a/b", "ä", "a\n")),
        *(("id", one) for one in ("a" * 64, 5, None, True, ["a"], {"a": 1})),
        *(("name", one) for one in ("x" * 129, "a\nb", 5, None)),
        *(("active", one) for one in ("true", 1, None)),
        *(("limit_minute", one) for one in (0, -1, 1.5, "5", True, 10**9 + 1)),
        *(("limit_hour", one) for one in (0, [], 10**30)),
        *(("limit_day", one) for one in (0, {})),
        *(("callback_url", one) for one in ("", "x", "ftp://a.example/", "//a/")),
        *(("callback_url", one) for one in ("https://", "https:///x", "https://a b/")),
        ("callback_url", "https://user@a.example/"),
        ("callback_url", "https://user:SECRET@a.example/"),
        ("callback_url", "https://a.example:25/"),
        ("callback_url", "https://a.example:99999/"),
        ("callback_url", "https://a.example/ä"),
        ("callback_url", "https://a.example/\n"),
        ("callback_url", "https://a.example\\@b.example/"),
        ("callback_url", "http://[::1"),
        ("callback_url", f"https://{'a' * 64}.example/"),
        ("callback_url", f"https://a.example/{PART}"),
        *(("callback_url", one) for one in (5, ["https://a.example/"])),
        *(("attachment_url", one) for one in ("", "file:///etc/passwd", 5)),
        *(("callback_auth", one) for one in ("", "Basic", "digest", None, 5, [])),
        *(("callback_username", one) for one in ("", "u", 5, "x" * 1001)),
        *(("callback_secret", one) for one in ("", "SECRET", 5, "SECRET" * 200)),
        *(("url", one) for one in ()),
        ("tag", "x"),
        ("instance", "x"),
        ("instance", "/v1/types/mail/versions/x"),
        ("project_id", "x"),
        ("uuid", "x"),
    ],
    "api_keys/": [
        *(("name", one) for one in ("", "x" * 129, "a\nb", "a\u200b", None, 5)),
        *(("scopes", one) for one in ([], ["send", "send"], ["admin"], "send", None)),
        *(("scopes", one) for one in ([["send"]], [None], {"send": 1}, 5)),
        *(("expires_at", one) for one in ("", "tomorrow", "2027-01-31", 5, True)),
        ("expires_at", "2027-01-31T12:00:00"),
        ("expires_at", "2027-02-30T12:00:00Z"),
        ("expires_at", "0001-01-01T00:00:00+23:59"),
        ("expires_at", "9999-12-31T23:59:59-23:59"),
        ("expires_at", "2027-01-31T12:00:00Z\n"),
        ("tenant", "x"),
        ("scope", "send"),
    ],
    "relays/": [
        *(("id", one) for one in ("", "A", "a" * 64, None)),
        *(("host", one) for one in ("", "a b", "a/b", "ä.example", "x" * 254, 5, None)),
        *(("port", one) for one in (0, 65536, "25", True, None)),
        *(("tls", one) for one in ("ssl", "", None, 5, ["none"], {})),
        *(("tls_verify", one) for one in ("false", 0, None)),
        *(("connection_seconds", one) for one in (0, 86401, None)),
        *(("connection_messages", one) for one in (0, 10**9 + 1, None)),
        *(("concurrency", one) for one in (0, 101, None)),
        *(("timeout_seconds", one) for one in (0, 601, None)),
        *(("limit_minute", one) for one in (0, "5")),
        *(("over_limit", one) for one in ("drop", None, True)),
        *(("username", one) for one in ("", "a\nb", "x" * 257, 5)),
        *(("password", one) for one in ("", "SECRET\n", "SECRET" * 50, 5, "SECRET")),
    ],
    "suppressions/": [
        *(("address", one) for one in ("", "x", "a@", "@a.example", "a b@c.example")),
        *(("address", one) for one in ("a@localhost", "a@b.example\n", 5, None)),
        *(("address", one) for one in ("Jo@example.net", "jo@Example.net")),
        *(("address", one) for one in ("jo@пример.рф", f"{'a' * 65}@b.example")),
        *(("reason", one) for one in ("", "a\nb", "x" * 501, 5, None)),
        *(("expires_at", one) for one in ("x", 0)),
    ],
}
NEW = {"tenants/": {"id": "new"}, **client.TENANT_PARTS}


@pytest.mark.parametrize("collection", BAD)
def test_a_bad_value_is_refused_with_the_name_of_its_field(
    tenant: client.Client, parts: dict[str, str], collection: str
) -> None:
    (path,) = (one for one in parts if one.endswith(collection))
    before = tenant.get(path).json()
    for field, wrong in BAD[collection]:
        answers = [tenant.post(path, {**NEW[collection], field: wrong})]
        if field not in ("id", "address", "instance", "tenant", "project_id", "uuid"):
            answers.append(tenant.patch(parts[path], {field: wrong}))
        for answer in answers:
            expected = 403 if field == "url" else 400
            assert answer.status_code == expected, (field, wrong, answer.text)
            assert field in answer.json()["message"], (field, wrong, answer.text)
            assert "SECRET" not in answer.text
    assert tenant.get(path).json() == before


@pytest.mark.parametrize(
    ("collection", "field"),
    [
        ("tenants/", "id"),
        ("api_keys/", "name"),
        ("api_keys/", "scopes"),
        ("relays/", "id"),
        ("relays/", "host"),
        ("suppressions/", "address"),
        ("suppressions/", "reason"),
    ],
)
def test_a_missing_field_is_named(
    tenant: client.Client, parts: dict[str, str], collection: str, field: str
) -> None:
    (path,) = (one for one in parts if one.endswith(collection))
    body = {k: v for k, v in NEW[collection].items() if k != field}
    answer = tenant.post(path, body)
    assert answer.status_code == 400
    assert answer.json()["message"] == f"{field}: a value is required"


BASIC = {
    "callback_auth": "basic",
    "callback_username": "u",
    "callback_secret": "SECRET p",
}
GOOD_SIGNATURE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**BASIC, "callback_username": None}, "callback_username"),
        ({**BASIC, "callback_secret": None}, "callback_secret"),
        ({**BASIC, "callback_username": "a:b"}, "callback_username"),
        ({**BASIC, "callback_username": "a\nb"}, "callback_username"),
        ({"callback_auth": "bearer"}, "callback_secret"),
        ({**BASIC, "callback_auth": "bearer"}, "callback_username"),
        (
            {"callback_auth": "bearer", "callback_secret": "SECRET two"},
            "callback_secret",
        ),
        (
            {"callback_auth": "signature", "callback_secret": "SECRET"},
            "callback_secret",
        ),
        (
            {"callback_auth": "signature", "callback_secret": "whsec_SECRET"},
            "callback_secret",
        ),
        # not base64: one sign too many
        (
            {"callback_auth": "signature", "callback_secret": GOOD_SIGNATURE + "A"},
            "callback_secret",
        ),
        ({**BASIC, "callback_auth": "none"}, "callback_"),
    ],
)
def test_a_way_to_authenticate_has_its_parts_and_no_others(
    tenant: client.Client,
    tenants: str,
    shop: client.Body,
    body: client.Body,
    field: str,
) -> None:
    for answer in (
        tenant.post(tenants, {"id": "new", **body}),
        tenant.patch(f"{tenants}{shop['uuid']}", body),
    ):
        assert answer.status_code == 400, answer.text
        assert answer.json()["message"].startswith(field)
        assert "SECRET" not in answer.text
    assert tenant.get(tenants).json() == [shop]


def test_another_way_to_authenticate_needs_a_secret_of_its_own(
    tenant: client.Client, tenants: str
) -> None:
    made = tenant.create(tenants, {"id": "a", **BASIC})
    path = f"{tenants}{made['uuid']}"
    for change in (
        {"callback_auth": "bearer"},
        {"callback_auth": "signature"},
        {"callback_secret": None},
        {"callback_username": None},
    ):
        answer = tenant.patch(path, change)
        assert answer.status_code == 400, answer.text
        assert answer.json()["message"].startswith("callback_")
    # the same again is no other
    assert tenant.patch(path, {"callback_auth": "basic"}).status_code == 200
    assert tenant.get(path).json() == made
    # what is sealed cannot be judged: a token might be no signing secret
    token = {"callback_auth": "bearer", "callback_secret": GOOD_SIGNATURE}
    assert tenant.patch(path, token).status_code == 200
    answer = tenant.patch(path, {"callback_auth": "signature"})
    assert answer.status_code == 400
    assert "a secret of its own" in answer.json()["message"]
    assert tenant.get(path).json()["callback_auth"] == "bearer"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"username": "u"}, "password: a username and a password go together"),
        ({"password": "SECRET"}, "password: a username and a password go together"),
        (
            {"username": "u", "password": "SECRET", "tls": "none"},
            "tls: a password is sent over TLS only",
        ),
        (
            {"tls": "starttls", "port": 465},
            "tls: port 465 speaks TLS from the first octet (RFC 8314):"
            " tls is implicit there",
        ),
    ],
)
def test_credentials_of_a_relay_go_together_and_over_tls(
    tenant: client.Client,
    below: str,
    body: client.Body,
    message: str,
) -> None:
    path = f"{below}relays/"
    made = tenant.create(path, client.TENANT_PARTS["relays/"])
    for answer in (
        tenant.post(path, {"id": "b", "host": "b.example", **body}),
        tenant.patch(f"{path}{made['uuid']}", body),
    ):
        assert answer.status_code == 400
        assert answer.json()["message"] == message
    assert tenant.get(path).json() == [made]


@pytest.mark.parametrize("collection", ["tenants/", "relays/", "suppressions/"])
def test_a_second_object_of_the_same_name_is_a_neutral_conflict(
    tenant: client.Client, parts: dict[str, str], collection: str
) -> None:
    (path,) = (one for one in parts if one.endswith(collection))
    first = tenant.get(path).json()
    body = {**NEW[collection]}
    if collection == "tenants/":
        body = {"id": "shop"}
    for twin in (body, {**body, "uuid": first[0]["uuid"]}):
        answer = tenant.post(path, twin)
        assert answer.status_code == 409
        assert answer.json()["type"] == "MailConflict"
        assert answer.json()["message"].endswith("is gone")
    assert tenant.get(path).json() == first


def test_the_same_names_are_free_elsewhere(
    tenant: client.Client, parts: dict[str, str], version: models.MailVersion
) -> None:
    body = client.instance_body(version.uuid)
    other = f"/instances/{tenant.create('/instances/', body)['uuid']}/tenants/"
    below = f"{other}{tenant.create(other, {'id': 'shop'})['uuid']}/"
    for collection, fine in client.TENANT_PARTS.items():
        tenant.create(below + collection, fine)


def test_without_a_key_to_seal_with_a_secret_is_refused_and_all_else_works(
    tenant: client.Client, tenants: str, parts: dict[str, str], db: tp.Any
) -> None:
    kept = db.execute("SELECT * FROM mail_sealing_keys").fetchall()
    db.execute("DELETE FROM mail_sealing_keys")
    try:
        answer = tenant.post(tenants, {"id": "secret", **BASIC})
        assert answer.status_code == 409
        assert "not ready to keep secrets" in answer.json()["message"]
        tenant.create(tenants, {"id": "other"})
    finally:
        for row in kept:
            db.execute(
                "INSERT INTO mail_sealing_keys VALUES"
                " (%(key_id)s, %(public_key)s, %(created_at)s)",
                row,
            )
    tenant.create(tenants, {"id": "secret", **BASIC})
