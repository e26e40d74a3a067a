# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What a caller writes on a message: its bounds, and for how long it is kept."""

import collections.abc as abc
import json
import typing as tp

import pytest

from exordos_mail.send import ids
from exordos_mail.send.content import message, render
from exordos_mail.send.content.labels import Labels
from exordos_mail.send.events import records as events
from exordos_mail.send.messages import intake, resend
from exordos_mail.send.messages import records as messages
from exordos_mail.send.offload.frame import Order
from exordos_mail.send.queue import filters, labels, workers
from exordos_mail.send.storage import sql, sqlite
from exordos_mail.send.tenants import records as tenants
from exordos_mail.send.webhooks import cursor
from exordos_mail.send.webhooks.answer import Kind, WebhookVerdict
from exordos_mail.send.webhooks.settings import WebhookSettings
from tests.unit.send import memory_database
from tests.unit.send.memory_database import LANE

NOW = 1_800_000_000_000
MAIL = {"from": "ann@example.com", "to": "bob@example.net", "text": "Hello"}
GIVEN: dict[str, tp.Any] = {
    "reference": "order-4711",
    "tags": ["receipt", "größe 2"],
    "metadata": {"customer": "42", "a.b_c-d": "two\nlines ✓", "empty": ""},
}
WRITTEN = Labels(**GIVEN)
_COUNTS = sql.statement("""
SELECT (SELECT count(*) FROM labels) AS labels, (SELECT count(*) FROM tags) AS tags
""")


@pytest.fixture
def tx() -> abc.Iterator[sqlite.SqliteTransaction]:
    with memory_database.transaction() as found:
        yield found


def read(**members: tp.Any) -> intake.Intake:
    return intake.read_one(json.dumps({**MAIL, **members}).encode(), Order(NOW))


def field(**members: tp.Any) -> tuple[int, str]:
    """Return status and place of what is wrong with a message."""
    problem = read(**members).problem
    assert problem is not None
    return problem.status, problem.errors[0].field


def stored(tx: sqlite.SqliteTransaction) -> tuple[int, int]:
    row = tx.row(_COUNTS)
    return row["labels"], row["tags"]


def test_they_are_read_as_they_are_given() -> None:
    (draft,) = read(**GIVEN).messages
    assert isinstance(draft, message.Draft) and draft.labels == WRITTEN


def test_a_message_without_has_none() -> None:
    (draft,) = read(tags=[], metadata={}, reference=None).messages
    assert isinstance(draft, message.Draft) and draft.labels is None


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"reference": ""}, "reference"),
        ({"reference": "x" * 201}, "reference"),
        ({"reference": "a\r\nBcc: x@example.net"}, "reference"),
        ({"reference": "a\x00b"}, "reference"),
        ({"reference": 4711}, "reference"),
        ({"tags": ["x"] * 11}, "tags"),
        ({"tags": [f"t{n}" for n in range(11)]}, "tags"),
        ({"tags": ["a", "b", "a"]}, "tags"),
        ({"tags": ["a", ""]}, "tags[1]"),
        ({"tags": ["x" * 65]}, "tags[0]"),
        ({"tags": ["\u2028"]}, "tags[0]"),
        ({"tags": "receipt"}, "tags"),
        ({"tags": ["a", 5]}, "tags[1]"),
        ({"tags": [["a"]]}, "tags[0]"),
        ({"metadata": {f"n{n}": "" for n in range(21)}}, "metadata"),
        ({"metadata": {"x" * 65: ""}}, "metadata"),
        ({"metadata": {"": ""}}, "metadata"),
        ({"metadata": {"_a": ""}}, "metadata"),
        ({"metadata": {"a b": ""}}, "metadata"),
        ({"metadata": {"a\n": ""}}, "metadata"),
        ({"metadata": {"größe": ""}}, "metadata"),
        ({"metadata": {"a": "x" * 501}}, "metadata.a"),
        ({"metadata": {"a": "\x00"}}, "metadata.a"),
        ({"metadata": {f"n{n}": "x" * 500 for n in range(9)}}, "metadata"),
        ({"metadata": {"a": "✓" * 500, "b": "✓" * 500, "c": "✓" * 400}}, "metadata"),
        ({"metadata": [["a", "b"]]}, "metadata"),
    ],
)
def test_what_is_beyond_the_bounds_is_refused(given: tp.Any, where: str) -> None:
    assert field(**given) == (422, where)


def test_what_is_far_too_large_is_not_made_into_objects() -> None:
    assert field(metadata={f"n{n}": "y" for n in range(400_000)}) == (422, "metadata")
    assert field(tags=["y"] * 900_000) == (422, "tags")


@pytest.mark.parametrize("given", [{"metadata": {"a": 5}}, {"metadata": {"a": None}}])
def test_only_texts_are_metadata(given: tp.Any) -> None:
    assert field(**given)[0] == 422


@pytest.mark.parametrize("name", ["reference", "tags", "metadata"])
def test_half_a_character_is_refused(name: str) -> None:
    half = '"\\ud800"'
    text = {"reference": half, "tags": f"[{half}]", "metadata": f'{{"a": {half}}}'}
    body = json.dumps(MAIL).encode()[:-1] + f', "{name}": {text[name]}}}'.encode()
    problem = intake.read_one(body, Order(NOW)).problem
    assert problem is not None and problem.status in (400, 422)


def test_the_most_that_may_be_is_taken() -> None:
    names = {f"n{n:02}": "x" * 201 for n in range(20)}
    most = {"reference": "✓" * 200, "metadata": names}
    most["tags"] = [f"{n}" + "✓" * 63 for n in range(10)]
    (draft,) = read(**most).messages
    assert isinstance(draft, message.Draft)


def test_no_text_of_the_caller_is_in_what_is_said_of_it() -> None:
    given = {"reference": "\nsecret", "tags": ["\nsecret"]}
    problem = read(**given, metadata={"a": "secret\x00"}).problem
    assert problem is not None and "secret" not in repr(problem)


def test_two_of_one_name_are_refused() -> None:
    body = json.dumps(MAIL).encode()[:-1] + b', "metadata": {"a": "1", "a": "2"}}'
    problem = intake.read_one(body, Order(NOW)).problem
    assert problem is not None and problem.status == 422


def test_events_and_lists_have_them(tx: sqlite.SqliteTransaction) -> None:
    bare = memory_database.accepted(tx, NOW)
    one = memory_database.accepted(tx, NOW, **GIVEN)
    shown = [events.event_out(row) for row in events.after(tx, "default", 0, 9)]
    assert [event.message_id for event in shown] == [bare, one]
    assert [event.reference for event in shown] == [None, "order-4711"]
    assert shown[1].tags == GIVEN["tags"] and shown[1].metadata == GIVEN["metadata"]
    (own,) = events.of_message(tx, "default", one)
    assert events.event_out(own, WRITTEN) == shown[1]
    assert labels.of(tx, "default", [bare, one]) == {one: WRITTEN}
    assert labels.of(tx, "other", [bare, one]) == {}


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"reference": "order-4711"}, 2),
        ({"tag": "receipt"}, 2),
        ({"tag": "second"}, 1),
        ({"tag": "receipt", "reference": "other"}, 0),
        ({"tag": "second", "reference": "order-4711"}, 1),
        ({"tag": "second", "recipient": "b@example.net"}, 1),
        ({"reference": "other", "recipient": "b@example.net"}, 0),
        ({"reference": "order-4711", "state": "sent"}, 0),
        ({"reference": "ORDER-4711"}, 0),
        ({"tag": "rec%"}, 0),
    ],
)
def test_messages_are_found_by_them(
    tx: sqlite.SqliteTransaction, wanted: tp.Any, count: int
) -> None:
    memory_database.accepted(tx, NOW)
    memory_database.accepted(tx, NOW, **GIVEN)
    tags = ["receipt", "second"]
    memory_database.accepted(tx, NOW, reference="order-4711", tags=tags)
    meant = filters.MessageFilter(**wanted)
    assert len(messages.page(tx, "default", "~", 9, meant)) == count


def test_a_message_without_writes_no_row(tx: sqlite.SqliteTransaction) -> None:
    memory_database.accepted(tx, NOW)
    assert stored(tx) == (0, 0)


def test_they_go_with_their_message(tx: sqlite.SqliteTransaction) -> None:
    one = memory_database.accepted(tx, NOW, **GIVEN)
    other = memory_database.accepted(tx, NOW, tags=["stays"])
    messages.cancel(tx, "default", one, "admin", NOW)
    assert stored(tx) == (2, 3)
    assert messages.remove(tx, "default", one)
    assert stored(tx) == (1, 1)
    assert list(labels.of(tx, "default", [one, other])) == [other]


def test_they_stay_as_long_as_an_event_that_is_not_told(
    tx: sqlite.SqliteTransaction,
) -> None:
    told = tenants.TenantRow(id="default", name="d", callback_url="http://r.example/")
    tenants.change(tx, told, NOW)
    one = memory_database.accepted(tx, NOW, **GIVEN)
    messages.cancel(tx, "default", one, "admin", NOW)
    messages.remove(tx, "default", one)
    assert stored(tx) == (1, 0)
    workers.enter(tx, "w1", workers.this_process())
    settings = WebhookSettings()
    batch = cursor.take(tx, "default", "w1", settings, NOW + 1000)
    assert batch is not None
    assert [events.event_out(one).metadata for one in batch.rows] == (
        [GIVEN["metadata"]] * 2
    )
    cursor.settle(tx, batch, WebhookVerdict(Kind.TAKEN), "w1", settings, NOW + 1000)
    assert stored(tx) == (0, 0)


def test_a_tenant_that_goes_takes_them_along(tx: sqlite.SqliteTransaction) -> None:
    memory_database.accepted(tx, NOW, **GIVEN)
    tenants.remove(tx, LANE.tenant_id)
    assert stored(tx) == (0, 0)


def test_a_message_that_is_sent_again_keeps_them(tx: sqlite.SqliteTransaction) -> None:
    one = memory_database.accepted(tx, NOW, **GIVEN)
    messages.cancel(tx, "default", one, "admin", NOW)
    draft = resend.draft(tx, "default", one, NOW)
    assert draft is not None and draft.labels == WRITTEN


def test_they_are_not_in_the_mail() -> None:
    (draft,) = read(**{**GIVEN, "reference": "Ref4711", "tags": ["Tag4711"]}).messages
    assert isinstance(draft, message.Draft)
    text = render.render(draft.content, ids.generator.one(NOW), NOW, [])
    assert b"4711" not in text and b"customer" not in text
