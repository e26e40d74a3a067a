# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Reading of request bodies: two members of one name, lists that are far too long."""

import json
import typing as tp

import pytest

from exordos_mail.send import limits
from exordos_mail.send.api import decoding
from exordos_mail.send.api.problem import Problem
from exordos_mail.send.content import message
from exordos_mail.send.messages import intake
from exordos_mail.send.offload.frame import Order

MAIL = {"from": "ann@example.com", "to": "bob@example.net", "text": "Hello"}
ORDER = Order(1_800_000_000_000)


def text(**members: tp.Any) -> bytes:
    return json.dumps({**MAIL, **members}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": 1, "\\u0061": 2}',
        b'[{"b": {"a": 1, "c": [], "a" : 2}}]',
        b'{"": 1, "": 2}',
        b'{"a": "\\ud800", "a": ""}',
    ],
)
def test_two_members_of_one_name_are_refused(body: bytes) -> None:
    with pytest.raises(Problem) as error:
        decoding.check_names(body)
    assert error.value.status == 422


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]}',
        b'{"a": 123456789012345678901234567890e999, "A": 1}',
        b'"text"',
    ],
)
def test_names_of_different_objects_may_be_alike(body: bytes) -> None:
    decoding.check_names(body)


@pytest.mark.parametrize("escape", ["", "\\u003a", "\\u003A", "\\u003c", ":"])
def test_a_name_that_is_there_twice_is_seen_beside_any_text(escape: str) -> None:
    body = text(text="TEXT").replace(b"TEXT", escape.encode())
    (draft,) = intake.read_one(body, ORDER).messages
    assert isinstance(draft, message.Draft)
    for more in (b'"subject": "y"', b'"headers": {"X-A": "", "X-A": ""}'):
        twice = body[:-1] + b', "subject": "x", ' + more + b"}"
        assert refused(intake.read_one(twice, ORDER))[0] == 422


def refused(found: intake.Intake) -> tuple[int, str]:
    assert found.problem is not None
    return found.problem.status, found.problem.errors[0].field


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_large_message_is_judged_as_a_small_one(size: int) -> None:
    body = text(subject="x").replace(b'"Hello"', json.dumps("é" * size).encode())
    (draft,) = intake.read_one(body, ORDER).messages
    assert isinstance(draft, message.Draft)
    twice = body[:-1] + b', "subject": "y"}'
    assert refused(intake.read_one(twice, ORDER)) == (422, "subject")


@pytest.mark.parametrize("member", ["to", "cc", "bcc", "reply_to"])
def test_a_list_that_is_far_too_long_is_not_made_into_objects(member: str) -> None:
    body = text(**{member: [""] * 3_000_000})
    assert refused(intake.read_one(body, ORDER)) == (422, member)


def test_headers_that_are_far_too_large_are_refused() -> None:
    body = text(headers={f"X-{number}": "y" for number in range(200_000)})
    assert refused(intake.read_one(body, ORDER)) == (422, "headers")


def test_a_batch_has_as_many_messages_as_it_may() -> None:
    most = limits.BATCH.value
    for count, status in ((most, None), (most + 1, 422), (0, 422)):
        body = json.dumps({"messages": [MAIL] * count}).encode()
        problem = intake.read_batch(body, ORDER).problem
        assert (problem and problem.status) == status


def test_recipients_of_a_batch_are_counted_together() -> None:
    each = {**MAIL, "to": [f"r{number}@example.net" for number in range(1000)]}
    some = limits.BATCH_RECIPIENTS.value // 1000
    for count, status in ((some, None), (some + 1, 422)):
        body = json.dumps({"messages": [each] * count}).encode()
        problem = intake.read_batch(body, ORDER).problem
        assert (problem and problem.status) == status


def test_a_wrong_message_of_a_batch_does_not_hide_the_others() -> None:
    messages = [MAIL, {**MAIL, "to": 5}, {**MAIL, "nonsense": 1}, MAIL]
    body = json.dumps({"messages": messages, "mode": "partial"}).encode()
    found = intake.read_batch(body, ORDER)
    kinds = [isinstance(one, message.Draft) for one in found.messages]
    assert (found.mode, kinds) == ("partial", [True, False, False, True])
