# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""How a node gets from what it has to what a source says, and what it checks."""

import dataclasses
import json

import pytest

from exordos_mail.dataplane.engine import document_checks, fetcher, source, spec
from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.protocol import documents, messages
from tests import bulk
from tests.unit.node_values import (
    HASH,
    OTHER,
    RSA,
    TENANT,
    NoTexts,
    Texts,
    candidate_of,
    target_value,
    value_of,
)

_TWO = {"alice": HASH, "bob": HASH}
_ALICE, _BOB = documents.bucket("alice"), documents.bucket("bob")
_CHANGED = target_value(accounts={"alice": HASH + "x", "bob": HASH})


class Gateway(source.Delivered):
    """Answers as the gateway does, and notes what it was asked.

    A test sets what comes in place of states and texts, or what has happened before a
    text is asked for.
    """

    is_up, is_rung = True, False

    def __init__(self, value):
        super().__init__(value)
        self.fetched = []
        self.state_change = {}
        self.lies = {}
        self.meanwhile = []

    def sync(self, have):
        state = super().sync(have)
        changed = {
            name: of
            for name, of in state.changed.items()
            if have.get(name) != state.collections[name]
        }
        state = dataclasses.replace(state, changed=changed)
        return dataclasses.replace(state, **self.state_change)

    def fetch(self, collection, buckets):
        self.fetched.append((collection, buckets))
        if self.meanwhile:
            super().__init__(self.meanwhile.pop(0))
        found = super().fetch(collection, buckets)
        return source.Fetched({**found.texts, **self.lies}, found.problem)


def fetched(value, store=None):
    """Return what a node takes from a gateway, and what it asked for."""
    gateway = Gateway(value)
    found = fetcher.Fetcher(gateway, store or NoTexts()).fetch("u")
    return found, gateway.fetched


def test_all_of_it():
    value = target_value(accounts=_TWO)
    found, asked = fetched(value)
    assert found == candidate_of(value)
    assert sorted(asked) == [("accounts", sorted([_ALICE, _BOB])), ("settings", ["0"])]


def test_large_collections_come_a_few_buckets_at_a_time():
    found, asked = fetched(
        target_value(accounts={f"user{number}": HASH for number in range(1000)})
    )
    assert len(found.payload.digests("accounts")) == documents.COUNT
    sizes = [len(buckets) for name, buckets in asked if name == "accounts"]
    assert sizes == [messages.FETCH_MAX] * 4


def test_one_changed_account_costs_its_bucket():
    store = Texts(candidate_of(target_value(accounts=_TWO)))
    found, asked = fetched(_CHANGED, store)
    assert asked == [("accounts", [_ALICE])]
    assert found.payload == candidate_of(_CHANGED).payload
    assert set(found.texts) == {("accounts", _ALICE)}


def test_who_has_everything_asks_for_nothing():
    value = target_value(accounts=_TWO)
    store = Texts(candidate_of(value))
    found, asked = fetched(value, store)
    assert (found.payload, found.texts, asked) == (store.load(), {}, [])


def test_bucket_that_is_empty_now():
    store = Texts(candidate_of(target_value(accounts=_TWO)))
    found, asked = fetched(target_value(accounts={"bob": HASH}), store)
    assert (set(found.payload.digests("accounts")), asked) == ({_BOB}, [])


def test_damaged_bucket_is_fetched_again():
    store = Texts(candidate_of(target_value(accounts=_TWO)))
    store.lacking = lambda kept: [("accounts", _BOB)]
    _, asked = fetched(target_value(accounts=_TWO), store)
    assert asked == [("accounts", [_BOB])]


def test_text_that_is_newer_than_the_state_is_no_fault():
    """Then the state is asked for anew; what fits already is not fetched again."""
    gateway = Gateway(target_value(accounts=_TWO))
    gateway.meanwhile = [_CHANGED]
    found = fetcher.Fetcher(gateway, NoTexts()).fetch("u")
    assert found.payload == candidate_of(_CHANGED).payload
    again = gateway.fetched[2:]
    assert again in ([], [("accounts", [_ALICE])])


def test_tenants_are_named_and_not_fetched():
    value = target_value(accounts=_TWO, tenants=[OTHER, TENANT])
    found, asked = fetched(value)
    tags = {one["uuid"]: one["tag"] for one in (OTHER, TENANT)}
    assert found.payload.digests("tenants") == tags
    assert "tenants" not in dict(asked)
    assert "acme" not in json.dumps(found.payload.as_value())


def test_documents_that_came_with_a_payload_are_at_hand():
    stub = {"uuid": TENANT["uuid"], "tag": TENANT["tag"]}
    node = fetcher.Fetcher(None, NoTexts())
    value = target_value(tenants=[stub, OTHER])
    wanted = node.read(value).payload.digests("tenants")
    assert set(wanted) == {TENANT["uuid"], OTHER["uuid"]}
    coming = node.documents_of("tenants", wanted)
    assert next(coming) == (OTHER["uuid"], OTHER)
    # What the platform could not make is asked for, and stays as it is.
    with pytest.raises(fetcher.FetchError, match="no node gateway"):
        next(coming)
    node.release()
    with pytest.raises(fetcher.FetchError):
        next(node.documents_of("tenants", wanted))


def test_what_the_node_does_not_know_is_named_and_kept():
    toys = {"toys": documents.spread({"ball": {"note": "red"}})}
    value = target_value(more=toys, hovercraft={"eels": 1})
    payload = candidate_of(value).payload
    assert payload.unknown(["accounts", "tenants"]) == ["toys", "settings.hovercraft"]
    assert payload.unknown(["accounts", "tenants", "toys"]) == ["settings.hovercraft"]
    payload = dataclasses.replace(payload, reader=Texts(candidate_of(value)))
    assert payload.documents("toys") == {"ball": {"note": "red"}}


def test_a_collection_that_is_not_named_is_not_empty():
    """The platform steps back to a release that does not know it, and forward again."""
    store = Texts(candidate_of(target_value(tenants=[TENANT])))
    content = bulk.of("example.com", {"alice": HASH}, dkim_keys={}, rate_limit="1 / 1h")
    for of in content.values():
        del of["tenants"]
    payload = fetched(value_of(content), store)[0].payload
    assert payload.digests("tenants") == {TENANT["uuid"]: TENANT["tag"]}
    assert payload.unnamed == ("tenants",)
    stored = json.loads(json.dumps(payload.as_value()))
    reader = Texts(candidate_of(value_of(content)))
    assert payload_lib.parse(stored, reader) == payload
    store = Texts(payload_lib.Candidate(payload, store._candidate.texts))
    store.lacking = lambda kept: list(kept)
    assert fetched(target_value(), store)[0].payload.digests("tenants") == {}


def test_what_is_lost_of_an_unnamed_collection_keeps_no_change_waiting():
    """The platform cannot bring it: what it does name comes still."""
    toys = {"toys": documents.spread({"ball": {"note": "red"}})}
    before = candidate_of(target_value(accounts=_TWO, more=toys))
    store = Texts(before)
    lost = ("toys", documents.bucket("ball"))
    lacking = store.lacking
    store.lacking = lambda kept: lacking(kept) + [one for one in kept if one == lost]
    found, asked = fetched(_CHANGED, store)
    assert asked == [("accounts", [_ALICE])]
    assert found.payload.unnamed == ("toys",)
    assert found.payload.digests("toys") == before.payload.digests("toys")


def test_buckets_of_what_the_state_does_not_name_are_not_taken():
    """They are in no revision: accounts would be emptied by nothing."""
    value = target_value(accounts=_TWO)
    gateway = Gateway(value)
    named = documents.summaries(gateway.collections)
    del named["accounts"]
    revision = documents.summary(named)
    changed = {"accounts": {}}
    gateway.state_change = {
        "collections": named,
        "revision": revision,
        "changed": changed,
    }
    store = Texts(candidate_of(value))
    with pytest.raises(fetcher.FetchError, match="does not name"):
        fetcher.Fetcher(gateway, store).fetch("u")


def _state(**change):
    gateway = Gateway(target_value(accounts=_TWO))
    gateway.state_change = change
    return gateway


def _lies(**lies):
    gateway = Gateway(target_value(accounts=_TWO))
    gateway.lies = lies
    return gateway


@pytest.mark.parametrize(
    "gateway",
    [
        _state(changed={}),
        _state(changed={"accounts": {_ALICE: "0" * 64}, "settings": {}}),
        _state(collections={"accounts": "0" * 64}),
        _lies(**{_ALICE: documents.text({"alice": {"password_hash": HASH + "y"}})}),
        _lies(**{_BOB: ""}),
    ],
)
def test_reply_that_does_not_fit(gateway):
    with pytest.raises(fetcher.FetchError, match=r"bucket"):
        fetcher.Fetcher(gateway, NoTexts()).fetch("u")


def test_reply_with_another_revision():
    with pytest.raises(spec.SpecError, match="revision"):
        fetcher.Fetcher(_state(revision="0" * 64), NoTexts()).fetch("u")


@pytest.mark.parametrize("name", ["accounts", "settings"])
def test_missing_part_is_not_an_empty_one(name):
    content = bulk.of("example.com", {"alice": HASH}, dkim_keys={}, rate_limit="1 / 1h")
    for of in content.values():
        del of[name]
    with pytest.raises(spec.SpecError):
        candidate_of(value_of(content))


@pytest.mark.parametrize(
    "damage",
    [
        {"texts": None},
        {"texts": {"accounts": []}},
        {"texts": {"accounts": {_ALICE: None}}},
        {"texts": {"accounts": {}, "settings": {}}},
        {"collections": None},
        {"collections": []},
        {"collections": {"accounts": None}},
        {"collections": {"../secret": {}}},
        {"collections": {"accounts": {"../secret": "0" * 64}}},
        {"collections": {"accounts": {"1": "secret"}}},
        {"collections": {"accounts": {"1": "0" * 64 + "/secret"}}},
        {"collections": {"accounts": {"1": int("1" * 64)}}},
        {"collections": {"tenants": {TENANT["uuid"]: None}}},
    ],
)
def test_bad_bulk(damage):
    value = target_value()
    value["bulk"] = {**value["bulk"], **damage}
    with pytest.raises(spec.SpecError) as caught:
        candidate_of(value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["accounts", "settings"])
def test_what_is_kept_has_no_tags(name):
    value = target_value()
    value["bulk"]["collections"][name] = {"1": TENANT["tag"]}
    with pytest.raises(spec.SpecError, match="tag"):
        candidate_of(value_of(value["bulk"]))


@pytest.mark.parametrize(
    "accounts",
    [
        documents.text({"Alice": {"password_hash": HASH}}),
        documents.text({"alice": {"password_hash": "plain"}}),
        documents.text({"alice": {}}),
        documents.text({"alice": HASH}),
        documents.text({"älice": {"password_hash": HASH}}),
        documents.text({"bob": {"password_hash": HASH}}),
        '["alice"]',
        "{",
    ],
)
def test_bad_accounts(accounts):
    with pytest.raises(spec.SpecError) as caught:
        document_checks.check_text("accounts", _ALICE, accounts, "example.com")
    assert "$6$" not in str(caught.value)
    good = documents.text({"alice": {"password_hash": HASH}})
    document_checks.check_text("accounts", _ALICE, good, "example.com")


def test_settings_are_for_nobody_elses_eyes():
    shown = repr(candidate_of(target_value()).payload)
    assert "$6$" not in shown
    assert RSA.splitlines()[1] not in shown
