# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages arrive as they were, and what is none is refused without its values."""

import dataclasses
import json
import uuid as sys_uuid

import pytest

from exordos_mail.protocol import messages

STATE = messages.State(
    number=7,
    instance="i",
    name="n",
    generation=3,
    domain="example.com",
    revision="r",
    shards={1: "d"},
    settings={"rate_limit": "1 / 1h"},
)
UUID = str(sys_uuid.UUID(int=1))
TENANTS = messages.Tenants(
    8, {UUID: {"id": "t", "callback_secret": "a secret"}}, "why", last=True
)


@pytest.mark.parametrize(
    "message",
    [
        messages.Sync(1, "", {}),
        messages.Sync(2, "d", {0: "a", 63: "b"}),
        STATE,
        messages.Shards(7, {1: "a:b\n", 2: ""}, last=False),
        messages.Shards(7, {}, last=True),
        dataclasses.replace(STATE, tenants={UUID: "tag"}),
        messages.FetchTenants(8, [UUID]),
        messages.FetchTenants(8, []),
        TENANTS,
        messages.Refused(7, "why"),
        messages.Ring(),
    ],
)
def test_round_trip(message):
    assert messages.decode(messages.encode(message)) == message


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"type": "unknown"}',
        b'{"type": ["sync"]}',
        b'{"type": "ring", "more": "secret"}',
        b'{"type": "sync", "number": 1, "settings": ""}',
        b'{"type": "sync", "number": "secret", "settings": "", "shards": {}}',
        b'{"type": "sync", "number": true, "settings": "", "shards": {}}',
        b'{"type": "sync", "number": 1, "settings": {}, "shards": {}}',
        b'{"type": "sync", "number": 1, "settings": "", "shards": {"64": ""}}',
        b'{"type": "sync", "number": 1, "settings": "", "shards": {"secret": ""}}',
        b'{"type": "sync", "number": 1, "settings": "", "shards": {"1": 5}}',
        b'{"type": "sync", "number": 1, "settings": "", "shards": ["secret"]}',
        b'{"type": "fetch_tenants", "number": 1, "tenants": "secret"}',
        b'{"type": "fetch_tenants", "number": 1, "tenants": {"secret": "tag"}}',
        b'{"type": "fetch_tenants", "number": 1, "tenants": [null]}',
        b'{"type": "fetch_tenants", "number": 1, "tenants": ["secret"]}',
        b'{"type": "fetch_tenants", "number": 1, "tenants": ["\\u0000"]}',
        b'{"type": "fetch_tenants", "number": 1, "tenants": ["' + b"0" * 32 + b'"]}',
        b'{"type": "fetch_tenants", "number": 1}',
        b'{"type": "tenants", "number": 1, "documents": ["secret"], "problem": "",'
        b' "last": true}',
        b'{"type": "tenants", "number": 1, "documents": {"u": "secret"},'
        b' "problem": "", "last": true}',
        b'{"type": "tenants", "number": 1, "documents": {}, "last": true}',
    ],
)
def test_what_is_no_message(octets):
    with pytest.raises(messages.MessageError) as caught:
        messages.decode(octets)
    assert "secret" not in str(caught.value)


def test_tenants_that_are_too_many_for_one_question():
    uuids = [str(sys_uuid.UUID(int=number)) for number in range(messages.FETCH_MAX)]
    question = messages.FetchTenants(1, uuids)
    assert messages.decode(messages.encode(question)) == question
    question.tenants.append(UUID)
    with pytest.raises(messages.MessageError):
        messages.decode(messages.encode(question))


def test_a_state_without_tenants_is_one_that_old_software_knows():
    value = json.loads(messages.encode(STATE))
    assert set(value) == {
        "type",
        "number",
        "instance",
        "name",
        "generation",
        "domain",
        "revision",
        "shards",
        "settings",
    }
    assert messages.decode(messages.encode(STATE)).tenants == {}


@pytest.mark.parametrize("tenants", [None, [], "secret", {UUID: None}, {UUID: {}}])
def test_tenants_of_a_state_that_are_none(tenants):
    value = json.loads(messages.encode(STATE)) | {"tenants": tenants}
    with pytest.raises(messages.MessageError):
        messages.decode(json.dumps(value).encode())


def test_settings_of_a_state_may_be_left_out():
    value = json.loads(messages.encode(STATE)) | {"settings": None}
    assert messages.decode(json.dumps(value).encode()).settings is None


def test_secrets_are_not_in_the_text_of_messages():
    assert "1h" not in repr(STATE)
    assert "a:b" not in repr(messages.Shards(1, {1: "a:b\n"}, last=True))
    assert "secret" not in repr(TENANTS)


def test_parts_of_nothing():
    assert list(messages.parts(3, {})) == [messages.Shards(3, {}, last=True)]


def test_parts_carry_everything_and_keep_their_size():
    texts = {number: b"x" * 200_000 for number in range(10)}
    texts[10] = b"y" * (2 * messages.PART_MAX)
    found = list(messages.parts(3, texts))
    assert [part.last for part in found] == [False] * (len(found) - 1) + [True]
    everything = {}
    for part in found:
        assert len(part.texts) == 1 or (
            sum(map(len, part.texts.values())) <= messages.PART_MAX
        )
        everything.update(part.texts)
    assert {n: t.encode() for n, t in everything.items()} == texts
    # Not each in a message of its own, after the first full one either.
    fitting = messages.PART_MAX // 200_000
    assert [len(part.texts) for part in found][:2] == [
        fitting,
        min(fitting, 10 - fitting),
    ]


def test_parts_of_no_tenants():
    assert list(messages.tenant_parts(3, {}, "why")) == [
        messages.Tenants(3, {}, "why", last=True)
    ]


def test_parts_carry_every_document_and_keep_their_size():
    documents = {f"t{number}": {"text": "x" * 200_000} for number in range(10)}
    documents["large"] = {"text": "y" * (2 * messages.PART_MAX)}
    found = list(messages.tenant_parts(3, documents, "why"))
    last = [False] * (len(found) - 1) + [True]
    assert [part.last for part in found] == last
    assert [part.problem for part in found] == ["why" if one else "" for one in last]
    everything = {}
    for part in found:
        assert len(part.documents) == 1 or (
            len(messages.encode(part)) <= messages.PART_MAX + 100
        )
        everything.update(part.documents)
    assert everything == documents
    # Not each in a message of its own.
    assert len(found) < len(documents)
