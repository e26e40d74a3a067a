# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""Tenants of manifests settle, or say why they do not."""

import json
import logging
import pathlib
import typing as tp

import pytest

from exordos_mail.controlplane import sealed_box
from exordos_mail.controlplane.dm import key_file as keys_of_file
from exordos_mail.controlplane.dm import models, sealing_key
from exordos_mail.standards import api_key
from tests.integration.controlplane import conftest
from tests.integration.controlplane.api import test_declarations as declarations
from tests.integration.support import core_agent

key_file = declarations.key_file
passes = declarations.passes
instance = declarations.instance
changed, settled = declarations.changed, declarations.settled
check_refused = declarations.check_refused

Target = tp.Any

KEY = "SECRET-key-of-the-shop-0123456789"
PASSWORD = "SECRET password"
SIGNING_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TABLES = {
    "instances.tenants": "mail_send_tenants",
    "instances.tenants.api_keys": "mail_send_api_keys",
    "instances.tenants.relays": "mail_send_relays",
    "instances.tenants.suppressions": "mail_send_suppressions",
}


@pytest.fixture
def shop(instance: Target) -> Target:
    """A declared tenant that says all it can."""
    return core_agent.target(
        "instances.tenants",
        name="Shop",
        description="orders",
        project_id=str(core_agent.PROJECT),
        instance=str(instance.uuid),
        id="shop",
        active=True,
        limit_minute=5,
        limit_hour=None,
        callback_url="https://shop.example.com/events",
        callback_auth="signature",
        callback_secret=SIGNING_SECRET,
        attachment_url=None,
    )


def of(shop: Target, kind: str, **value: tp.Any) -> Target:
    """Return a declared part of a tenant."""
    return core_agent.target(
        f"instances.tenants.{kind}",
        project_id=str(core_agent.PROJECT),
        tenant=str(shop.uuid),
        **value,
    )


@pytest.fixture
def parts(shop: Target) -> list[Target]:
    """One of everything below that tenant."""
    return [
        of(
            shop,
            "api_keys",
            name="web",
            scopes=["read", "send"],
            key=KEY,
            expires_at="2037-01-31T12:00:00Z",
        ),
        of(
            shop,
            "relays",
            id="default",
            host="smtp.example.net",
            tls="implicit",
            username="u",
            password=PASSWORD,
            limit_day=None,
        ),
        of(shop, "suppressions", address="jo@example.net", reason="x", expires_at=None),
    ]


def row(db: conftest.Connection, declared: Target) -> dict[str, tp.Any]:
    """Return the stored object."""
    found = db.execute(
        f"SELECT * FROM {TABLES[declared.kind]} WHERE uuid = %s".encode(),  # noqa: S608
        (declared.uuid,),
    ).fetchone()
    assert found is not None
    return found


def generation(db: conftest.Connection) -> int:
    """Return the generation of the only instance."""
    found = db.execute("SELECT generation FROM mail_instances").fetchone()
    assert found is not None
    return int(found["generation"])


def test_all_that_is_declared_settles_and_no_secret_is_stored_in_plain(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    shop: Target,
    parts: list[Target],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    wanted = [instance, shop, *parts]
    for _ in range(3):  # the order of the kinds is not ours
        passes.run(*wanted)
    before = generation(db), [row(db, one) for one in (shop, *parts)]
    for _ in range(2):
        reported = passes.run(*wanted)
        for one in wanted:
            assert settled(reported, one), one.kind
        for one in (shop, *parts):
            assert reported[one.uuid].status == "ACTIVE"
    assert (generation(db), [row(db, one) for one in (shop, *parts)]) == before
    assert "SECRET" not in str(before) and SIGNING_SECRET not in str(before)
    assert "SECRET" not in caplog.text and SIGNING_SECRET not in caplog.text
    key, smtp, _ = parts
    assert row(db, key)["key_hash"] == api_key.digest(KEY)
    keys = keys_of_file.existing()
    for one, field, plain in (
        (shop, "callback_secret", SIGNING_SECRET),
        (key, "key", KEY),
        (smtp, "password", PASSWORD),
    ):
        name = f"{TABLES[one.kind]}:{one.uuid}"
        assert sealed_box.open_(row(db, one)[field], name, keys) == plain
    assert "key_hash" not in reported[key.uuid].value


def test_children_before_their_parents_wait_without_noise(
    passes: core_agent.Passes,
    instance: Target,
    shop: Target,
    parts: list[Target],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        reported = passes.run(shop, *parts)
        for one in (shop, *parts):
            assert reported[one.uuid].status == "IN_PROGRESS"
            assert "waits until it exists" in reported[one.uuid].value["status_reason"]
            assert "SECRET" not in json.dumps(reported[one.uuid].value)
    assert "Traceback" not in caplog.text and "SECRET" not in caplog.text
    for _ in range(4):
        reported = passes.run(instance, shop, *parts)
    assert all(settled(reported, one) for one in (instance, shop, *parts))


CHANGES: dict[str, list[dict[str, tp.Any]]] = {
    "instances.tenants": [
        {"active": False, "limit_minute": None, "limit_day": 9},
        {"callback_secret": "whsec_" + "QUJD" * 12},
        {
            "callback_auth": "basic",
            "callback_username": "u",
            "callback_secret": PASSWORD,
        },
        {"callback_secret": PASSWORD + "!"},
    ],
    "instances.tenants.api_keys": [
        {"scopes": ["manage"], "expires_at": None},
        {"key": KEY + "!", "name": "x"},
    ],
    "instances.tenants.relays": [
        {"port": 2525, "tls": "starttls", "tls_verify": False},
        {"password": PASSWORD + "!"},
        {"username": None, "password": None, "tls": "none"},
    ],
    "instances.tenants.suppressions": [
        {"reason": "y", "expires_at": "2037-01-31T12:00:00.500000Z"}
    ],
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_changed_declaration_settles_and_counts_once(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    shop: Target,
    parts: list[Target],
    kind: str,
) -> None:
    rest = [instance, shop, *parts]
    for _ in range(4):
        passes.run(*rest)
    (one,) = (target for target in rest if target.kind == kind)
    rest.remove(one)
    for change in CHANGES[kind]:
        before = generation(db)
        # null is declared here, not left out
        one = core_agent.target(kind, **{**one.value, **change})
        for _ in range(2):
            reported = passes.run(*rest, one)
            assert settled(reported, one), reported[one.uuid].value
        assert generation(db) == before + 1
    if kind.endswith("api_keys"):
        assert row(db, one)["key_hash"] == api_key.digest(KEY + "!")


def test_a_secret_that_is_set_past_the_manifest_is_set_back(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    shop: Target,
) -> None:
    for _ in range(2):
        passes.run(instance, shop)
    # as the REST API does it, whose process cannot read the key file
    kept = sealing_key.newest()
    sealing_key.publish(sealed_box.public_key(keys_of_file.existing()))
    stored = models.MailSendTenant.objects.get_one(filters={"uuid": str(shop.uuid)})
    stored.update_dm({"callback_auth": "bearer", "callback_secret": "from-elsewhere"})
    stored.update()
    assert settled(passes.run(instance, shop), shop)
    assert row(db, shop)["callback_auth"] == "signature"
    if kept is not None:
        sealing_key.publish(kept)


def test_a_lost_key_file_costs_new_envelopes_and_nothing_else(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    shop: Target,
    parts: list[Target],
    key_file: pathlib.Path,
) -> None:
    wanted = [instance, shop, *parts]
    for _ in range(4):
        passes.run(*wanted)
    before = [row(db, one) for one in (shop, *parts)]
    key_file.unlink()
    for _ in range(2):
        reported = passes.run(*wanted)
    assert all(settled(reported, one) for one in wanted)
    after = [row(db, one) for one in (shop, *parts)]
    for one, old, new in zip((shop, *parts), before, after, strict=True):
        for field in ("callback_secret", "key", "password"):
            if old.get(field) is not None:
                assert old[field] != new[field], one.kind
    assert row(db, parts[0])["key_hash"] == api_key.digest(KEY)
    passes.run(*wanted)
    assert [row(db, one) for one in (shop, *parts)] == after


BAD: list[tuple[str, dict[str, tp.Any], str]] = [
    ("instances.tenants", {"id": "Shop"}, "id: "),
    ("instances.tenants", {"limit_minute": "5"}, "limit_minute: "),
    ("instances.tenants", {"callback_secret": "SECRET"}, "callback_secret: "),
    ("instances.tenants", {"callback_secret": None}, "callback_secret: "),
    ("instances.tenants", {"callback_auth": "none"}, "callback_secret: "),
    ("instances.tenants", {"callback_url": "nowhere"}, "callback_url: "),
    ("instances.tenants", {"url": "https://x.example"}, "unknown field: url"),
    ("instances.tenants", {"tag": "x"}, "unknown field: tag"),
    ("instances.tenants.api_keys", {"key": "SECRET-short"}, "key: "),
    ("instances.tenants.api_keys", {"key": None}, "key: a value is required"),
    ("instances.tenants.api_keys", {"key": ["SECRET"]}, "key: "),
    ("instances.tenants.api_keys", {"key_hash": "0" * 64}, "unknown field: key_hash"),
    ("instances.tenants.api_keys", {"scopes": ["admin"]}, "scopes: "),
    (
        "instances.tenants.api_keys",
        {"expires_at": "2037-01-31T14:00:00+02:00"},
        "expires_at: write 2037-01-31T12:00:00Z",
    ),
    ("instances.tenants.api_keys", {"expires_at": "soon"}, "expires_at: "),
    ("instances.tenants.relays", {"tls": "none"}, "tls: "),
    ("instances.tenants.relays", {"tls": {"x": 1}}, "tls: "),
    ("instances.tenants.relays", {"username": None}, "password: "),
    ("instances.tenants.suppressions", {"address": "Jo@example.net"}, "address: "),
]


@pytest.mark.parametrize(("kind", "change", "reason"), BAD)
def test_a_bad_declaration_says_why_and_disturbs_nobody(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    shop: Target,
    parts: list[Target],
    kind: str,
    change: dict[str, tp.Any],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    good = [instance, shop, *parts]
    for _ in range(4):
        passes.run(*good)
    (one,) = (target for target in good if target.kind == kind)
    value = {k: v for k, v in one.value.items() if k != "uuid"}
    fresh = {"id": "bad", "address": "bad@example.net", "key": KEY + "-another"}
    value |= {k: v for k, v in fresh.items() if k in value}
    bad = core_agent.target(kind, **{**value, **change})
    reports = [passes.run(*good, bad) for _ in range(2)]
    for reported in reports:
        assert all(settled(reported, target) for target in good)
        check_refused(reported[bad.uuid], reason)
        assert "SECRET" not in json.dumps(reported[bad.uuid].value)
    # Core hears of it once: what is reported stays the same
    assert reports[0][bad.uuid].full_hash == reports[1][bad.uuid].full_hash
    assert "Traceback" not in caplog.text and "SECRET" not in caplog.text


def test_the_same_key_twice_is_refused_with_a_neutral_reason(
    passes: core_agent.Passes, instance: Target, shop: Target, parts: list[Target]
) -> None:
    for _ in range(4):
        passes.run(instance, shop, *parts)
    twin = of(shop, "api_keys", name="twin", scopes=["send"], key=KEY)
    reported = passes.run(instance, shop, *parts, twin)
    check_refused(reported[twin.uuid], "this key or its uuid exists")


def test_what_is_not_declared_any_more_is_removed(
    passes: core_agent.Passes,
    db: conftest.Connection,
    instance: Target,
    shop: Target,
    parts: list[Target],
) -> None:
    for _ in range(4):
        passes.run(instance, shop, *parts)
    reported = passes.run(instance, shop)
    assert set(reported) == {instance.uuid, shop.uuid}
    passes.run(instance)
    assert passes.run() == {}
    for table in TABLES.values():
        left = db.execute(f"SELECT FROM {table}".encode())
        assert left.rowcount == 0
