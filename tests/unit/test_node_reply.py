# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node checks a gateway's reply, whole or as a difference."""

import pytest

from exordos_mail.dataplane.engine import payload as payload_lib
from exordos_mail.dataplane.engine import spec
from exordos_mail.protocol import messages, shards
from tests.unit.node_values import HASH, TENANT, tags_of, target_value


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


_TWO = {"alice": HASH, "bob": HASH}
_ALICE, _BOB = shards.number("alice"), shards.number("bob")


def _accepted():
    return payload_lib.from_bulk(target_value(accounts=_TWO)).payload


def test_whole_reply():
    value = target_value(accounts=_TWO)
    candidate = payload_lib.from_reply("u", *_reply(value), None, ())
    assert candidate == payload_lib.from_bulk(value)


def test_tenants_of_a_reply_come_without_documents():
    value = target_value(accounts=_TWO, tenants=[TENANT])
    candidate = payload_lib.from_reply("u", *_reply(value), None, ())
    assert candidate.payload == payload_lib.from_bulk(value).payload
    assert candidate.documents == {}


def test_a_tenant_that_is_not_in_the_revision():
    state, texts = _reply(target_value(accounts=_TWO), tenants=tags_of([TENANT]))
    with pytest.raises(spec.SpecError, match="does not match its revision"):
        payload_lib.from_reply("u", state, texts, None, ())


def test_difference():
    changed = target_value(accounts={"alice": HASH + "x", "bob": HASH})
    state, texts = _reply(changed, settings=False)
    one = {_ALICE: texts[_ALICE]}
    candidate = payload_lib.from_reply("u", state, one, _accepted(), ())
    assert candidate.payload == payload_lib.from_bulk(changed).payload
    assert candidate.texts == one


def test_shard_that_is_empty_now():
    state, _ = _reply(target_value(accounts={"bob": HASH}), settings=False)
    candidate = payload_lib.from_reply("u", state, {_ALICE: b""}, _accepted(), ())
    assert set(candidate.payload.digests) == {_BOB}


@pytest.mark.parametrize(
    ("reply", "accepted", "lacking"),
    [
        (_reply(target_value(accounts=_TWO), texts={}), None, ()),
        (_reply(target_value(accounts=_TWO), settings=False), None, ()),
        (_reply(target_value(accounts=_TWO), texts={}), _accepted(), (_BOB,)),
        (
            _reply(target_value(accounts=_TWO), texts={_ALICE: b"alice:x\n"}),
            _accepted(),
            (),
        ),
        (_reply(target_value(), texts={_BOB: b"bob:x\n"}), _accepted(), ()),
        (_reply(target_value(), shards={_ALICE: "../../x"}), _accepted(), ()),
        (_reply(target_value(), shards={_ALICE: ""}), _accepted(), ()),
    ],
)
def test_reply_that_does_not_fit(reply, accepted, lacking):
    with pytest.raises(payload_lib.IncompleteReply):
        payload_lib.from_reply("u", *reply, accepted, lacking)


def test_reply_with_another_revision():
    state, texts = _reply(target_value(), revision="0" * 64)
    with pytest.raises(spec.SpecError, match="revision"):
        payload_lib.from_reply("u", state, texts, None, ())


@pytest.mark.parametrize(
    ("shard", "text"),
    [
        (_ALICE, f"alice:{HASH}"),
        (_ALICE, "alice\n"),
        (_ALICE, "\n"),
        (_ALICE, f"alice:{HASH}\nalice:{HASH}\n"),
        (_ALICE, f"Alice:{HASH}\n"),
        (_ALICE, f"alice:{HASH}:x\n"),
        (_ALICE, "alice:plain\n"),
        (_BOB, f"alice:{HASH}\n"),
        (_ALICE, "älice:x\n"),
    ],
)
def test_bad_shard(shard, text):
    with pytest.raises(spec.SpecError) as caught:
        spec.check_shard(shard, text.encode())
    assert "$6$" not in str(caught.value)
