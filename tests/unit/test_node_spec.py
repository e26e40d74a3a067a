# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node checks a payload again before it writes anything."""

import json

import pytest

from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec
from exordos_mail.protocol import shards
from tests.unit.node_values import ED25519, HASH, RSA, revision_of, target_value


def test_good_payload():
    payload, texts, documents = payload_lib.from_bulk(target_value())
    assert documents == {}
    assert texts == {shards.number("alice"): f"alice:{HASH}\n".encode()}
    assert payload.digests == shards.digests(texts)
    assert payload.spec.dkim_keys[0].record.startswith("v=DKIM1; k=rsa; p=")
    assert (payload.generation, payload.name) == (3, "n")


def test_value_survives_the_round_trip():
    payload = payload_lib.from_bulk(target_value()).payload
    stored = json.loads(json.dumps(payload.as_value()))
    assert payload_lib.parse(stored) == payload


def test_nothing_secret_is_shown():
    shown = repr(payload_lib.from_bulk(target_value()).payload)
    assert "$6$" not in shown
    assert "PRIVATE KEY" not in shown


def test_shard_of_accounts():
    text = f"alice:{HASH}\n".encode()
    shard = shards.number("alice")
    spec.check_shard(shard, text)
    with pytest.raises(spec.SpecError, match="belongs to another"):
        spec.check_shard((shard + 1) % shards.COUNT, text)
    for other in (text[:-1], text * 2, b"alice\n", text.replace(b"alice", b"a b")):
        with pytest.raises(spec.SpecError):
            spec.check_shard(shard, other)


@pytest.mark.parametrize(
    "name",
    ["a:b", "a\nb", "a\n", "a\0", "a b", "a@b", "Alice", "ä", "", "a" * 65, "a/b", "*"],
)
def test_bad_username(name):
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk(target_value(accounts={name: HASH}))


@pytest.mark.parametrize(
    "password_hash",
    [
        "",
        "plain",
        HASH + "\n",
        HASH + ":x",
        "$6$ab cd$" + "x" * 86,
        "$6$ab\0cd$" + "x" * 86,
        "{CRYPT}" + HASH,
        "${readfile{/etc/shadow}}",
        "$6$" + "x" * 400,
        None,
        5,
    ],
)
def test_bad_hash(password_hash):
    with pytest.raises(spec.SpecError) as caught:
        payload_lib.from_bulk(target_value(accounts={"alice": password_hash}))
    assert str(caught.value) == "the hash of account alice is not a crypt(5) hash"


@pytest.mark.parametrize(
    "domain",
    ["Example.com", "a..b", "a.b.", "a\nb.c", "${x}.com", "1.2.3.4", "", "com"],
)
def test_bad_domain(domain):
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk(target_value(domain=domain))


@pytest.mark.parametrize(
    "limit", ["", "0 / 1h", "10/1h", "10 / h", "10 / 1h\n", "10 / 1h / leaky", 10, None]
)
def test_bad_rate_limit(limit):
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk(target_value(rate_limit=limit))


@pytest.mark.parametrize(
    "selector", ["", "a.b", "../x", "A", "a/b", "a\n", "-a", "a" * 64]
)
def test_bad_selector(selector):
    key = {"algorithm": "rsa-sha256", "private_key": RSA}
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk(target_value(dkim_keys={selector: key}))


@pytest.mark.parametrize(
    "key",
    [
        {"algorithm": "rsa-sha256"},
        {"algorithm": "rsa-sha1", "private_key": RSA},
        {"algorithm": "rsa-sha256", "private_key": "secret text"},
        {"algorithm": "rsa-sha256", "private_key": ED25519},
        {"algorithm": "ed25519-sha256", "private_key": RSA},
        {"algorithm": "rsa-sha256", "private_key": RSA, "more": 1},
        {"algorithm": ["rsa-sha256"], "private_key": RSA},
        "text",
    ],
)
def test_bad_key(key):
    with pytest.raises(spec.SpecError) as caught:
        payload_lib.from_bulk(target_value(dkim_keys={"platform": key}))
    assert "secret text" not in str(caught.value)
    assert "PRIVATE" not in str(caught.value)


@pytest.mark.parametrize("field", ["accounts", "dkim_keys", "rate_limit"])
def test_missing_part_is_not_an_empty_one(field):
    value = target_value()
    del value["bulk"][field]
    value["revision"] = revision_of("example.com", value["bulk"])
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk(value)


def test_field_of_a_newer_control_plane_is_named():
    with pytest.raises(spec.SpecError, match="mailboxes"):
        payload_lib.from_bulk(target_value(mailboxes={}))


def test_content_that_is_not_of_its_revision():
    value = target_value()
    value["bulk"] = {**value["bulk"], "accounts": {}}
    with pytest.raises(spec.SpecError, match="revision"):
        payload_lib.from_bulk(value)


@pytest.mark.parametrize(
    "change",
    [
        {"revision": "x"},
        {"revision": None},
        {"generation": "1"},
        {"generation": True},
        {"name": 5},
        {"name": "x" * 256},
        {"bulk": None},
        {"bulk": []},
    ],
)
def test_bad_head(change):
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk({**target_value(), **change})


@pytest.mark.parametrize(
    "damage",
    [
        {"settings": None},
        {"shards": []},
        {"shards": {"x": "a"}},
        {"shards": {}},
        {"domain": "example.org"},
    ],
)
def test_damaged_stored_payload(damage):
    value = payload_lib.from_bulk(target_value()).payload.as_value()
    with pytest.raises(spec.SpecError):
        payload_lib.parse({**value, **damage})


def test_networks_of_the_send_service():
    networks = ["10.0.0.0/8", "fd00::/8"]
    payload = payload_lib.from_bulk(target_value(send_networks=networks)).payload
    assert payload.spec.send_networks == tuple(networks)
    assert payload_lib.parse(payload.as_value()) == payload
    assert payload_lib.from_bulk(target_value()).payload.spec.send_networks == ()


@pytest.mark.parametrize(
    "networks",
    [
        "10.0.0.0/8",
        [8],
        ["10.0.0.1/8"],
        ["10.0.0.1"],
        ["10.0.0.0/8\nEXTRA=1"],
        ["FD00::/8"],
        ["10.0.0.0/8,0.0.0.0/0"],
        [None],
    ],
)
def test_bad_networks(networks):
    with pytest.raises(spec.SpecError, match="network"):
        payload_lib.from_bulk(target_value(send_networks=networks))
