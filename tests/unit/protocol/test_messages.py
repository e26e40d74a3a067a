# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages arrive as they were, and what is none is refused without its values."""

import json
import uuid as sys_uuid

import pytest

from exordos_mail.protocol import messages, outcomes
from tests.outcomes import outcome

DIGEST = "d" * 64
#: All of an outcome, and one thing that it may not have.
_BAD = json.dumps({**outcome(1).to_dict(), "recipient": "secret\n"}).encode()
TAG = str(sys_uuid.UUID(int=1))
STATE = messages.State(
    number=7,
    instance="i",
    name="n",
    generation=3,
    revision="r",
    collections={"accounts": DIGEST, "toys": DIGEST},
    changed={"accounts": {"1": DIGEST}, "tenants": {TAG: TAG}, "toys": {}},
)


@pytest.mark.parametrize(
    "message",
    [
        messages.Sync(1, {}),
        messages.Sync(2, {"accounts": DIGEST, "settings": DIGEST}),
        STATE,
        messages.Fetch(8, "accounts", ["0", "63"]),
        messages.Fetch(8, "tenants", [TAG]),
        messages.Documents(7, {"1": '{"a":"ü"}'}, "", last=False),
        messages.Documents(7, {}, "why", last=True),
        messages.Tell(9, [outcome(1), outcome(2, code=None, reply="\U0001f4ec")]),
        messages.Tell(9, []),
        messages.Observe(9, "usage", {TAG: {"octets": 5, "at": None}}),
        messages.Observe(9, "usage", {}),
        messages.Told(9),
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
        b'{"type": "sync", "number": 1}',
        b'{"type": "sync", "number": "secret", "have": {}}',
        b'{"type": "sync", "number": true, "have": {}}',
        b'{"type": "sync", "number": 1, "have": ["secret"]}',
        b'{"type": "sync", "number": 1, "have": {"accounts": 5}}',
        b'{"type": "sync", "number": 1, "have": {"accounts": "secret"}}',
        b'{"type": "sync", "number": 1, "have": {"../secret": "d"}}',
        b'{"type": "fetch", "number": 1, "collection": "a", "buckets": "secret"}',
        b'{"type": "fetch", "number": 1, "collection": "a", "buckets": {"1": "d"}}',
        b'{"type": "fetch", "number": 1, "collection": "a", "buckets": [null]}',
        b'{"type": "fetch", "number": 1, "collection": "a", "buckets": ["../secret"]}',
        b'{"type": "fetch", "number": 1, "collection": "a", "buckets": ["\\u0000"]}',
        b'{"type": "fetch", "number": 1, "collection": "../secret", "buckets": []}',
        b'{"type": "fetch", "number": 1, "buckets": []}',
        b'{"type": "tell", "number": 1, "outcomes": "secret"}',
        b'{"type": "tell", "number": 1, "outcomes": {"secret": "secret"}}',
        b'{"type": "tell", "number": 1, "outcomes": ["secret"]}',
        b'{"type": "tell", "number": 1, "outcomes": [{"secret": "secret"}]}',
        b'{"type": "tell", "number": 1, "outcomes": [' + _BAD + b"]}",
        b'{"type": "told", "number": 1, "outcomes": []}',
        b'{"type": "observe", "number": 1, "kind": "../secret", "facts": {}}',
        b'{"type": "observe", "number": 1, "kind": "usage", "facts": []}',
        b'{"type": "observe", "number": 1, "kind": "usage", "facts": {"1": "secret"}}',
        b'{"type": "observe", "number": 1, "kind": "usage", "facts": {"\n": {}}}',
        b'{"type": "documents", "number": 1, "texts": ["secret"], "problem": "",'
        b' "last": true}',
        b'{"type": "documents", "number": 1, "texts": {"1": {}}, "problem": "",'
        b' "last": true}',
        b'{"type": "documents", "number": 1, "texts": {"/": "secret"},'
        b' "problem": "", "last": true}',
        b'{"type": "documents", "number": 1, "texts": {"1": "\\ud800"},'
        b' "problem": "", "last": true}',
        b'{"type": "documents", "number": 1, "texts": {}, "last": true}',
        b'{"type": "documents", "number": 1, "texts": {}, "problem": "", "last": 1}',
    ],
)
def test_what_is_no_message(octets):
    with pytest.raises(messages.MessageError) as caught:
        messages.decode(octets)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "changed", [None, [], {"toys": None}, {"toys": {"1": "?"}}, {"to/ys": {}}]
)
def test_state_with_bad_buckets(changed):
    value = json.loads(messages.encode(STATE)) | {"changed": changed}
    with pytest.raises(messages.MessageError):
        messages.decode(json.dumps(value).encode())


def test_buckets_that_are_too_many_for_one_question():
    question = messages.Fetch(1, "toys", list(map(str, range(messages.FETCH_MAX))))
    assert messages.decode(messages.encode(question)) == question
    question.buckets.append("x")
    with pytest.raises(messages.MessageError):
        messages.decode(messages.encode(question))


def test_secrets_are_not_in_the_text_of_messages():
    assert "secret" not in repr(messages.Documents(1, {"1": "secret"}, "", last=True))


def test_parts_of_nothing():
    assert list(messages.parts(3, {}, "why")) == [
        messages.Documents(3, {}, "why", last=True)
    ]


def test_parts_carry_everything_and_keep_their_size():
    texts = {f"t{number}": "x" * 200_000 for number in range(10)}
    texts["large"] = "y" * (2 * messages.PART_MAX)
    found = list(messages.parts(3, texts, "why"))
    last = [False] * (len(found) - 1) + [True]
    assert [part.last for part in found] == last
    assert [part.problem for part in found] == ["why" if one else "" for one in last]
    everything = {}
    for part in found:
        assert len(part.texts) == 1 or (
            sum(map(len, part.texts.values())) <= messages.PART_MAX
        )
        everything.update(part.texts)
    assert everything == texts
    # Not each in a message of its own, after the first full one either.
    fitting = messages.PART_MAX // 200_000
    assert [len(part.texts) for part in found][:2] == [fitting, fitting]


def test_a_batch_of_outcomes_fits_what_the_gateway_takes() -> None:
    most = {name: "\U0001f4ec" * most for name, most in outcomes.LENGTHS.items()}
    for least in ({}, most, dict.fromkeys(most, "")):
        told = [outcome(n, **least) for n in range(400)]
        made = list(outcomes.batches(told, messages.TOLD_MAX))
        assert len(made) > 1
        for batch in made:
            octets = messages.encode(messages.Tell(2**63, batch))
            assert len(octets) + 16 <= messages.FROM_NODE_MAX
