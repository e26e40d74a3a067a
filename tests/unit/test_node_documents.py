# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Documents of domains on a node: what is refused, and keys that come with a tag."""

import pathlib
import typing as tp
import uuid as sys_uuid

import pytest

from exordos_mail.dataplane.engine import document_checks, glance, layout, spec, state
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.services.exim import domains
from exordos_mail.protocol import documents
from tests import bulk
from tests.unit.node_values import ED25519, HASH, RSA, candidate_of, value_of

_PRIMARY = "example.com"
_KEY = {"algorithm": "rsa-sha256", "private_key": RSA}
_BUCKET = str(sys_uuid.UUID(int=5))
_TAG, _NEXT = str(sys_uuid.UUID(int=6)), str(sys_uuid.UUID(int=1 << 100))


def _check(collection: str, key: str, document: tp.Any, bucket: str = "") -> None:
    text = documents.text({key: document})
    place = bucket or documents.bucket(key)
    document_checks.check_text(collection, place, text, _PRIMARY)


@pytest.mark.parametrize(
    ("collection", "key", "document"),
    [
        ("accounts", "ann@second.test", {"password_hash": HASH}),
        ("domains", "second.test", {"primary": False, "enabled": True}),
        ("domains", "second.test", {"a_later_field": [1]}),
        ("dkim_keys", "second.test", {"x20260101-a1b2c3r": _KEY}),
        ("dkim_keys", "second.test", {}),
    ],
)
def test_good_documents(collection, key, document):
    _check(collection, key, document)


@pytest.mark.parametrize(
    ("collection", "key", "document"),
    [
        ("accounts", "alice@example.com", {"password_hash": HASH}),
        ("accounts", "ann@Second.test", {"password_hash": HASH}),
        ("accounts", "ann@second.test.", {"password_hash": HASH}),
        ("accounts", "ann@a@second.test", {"password_hash": HASH}),
        ("accounts", "@second.test", {"password_hash": HASH}),
        ("accounts", "ann@second.test\n", {"password_hash": HASH}),
        ("domains", "Second.test", {}),
        ("domains", "../x.test", {}),
        ("domains", "*.test", {}),
        ("domains", "second.test", "text"),
        ("domains", "second.test", {"enabled": "no"}),
        ("domains", "second.test", {"enabled": None}),
        ("dkim_keys", "../second.test", {"x": _KEY}),
        ("dkim_keys", "second.test", {"../x": _KEY}),
        ("dkim_keys", "second.test", {"x": {**_KEY, "private_key": ED25519}}),
        ("dkim_keys", "second.test", {"x": {**_KEY, "private_key": "secret"}}),
        ("dkim_keys", "second.test", {"x": {"private_key": RSA}}),
        ("dkim_keys", "second.test", "text"),
    ],
)
def test_bad_documents(collection, key, document):
    with pytest.raises(spec.SpecError) as caught:
        _check(collection, key, document)
    assert not any(one in str(caught.value) for one in ("secret", "$6$", "PRIVATE"))


@pytest.mark.parametrize("collection", ["accounts", "domains"])
def test_document_in_the_bucket_of_others(collection):
    found = {"accounts": {"password_hash": HASH}, "domains": {}}[collection]
    key = {"accounts": "ann@second.test", "domains": "second.test"}[collection]
    other = str((int(documents.bucket(key)) + 1) % documents.COUNT)
    with pytest.raises(spec.SpecError, match="belongs to another"):
        _check(collection, key, found, other)


def _value(tag: str, selector: str, account: str = "alice") -> dict[str, tp.Any]:
    """Return a payload whose keys have a tag, as the platform sends them."""
    content = bulk.of(_PRIMARY, {account: HASH}, rate_limit="1000 / 1h")
    content["collections"]["dkim_keys"] = {_BUCKET: tag}
    found = {_PRIMARY: {selector: _KEY}}
    content["texts"]["dkim_keys"] = {_BUCKET: documents.text(found)}
    return value_of(content)


@pytest.fixture
def machine(tmp_path: pathlib.Path) -> layout.Layout:
    """A root of its own; the files are of whoever runs the test."""
    owner = tmp_path.stat()
    return layout.Layout(
        root=tmp_path, users={"root": owner.st_uid}, groups={"root": owner.st_gid}
    )


def _accepted(machine: layout.Layout, value: dict[str, tp.Any]) -> state.Store:
    store = state.Store(machine)
    candidate = candidate_of(value, store)
    store.add(candidate)
    store.accept(candidate.payload)
    return state.Store(machine)  # as after a restart


def _selectors(store: state.Store) -> list[str]:
    accepted = store.load()
    assert accepted is not None
    (domain,) = domains.DomainReader().of(accepted).found
    return [key.selector for key in domain.keys]


def test_keys_with_a_tag_are_kept_over_a_restart(machine):
    store = _accepted(machine, _value(_TAG, "first"))
    accepted = store.load()
    assert accepted is not None
    assert store.damaged(accepted) == frozenset()
    (domain,) = domains.DomainReader().of(accepted).found
    assert [key.pem() for key in domain.keys] == [RSA]
    store = _accepted(machine, _value(_NEXT, "second"))
    assert _selectors(store) == ["second"]


def test_domains_are_read_anew_when_something_of_them_changes_and_not_before(machine):
    reader, found = domains.DomainReader(), []
    for tag, selector, account in (
        (_TAG, "first", "alice"),
        (_TAG, "first", "bob"),
        (_NEXT, "second", "bob"),
    ):
        accepted = _accepted(machine, _value(tag, selector, account)).load()
        assert accepted is not None
        found.append(reader.of(accepted))
    assert found[0] is found[1]
    assert [one.keys[0].selector for of in found for one in of.found] == [
        "first",
        "first",
        "second",
    ]


def test_damaged_keys_with_a_tag_are_found_and_made_good(machine):
    store = _accepted(machine, _value(_TAG, "first"))
    path = machine.disk(machine.text(("dkim_keys", _BUCKET), _TAG))
    path.write_text(path.read_text().replace("first", "other"))
    store = state.Store(machine)
    accepted = store.load()
    assert accepted is not None
    assert store.damaged(accepted) == {("dkim_keys", _BUCKET)}
    with pytest.raises(payload_lib.DamagedBucket):
        accepted.bucket("dkim_keys", _BUCKET)
    # Nothing is known of the domain's files: none is made, and none is a stray.
    assert domains.DomainReader().of(accepted) == domains.Domains((), False)
    assert _selectors(_accepted(machine, _value(_TAG, "first"))) == ["first"]


def test_a_text_that_was_removed_is_lacking_in_the_same_pass(machine):
    _accepted(machine, _value(_TAG, "first"))
    seen = glance.Glance()
    seen.begin()
    store = state.Store(machine, seen)
    accepted = store.load()
    assert accepted is not None
    assert store.damaged(accepted) == frozenset()
    path = machine.text(("dkim_keys", _BUCKET), _TAG)
    machine.disk(path).unlink()
    # It was looked at in this pass.
    assert store.damaged(accepted) == frozenset()
    store.remove(path)
    assert store.damaged(accepted) == {("dkim_keys", _BUCKET)}


def test_no_keys_in_settings_and_no_collection_of_them_is_refused():
    content = bulk.of(_PRIMARY, {"alice": HASH}, rate_limit="1000 / 1h")
    with pytest.raises(spec.SpecError, match="DKIM"):
        candidate_of(value_of(content))
