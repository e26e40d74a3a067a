# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node checks a payload again before it writes anything."""

import json

import pytest

from exordos_mail.controlplane.documents import collection
from exordos_mail.dataplane.engine import fetcher, source, spec
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.protocol import documents, messages
from tests.unit.node_values import (
    ED25519,
    HASH,
    RSA,
    NoTexts,
    Texts,
    candidate_of,
    target_value,
    value_of,
)


def test_good_payload():
    candidate = candidate_of(target_value())
    payload, texts = candidate.payload, candidate.texts
    bucket = documents.bucket("alice")
    assert documents.parse(texts["accounts", bucket]) == {
        "alice": {"password_hash": HASH}
    }
    assert set(payload.digests("accounts")) == {bucket}
    assert payload.spec.dkim_keys[0].record.startswith("v=DKIM1; k=rsa; p=")
    assert (payload.generation, payload.name) == (3, "n")


def test_value_survives_the_round_trip():
    candidate = candidate_of(target_value())
    stored = json.loads(json.dumps(candidate.payload.as_value()))
    assert payload_lib.parse(stored, Texts(candidate)) == candidate.payload


def test_nothing_secret_is_shown():
    candidate = candidate_of(target_value())
    texts = {"0": "PRIVATE KEY $6$"}
    places = {("settings", "0"): "PRIVATE KEY $6$"}
    state = messages.State(1, "i", "n", 3, "r", {}, {})
    for value in (
        candidate,
        candidate.payload,
        source.Fetched(texts),
        fetcher.Reply(state, {}, places),
        messages.Documents(1, texts, "", last=True),
        collection.Texts(texts),
    ):
        shown = repr(value)
        assert "$6$" not in shown
        assert "PRIVATE KEY" not in shown


@pytest.mark.parametrize("bucket", ["64", "00", "-1", "x"])
def test_accounts_have_no_other_buckets(bucket):
    value = target_value()
    value["bulk"]["collections"]["accounts"][bucket] = documents.digest("{}")
    value["bulk"]["texts"]["accounts"][bucket] = "{}"
    with pytest.raises(spec.SpecError, match="bucket of accounts"):
        candidate_of(value_of(value["bulk"]))


def test_text_of_half_a_surrogate_pair():
    value = target_value()
    value["bulk"]["texts"]["accounts"]["1"] = '{"\ud800": {}}'
    with pytest.raises(spec.SpecError, match="bulk"):
        candidate_of(value)


@pytest.mark.parametrize(
    "name",
    ["a:b", "a\nb", "a\n", "a\0", "a b", "a@b", "Alice", "ä", "", "a" * 65, "a/b", "*"],
)
def test_bad_username(name):
    with pytest.raises(spec.SpecError):
        candidate_of(target_value(accounts={name: HASH}))


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
        candidate_of(target_value(accounts={"alice": password_hash}))
    assert str(caught.value) == "the hash of account alice is not a crypt(5) hash"


@pytest.mark.parametrize(
    "domain",
    ["Example.com", "a..b", "a.b.", "a\nb.c", "${x}.com", "1.2.3.4", "", "com"],
)
def test_bad_domain(domain):
    with pytest.raises(spec.SpecError):
        candidate_of(target_value(domain=domain))


@pytest.mark.parametrize(
    "limit", ["", "0 / 1h", "10/1h", "10 / h", "10 / 1h\n", "10 / 1h / leaky", 10, None]
)
def test_bad_rate_limit(limit):
    with pytest.raises(spec.SpecError):
        candidate_of(target_value(rate_limit=limit))


@pytest.mark.parametrize(
    "selector", ["", "a.b", "../x", "A", "a/b", "a\n", "-a", "a" * 64]
)
def test_bad_selector(selector):
    key = {"algorithm": "rsa-sha256", "private_key": RSA}
    with pytest.raises(spec.SpecError):
        candidate_of(target_value(dkim_keys={selector: key}))


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
        candidate_of(target_value(dkim_keys={"platform": key}))
    assert "secret text" not in str(caught.value)
    assert "PRIVATE" not in str(caught.value)


@pytest.mark.parametrize("field", ["dkim_keys", "rate_limit"])
def test_missing_setting_is_not_an_empty_one(field):
    with pytest.raises(spec.SpecError):
        candidate_of(target_value(**{field: None}))


def test_content_that_is_not_of_its_revision():
    value = target_value()
    value["bulk"] = target_value(accounts={})["bulk"]
    with pytest.raises(spec.SpecError, match="revision"):
        candidate_of(value)


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
        candidate_of({**target_value(), **change})


@pytest.mark.parametrize(
    "damage",
    [
        {"collections": []},
        {"collections": {"accounts": {"x/y": "a"}}},
        {"collections": {}},
        {"unnamed": None},
        {"unnamed": ["accounts"]},
        {"revision": "0" * 64},
    ],
)
def test_damaged_stored_payload(damage):
    candidate = candidate_of(target_value())
    value = candidate.payload.as_value()
    with pytest.raises(spec.SpecError):
        payload_lib.parse({**value, **damage}, Texts(candidate))


def test_stored_payload_without_its_settings():
    value = candidate_of(target_value()).payload.as_value()
    with pytest.raises(payload_lib.DamagedBucket):
        payload_lib.parse(value, NoTexts())


def test_networks_of_the_send_service():
    networks = ["10.0.0.0/8", "fd00::/8"]
    payload = candidate_of(target_value(send_networks=networks)).payload
    assert payload.spec.send_networks == tuple(networks)
    assert candidate_of(target_value()).payload.spec.send_networks == ()


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
        candidate_of(target_value(send_networks=networks))
