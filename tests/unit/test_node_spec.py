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

import pytest

from exordos_mail.dataplane import spec
from exordos_mail.standards import dkim, revision

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
        "revision": revision.compute(domain, content),
        "bulk": content,
    }


def test_good_payload():
    payload = spec.parse(_value())
    assert payload.spec.accounts == {"alice": _HASH}
    assert payload.spec.address_of("alice") == "alice@example.com"
    assert payload.spec.dkim_keys[0].record.startswith("v=DKIM1; k=rsa; p=")
    assert (payload.generation, payload.name) == (3, "n")


def test_value_survives_the_round_trip():
    assert spec.parse(spec.parse(_value()).as_value()) == spec.parse(_value())


def test_nothing_secret_is_shown():
    shown = repr(spec.parse(_value()))
    assert "$6$" not in shown
    assert "PRIVATE KEY" not in shown


@pytest.mark.parametrize(
    "name",
    ["a:b", "a\nb", "a\n", "a\0", "a b", "a@b", "Alice", "ä", "", "a" * 65, "a/b", "*"],
)
def test_bad_username(name):
    with pytest.raises(spec.SpecError):
        spec.parse(_value(accounts={name: _HASH}))


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
        spec.parse(_value(accounts={"alice": password_hash}))
    assert str(caught.value) == "the hash of account alice is not a crypt(5) hash"


@pytest.mark.parametrize(
    "domain",
    ["Example.com", "a..b", "a.b.", "a\nb.c", "${x}.com", "1.2.3.4", "", "com"],
)
def test_bad_domain(domain):
    with pytest.raises(spec.SpecError):
        spec.parse(_value(domain=domain))


@pytest.mark.parametrize(
    "limit", ["", "0 / 1h", "10/1h", "10 / h", "10 / 1h\n", "10 / 1h / leaky", 10, None]
)
def test_bad_rate_limit(limit):
    with pytest.raises(spec.SpecError):
        spec.parse(_value(rate_limit=limit))


@pytest.mark.parametrize(
    "selector", ["", "a.b", "../x", "A", "a/b", "a\n", "-a", "a" * 64]
)
def test_bad_selector(selector):
    key = {"algorithm": "rsa-sha256", "private_key": _RSA}
    with pytest.raises(spec.SpecError):
        spec.parse(_value(dkim_keys={selector: key}))


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
        spec.parse(_value(dkim_keys={"platform": key}))
    assert "secret text" not in str(caught.value)
    assert "PRIVATE" not in str(caught.value)


@pytest.mark.parametrize("field", ["accounts", "dkim_keys", "rate_limit"])
def test_missing_part_is_not_an_empty_one(field):
    value = _value()
    del value["bulk"][field]
    value["revision"] = revision.compute("example.com", value["bulk"])
    with pytest.raises(spec.SpecError):
        spec.parse(value)


def test_field_of_a_newer_control_plane_is_named():
    with pytest.raises(spec.SpecError, match="mailboxes"):
        spec.parse(_value(mailboxes={}))


def test_content_that_is_not_of_its_revision():
    value = _value()
    value["bulk"] = {**value["bulk"], "accounts": {}}
    with pytest.raises(spec.SpecError, match="revision"):
        spec.parse(value)


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
        spec.parse({**_value(), **change})
