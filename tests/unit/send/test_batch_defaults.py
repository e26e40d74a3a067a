# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Defaults of a batch: for what a message does not say, and nothing else."""

import base64
import json
import typing as tp

import pytest

from exordos_mail.send.content import message
from exordos_mail.send.content.labels import Labels
from exordos_mail.send.messages import intake
from exordos_mail.send.offload.frame import Order

NOW = 1_800_000_000_000
ORDER = Order(NOW)
BARE = {"to": "bob@example.net", "text": "Hello"}
DEFAULTS: dict[str, tp.Any] = {
    "from": "Shop <shop@example.com>",
    "reply_to": ["help@example.com"],
    "return_path": "bounces@example.com",
    "headers": {"List-Id": "Shop <news.example.com>", "X-A": "default"},
    "relay": "bulk",
    "priority": "low",
    "send_at": NOW / 1000 + 60,
    "expires_at": NOW / 1000 + 3600,
    "batch": "newsletter-7",
    "reference": "run-7",
    "tags": ["newsletter"],
    "metadata": {"run": "7", "lang": "en"},
}
RAW = base64.b64encode(b"From: ann@example.com\r\n\r\nHello.\r\n").decode()


def read(*messages: tp.Any, **batch: tp.Any) -> intake.Intake:
    body = {"defaults": DEFAULTS, "messages": messages, **batch}
    return intake.read_batch(json.dumps(body).encode(), ORDER)


def draft(**members: tp.Any) -> message.Draft:
    found = read({**BARE, **members})
    assert found.problem is None, found.problem
    (one,) = found.messages
    assert isinstance(one, message.Draft), one
    return one


def fields(found: intake.Intake) -> list[str]:
    assert found.problem is not None
    return [one.field for one in found.problem.errors]


def test_a_message_that_says_nothing_has_all_of_them() -> None:
    found = draft()
    content = found.content
    assert content.from_ == ("Shop", "shop@example.com")
    assert content.reply_to == [("", "help@example.com")]
    assert content.headers == DEFAULTS["headers"]
    assert (found.sender, found.relay) == ("bounces@example.com", "bulk")
    assert (found.priority, found.batch) == (3, "newsletter-7")
    assert (found.due_at, found.expires_at) == (NOW + 60_000, NOW + 3600_000)
    wanted = {name: DEFAULTS[name] for name in ("reference", "tags", "metadata")}
    assert found.labels == Labels(**wanted)


@pytest.mark.parametrize(
    ("given", "member", "wanted"),
    [
        ({"priority": "medium"}, "priority", 2),
        ({"priority": 0}, "priority", 0),
        ({"relay": "own"}, "relay", "own"),
        ({"batch": "own"}, "batch", "own"),
        ({"return_path": "own@example.com"}, "sender", "own@example.com"),
        ({"send_at": NOW / 1000}, "due_at", NOW),
    ],
)
def test_what_a_message_says_counts(given: tp.Any, member: str, wanted: object) -> None:
    assert getattr(draft(**given), member) == wanted


def test_empty_is_said_and_absent_is_not() -> None:
    found = draft(tags=[], reply_to=[], relay=None)
    assert found.labels is not None and found.labels.tags == []
    assert (found.content.reply_to, found.relay) == ([], "bulk")


def test_metadata_and_headers_are_put_together_by_name() -> None:
    found = draft(metadata={"lang": "de", "id": "1"}, headers={"x-a": "own"})
    assert found.labels is not None
    assert found.labels.metadata == {"run": "7", "lang": "de", "id": "1"}
    wanted = {"List-Id": DEFAULTS["headers"]["List-Id"], "x-a": "own"}
    assert found.content.headers == wanted


def test_one_message_changes_nothing_for_the_next() -> None:
    own = {**BARE, "metadata": {"id": "1"}, "headers": {"X-B": "own"}}
    for one in read(own, BARE).messages[1:]:
        assert isinstance(one, message.Draft) and one.labels is not None
        assert one.labels.metadata == DEFAULTS["metadata"]
        assert one.content.headers == DEFAULTS["headers"]


def test_a_whole_message_says_itself_who_it_is_from() -> None:
    found = read({"to": "bob@example.net", "raw": RAW})
    (one,) = found.messages
    assert isinstance(one, message.Draft), one
    assert set(one.sender_domains) == {"example.com"}
    assert one.sender == "bounces@example.com"
    assert one.labels is not None and one.labels.reference == "run-7"
    assert one.content.raw is not None and b"List-Id" not in one.content.raw


def test_together_they_may_be_too_much_for_a_message() -> None:
    own = {f"n{number}": "" for number in range(19)}
    (one,) = read({**BARE, "metadata": own}, mode="partial").messages
    assert isinstance(one, list)
    assert [problem.field for problem in one] == ["metadata"]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"from": "nobody"}, "defaults.from"),
        ({"headers": {"Subject": "x"}}, "defaults.headers"),
        ({"headers": {f"X-{n}": "" for n in range(21)}}, "defaults.headers"),
        ({"reply_to": ["a@example.com"] * 11}, "defaults.reply_to"),
        ({"tags": ["a", "a"]}, "defaults.tags"),
        ({"metadata": {"a": "x" * 501}}, "defaults.metadata.a"),
        ({"headers": {"X-A": "x" * 9000}}, "defaults"),
        ({"priority": "urgent"}, "defaults.priority"),
        ({"to": "bob@example.net"}, "defaults"),
        ({"text": "Hello"}, "defaults"),
        ({"relay": 5}, "defaults.relay"),
        ({"idempotency_key": "k"}, "defaults"),
    ],
)
@pytest.mark.parametrize("mode", ["atomic", "partial"])
@pytest.mark.parametrize("other", [BARE, {"to": 5}])
def test_wrong_defaults_are_told_once(
    wrong: tp.Any, where: str, mode: str, other: tp.Any
) -> None:
    found = read(*[other] * 3, defaults=wrong, mode=mode)
    assert fields(found) == [where]


@pytest.mark.parametrize(
    "other", [b'{"to": "b@example.net", "text": ""}', b'{"to": 5}']
)
def test_two_defaults_of_one_name_are_refused(other: bytes) -> None:
    body = b'{"defaults": {"relay": "a", "relay": "b"}, "messages": [' + other + b"]}"
    found = intake.read_batch(body, ORDER)
    assert found.problem is not None and found.problem.status == 422


@pytest.mark.parametrize("absent", [None, {}])
def test_a_batch_need_not_have_any(absent: object) -> None:
    good = {**BARE, "from": "ann@example.com"}
    for messages in ([good], [good, {"to": 5}]):
        one = read(*messages, defaults=absent, mode="partial").messages[0]
        assert isinstance(one, message.Draft)
        assert (one.priority, one.labels, one.relay) == (2, None, None)


def test_a_wrong_message_has_defaults_beside_it() -> None:
    good, bad = read(BARE, {"to": 5}, mode="partial").messages
    assert isinstance(good, message.Draft) and good.relay == "bulk"
    assert isinstance(bad, list)


def test_the_key_of_a_message_is_for_what_it_is_with_them() -> None:
    keyed = {**BARE, "idempotency_key": "k"}
    hashes = set()
    for relay in ("a", "b"):
        (one,) = read(keyed, defaults={**DEFAULTS, "relay": relay}).messages
        assert isinstance(one, message.Draft)
        hashes.add(one.content_hash)
    assert len(hashes) == 2
