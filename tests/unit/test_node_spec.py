#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""The node checks a payload again before it writes anything."""

import json
import uuid as sys_uuid

import pytest

from exordos_mail.dataplane import payload as payload_lib
from exordos_mail.dataplane import spec
from exordos_mail.protocol import messages, revision, shards
from exordos_mail.standards import dkim

_HASH = "$6$rounds=1000$abcdefgh$" + "x" * 86
_RSA = dkim.generate_private_key(dkim.RSA_SHA256)
_ED25519 = dkim.generate_private_key(dkim.ED25519_SHA256)


def _value(domain="example.com", **bulk):
    content = {
        "accounts": {"alice": _HASH},
        "dkim_keys": {"platform": {"algorithm": "rsa-sha256", "private_key": _RSA}},
        "rate_limit": "1000 / 1h",
        **bulk,
    }
    return {
        "uuid": "u",
        "name": "n",
        "generation": 3,
        "domain": domain,
        "revision": _revision(domain, content),
        "bulk": content,
    }


def _revision(domain, bulk):
    accounts = bulk.get("accounts")
    good = accounts if isinstance(accounts, dict) else {}
    texts = {
        name: str(text) for name, text in good.items() if (name + str(text)).isascii()
    }
    no_settings = ("accounts", "tenants")
    return revision.compute(
        domain,
        revision.settings_digest({n: bulk[n] for n in bulk if n not in no_settings}),
        shards.digests(shards.split(texts)),
        _tags(bulk.get("tenants", ())),
    )


def _tags(documents):
    return {one["uuid"]: one["tag"] for one in documents if isinstance(one, dict)}


def test_good_payload():
    payload, texts, documents = payload_lib.from_bulk(_value())
    assert documents == {}
    assert texts == {shards.number("alice"): f"alice:{_HASH}\n".encode()}
    assert payload.digests == shards.digests(texts)
    assert payload.spec.dkim_keys[0].record.startswith("v=DKIM1; k=rsa; p=")
    assert (payload.generation, payload.name) == (3, "n")


def test_value_survives_the_round_trip():
    payload = payload_lib.from_bulk(_value()).payload
    stored = json.loads(json.dumps(payload.as_value()))
    assert payload_lib.parse(stored) == payload


def test_nothing_secret_is_shown():
    shown = repr(payload_lib.from_bulk(_value()).payload)
    assert "$6$" not in shown
    assert "PRIVATE KEY" not in shown


@pytest.mark.parametrize(
    "name",
    ["a:b", "a\nb", "a\n", "a\0", "a b", "a@b", "Alice", "ä", "", "a" * 65, "a/b", "*"],
)
def test_bad_username(name):
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk(_value(accounts={name: _HASH}))


@pytest.mark.parametrize(
    "password_hash",
    [
        "",
        "plain",
        _HASH + "\n",
        _HASH + ":x",
        "$6$ab cd$" + "x" * 86,
        "$6$ab\0cd$" + "x" * 86,
        "{CRYPT}" + _HASH,
        "${readfile{/etc/shadow}}",
        "$6$" + "x" * 400,
        None,
        5,
    ],
)
def test_bad_hash(password_hash):
    with pytest.raises(spec.SpecError) as caught:
        payload_lib.from_bulk(_value(accounts={"alice": password_hash}))
    assert str(caught.value) == "the hash of account alice is not a crypt(5) hash"


@pytest.mark.parametrize(
    "domain",
    ["Example.com", "a..b", "a.b.", "a\nb.c", "${x}.com", "1.2.3.4", "", "com"],
)
def test_bad_domain(domain):
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk(_value(domain=domain))


@pytest.mark.parametrize(
    "limit", ["", "0 / 1h", "10/1h", "10 / h", "10 / 1h\n", "10 / 1h / leaky", 10, None]
)
def test_bad_rate_limit(limit):
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk(_value(rate_limit=limit))


@pytest.mark.parametrize(
    "selector", ["", "a.b", "../x", "A", "a/b", "a\n", "-a", "a" * 64]
)
def test_bad_selector(selector):
    key = {"algorithm": "rsa-sha256", "private_key": _RSA}
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk(_value(dkim_keys={selector: key}))


@pytest.mark.parametrize(
    "key",
    [
        {"algorithm": "rsa-sha256"},
        {"algorithm": "rsa-sha1", "private_key": _RSA},
        {"algorithm": "rsa-sha256", "private_key": "secret text"},
        {"algorithm": "rsa-sha256", "private_key": _ED25519},
        {"algorithm": "ed25519-sha256", "private_key": _RSA},
        {"algorithm": "rsa-sha256", "private_key": _RSA, "more": 1},
        {"algorithm": ["rsa-sha256"], "private_key": _RSA},
        "text",
    ],
)
def test_bad_key(key):
    with pytest.raises(spec.SpecError) as caught:
        payload_lib.from_bulk(_value(dkim_keys={"platform": key}))
    assert "secret text" not in str(caught.value)
    assert "PRIVATE" not in str(caught.value)


@pytest.mark.parametrize("field", ["accounts", "dkim_keys", "rate_limit"])
def test_missing_part_is_not_an_empty_one(field):
    value = _value()
    del value["bulk"][field]
    value["revision"] = _revision("example.com", value["bulk"])
    with pytest.raises(spec.SpecError):
        payload_lib.from_bulk(value)


def test_field_of_a_newer_control_plane_is_named():
    with pytest.raises(spec.SpecError, match="mailboxes"):
        payload_lib.from_bulk(_value(mailboxes={}))


def test_content_that_is_not_of_its_revision():
    value = _value()
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
        payload_lib.from_bulk({**_value(), **change})


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
    value = payload_lib.from_bulk(_value()).payload.as_value()
    with pytest.raises(spec.SpecError):
        payload_lib.parse({**value, **damage})


# --- tenants of the send service --------------------------------------------

_TENANT = {
    "uuid": str(sys_uuid.UUID(int=1)),
    "tag": str(sys_uuid.UUID(int=2)),
    "id": "acme",
}
_OTHER = {
    "uuid": str(sys_uuid.UUID(int=3)),
    "tag": str(sys_uuid.UUID(int=4)),
    "id": "other",
}


def test_tenants_of_a_bulk():
    candidate = payload_lib.from_bulk(_value(tenants=[_OTHER, _TENANT]))
    assert candidate.documents == {one["uuid"]: one for one in (_OTHER, _TENANT)}
    assert candidate.payload.tenants == _tags([_TENANT, _OTHER])
    kept = candidate.payload.as_value()
    assert payload_lib.parse(json.loads(json.dumps(kept))) == candidate.payload
    assert "acme" not in json.dumps(kept)


def test_no_tenants_leave_no_trace():
    assert "tenants" not in payload_lib.from_bulk(_value()).payload.as_value()
    assert payload_lib.from_bulk(_value(tenants=[])).payload.tenants == {}


def test_a_tenant_that_the_platform_could_not_make_is_a_tenant_still():
    stub = {"uuid": _TENANT["uuid"], "tag": _TENANT["tag"]}
    candidate = payload_lib.from_bulk(_value(tenants=[stub, _OTHER]))
    assert set(candidate.payload.tenants) == {_TENANT["uuid"], _OTHER["uuid"]}
    assert set(candidate.documents) == {_OTHER["uuid"]}


@pytest.mark.parametrize(
    "tenants",
    [
        None,
        "secret",
        {"secret": {}},
        ["secret"],
        [_TENANT, _TENANT],
        [{**_TENANT, "uuid": "../secret"}],
        [{**_TENANT, "uuid": _TENANT["uuid"].replace("-", "")}],
        [{**_TENANT, "tag": "secret"}],
        [{**_TENANT, "tag": 5}],
    ],
)
def test_bad_tenants(tenants):
    good = _value(tenants=tenants if isinstance(tenants, list) else [])
    good["bulk"]["tenants"] = tenants
    with pytest.raises(spec.SpecError) as caught:
        payload_lib.from_bulk(good)
    assert "secret" not in str(caught.value)
    assert "revision" not in str(caught.value)


@pytest.mark.parametrize("tenants", [[], {"u": "t"}, {_TENANT["uuid"]: None}])
def test_damaged_stored_tenants(tenants):
    value = payload_lib.from_bulk(_value(tenants=[_TENANT])).payload.as_value()
    with pytest.raises(spec.SpecError):
        payload_lib.parse({**value, "tenants": tenants})


def test_networks_of_the_send_service():
    networks = ["10.0.0.0/8", "fd00::/8"]
    payload = payload_lib.from_bulk(_value(send_networks=networks)).payload
    assert payload.spec.send_networks == tuple(networks)
    assert payload_lib.parse(payload.as_value()) == payload
    assert payload_lib.from_bulk(_value()).payload.spec.send_networks == ()


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
        payload_lib.from_bulk(_value(send_networks=networks))


# --- replies of the gateway -----------------------------------------------


def _reply(value, settings=True, texts=None, **changes):
    payload, all_texts, _ = payload_lib.from_bulk(value)
    fields = {
        "number": 1,
        "instance": "i",
        "name": payload.name,
        "generation": payload.generation,
        "domain": payload.domain,
        "revision": payload.revision,
        "shards": dict(payload.digests),
        "settings": payload.spec.settings if settings else None,
        "tenants": payload.tenants,
    }
    state = messages.State(**{**fields, **changes})
    return state, all_texts if texts is None else texts


_TWO = {"alice": _HASH, "bob": _HASH}
_ALICE, _BOB = shards.number("alice"), shards.number("bob")


def _accepted():
    return payload_lib.from_bulk(_value(accounts=_TWO)).payload


def test_whole_reply():
    value = _value(accounts=_TWO)
    candidate = payload_lib.from_reply("u", *_reply(value), None, ())
    assert candidate == payload_lib.from_bulk(value)


def test_tenants_of_a_reply_come_without_documents():
    value = _value(accounts=_TWO, tenants=[_TENANT])
    candidate = payload_lib.from_reply("u", *_reply(value), None, ())
    assert candidate.payload == payload_lib.from_bulk(value).payload
    assert candidate.documents == {}


def test_a_tenant_that_is_not_in_the_revision():
    state, texts = _reply(_value(accounts=_TWO), tenants=_tags([_TENANT]))
    with pytest.raises(spec.SpecError, match="does not match its revision"):
        payload_lib.from_reply("u", state, texts, None, ())


def test_difference():
    changed = _value(accounts={"alice": _HASH + "x", "bob": _HASH})
    state, texts = _reply(changed, settings=False)
    one = {_ALICE: texts[_ALICE]}
    candidate = payload_lib.from_reply("u", state, one, _accepted(), ())
    assert candidate.payload == payload_lib.from_bulk(changed).payload
    assert candidate.texts == one


def test_shard_that_is_empty_now():
    state, _ = _reply(_value(accounts={"bob": _HASH}), settings=False)
    candidate = payload_lib.from_reply("u", state, {_ALICE: b""}, _accepted(), ())
    assert set(candidate.payload.digests) == {_BOB}


@pytest.mark.parametrize(
    ("reply", "accepted", "lacking"),
    [
        (_reply(_value(accounts=_TWO), texts={}), None, ()),
        (_reply(_value(accounts=_TWO), settings=False), None, ()),
        (_reply(_value(accounts=_TWO), texts={}), _accepted(), (_BOB,)),
        (_reply(_value(accounts=_TWO), texts={_ALICE: b"alice:x\n"}), _accepted(), ()),
        (_reply(_value(), texts={_BOB: b"bob:x\n"}), _accepted(), ()),
        (_reply(_value(), shards={_ALICE: "../../x"}), _accepted(), ()),
        (_reply(_value(), shards={_ALICE: ""}), _accepted(), ()),
    ],
)
def test_reply_that_does_not_fit(reply, accepted, lacking):
    with pytest.raises(payload_lib.IncompleteReply):
        payload_lib.from_reply("u", *reply, accepted, lacking)


def test_reply_with_another_revision():
    state, texts = _reply(_value(), revision="0" * 64)
    with pytest.raises(spec.SpecError, match="revision"):
        payload_lib.from_reply("u", state, texts, None, ())


@pytest.mark.parametrize(
    ("shard", "text"),
    [
        (_ALICE, f"alice:{_HASH}"),
        (_ALICE, "alice\n"),
        (_ALICE, "\n"),
        (_ALICE, f"alice:{_HASH}\nalice:{_HASH}\n"),
        (_ALICE, f"Alice:{_HASH}\n"),
        (_ALICE, f"alice:{_HASH}:x\n"),
        (_ALICE, "alice:plain\n"),
        (_BOB, f"alice:{_HASH}\n"),
        (_ALICE, "älice:x\n"),
    ],
)
def test_bad_shard(shard, text):
    with pytest.raises(spec.SpecError) as caught:
        spec.check_shard(shard, text.encode())
    assert "$6$" not in str(caught.value)
