# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A noun whose objects nodes get by its definition and one line of its migration."""

import dataclasses
import uuid as sys_uuid

import pytest

from exordos_mail.controlplane.dm import key_file
from exordos_mail.controlplane.documents import collection, registry
from exordos_mail.protocol import documents
from exordos_mail.schema import catalogue, field
from exordos_mail.schema.field import Field, Kind
from exordos_mail.schema.noun import Noun
from tests.integration.controlplane import caller as calls
from tests.integration.controlplane import world as w

_TABLE = """
CREATE TABLE mail_toys (
    uuid UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    instance UUID NOT NULL REFERENCES mail_instances (uuid) ON DELETE CASCADE,
    id VARCHAR(64) NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    note TEXT,
    parts INTEGER NOT NULL DEFAULT 1,
    colours TEXT[] NOT NULL DEFAULT '{}',
    shown BOOLEAN NOT NULL DEFAULT TRUE,
    UNIQUE (instance, id)
);
SELECT mail_documents_of(
    'mail_toys', 'toys', 'id', ARRAY['note', 'parts', 'colours', 'shown']
);
"""

_NOTES = [
    None,
    "",
    'quote " backslash \\ slash /',
    "line\nfeed\ttab\b\f\r\x01\x1f\x7f",
    "üñí 漢字 😀   </script>",
]


_TOY = Noun(
    "toy",
    "toys",
    "A toy.",
    (
        Field("id", Kind.TEXT, "Its id.", "ball"),
        field.description("red"),
        Field("note", Kind.TEXT, "A note.", "x", nullable=True),
        Field("parts", Kind.INTEGER, "Its parts.", 1, default=1, most=9),
        Field("colours", Kind.WORDS, "Its colours.", ["red"]),
        Field("shown", Kind.FLAG, "Whether it is shown.", True, default=True),
        Field("shadow", Kind.TEXT, "In no table.", "x", column=False),
    ),
    below="instance",
    key="id",
    documents="toys",
)


@pytest.fixture
def toys(db, monkeypatch):
    """Have nodes get toys."""
    db.execute(_TABLE)
    real = catalogue.nouns()
    monkeypatch.setattr(catalogue, "nouns", lambda: {**real, "toy": _TOY})
    yield
    db.execute("DROP TABLE mail_toys")


def _add(db, instance, toy: str, note: str | None = None, **columns) -> None:
    names = ["instance", "id", "note", *columns]
    values = [instance.uuid, toy, note, *columns.values()]
    places = ", ".join(["%s"] * len(names))
    db.execute(
        f"INSERT INTO mail_toys ({', '.join(names)}) VALUES ({places})",  # noqa: S608
        values,
    )


def _toys(answer: calls.Answer) -> dict[str, object]:
    found = {}
    for text in answer.texts.get("toys", {}).values():
        found |= documents.parse(text)
    return found


def test_rows_reach_the_node_as_canonical_documents(toys, call, assigned, node, db):
    wanted = {}
    for number, note in enumerate(_NOTES):
        toy = f"toy-{number}"
        colours = ["red", note or "blue"]
        _add(db, assigned, toy, note, parts=number, colours=colours)
        wanted[toy] = {"note": note, "parts": number, "colours": colours, "shown": True}
    answer = call(node).ask()
    assert _toys(answer) == wanted
    # Octet by octet what the protocol says: both sides have the same digests.
    assert answer.texts["toys"] == documents.spread(wanted)
    calls.check(answer)


def test_a_change_costs_its_bucket_and_one_generation(toys, call, assigned, node, db):
    for number in range(300):
        _add(db, assigned, f"toy-{number}")
    caller = call(node)
    before, generation = caller.ask(), w.read(assigned).generation
    db.execute("UPDATE mail_toys SET note = 'new' WHERE id = 'toy-7'")
    after = caller.ask_again(before)
    assert set(after.state.changed) == {"toys"}
    assert list(after.texts["toys"]) == [documents.bucket("toy-7")]
    assert w.read(assigned).generation == generation + 1
    # All at once count once.
    db.execute("UPDATE mail_toys SET parts = 5")
    assert w.read(assigned).generation == generation + 2


def test_what_a_node_does_not_see_counts_nothing(toys, call, assigned, node, db):
    _add(db, assigned, "ball")
    caller = call(node)
    before, generation = caller.ask(), w.read(assigned).generation
    db.execute("UPDATE mail_toys SET description = 'x', note = note")
    assert caller.ask_again(before).state.changed == {}
    assert w.read(assigned).generation == generation


def test_renamed_and_deleted_rows_leave_their_bucket(toys, call, assigned, node, db):
    _add(db, assigned, "ball")
    caller = call(node)
    before = caller.ask()
    db.execute("UPDATE mail_toys SET id = 'bear'")
    after = caller.ask_again(before)
    assert set(_toys(after)) == {"bear"}
    assert set(after.collections["toys"]) == {documents.bucket("bear")}
    db.execute("DELETE FROM mail_toys")
    assert caller.ask_again(after).collections["toys"] == {}


def test_toys_of_another_instance_stay_there(
    toys, call, world, assigned, node, version, db
):
    other = w.new_instance(version, "other.example")
    _add(db, other, "ball")
    _add(db, assigned, "bear")
    assert set(_toys(call(node).ask())) == {"bear"}
    bucket = documents.bucket("ball")
    assert "ball" not in call(node).texts("toys", bucket).get(bucket, "")


def test_the_builder_keeps_the_digests_that_it_computed(toys, world, assigned, db):
    _add(db, assigned, "ball", str(sys_uuid.uuid4()))
    world.iterate()
    query = "SELECT bucket, digest FROM mail_document_digests WHERE collection = 'toys'"
    before = db.execute(query).fetchall()
    assert [row["bucket"] for row in before] == [documents.bucket("ball")]
    assert w.payload(assigned)["revision"]
    db.execute("UPDATE mail_toys SET note = 'new'")
    world.iterate()
    after = db.execute(query).fetchall()
    assert len(after) == 1
    assert after != before


def test_a_payload_with_everything_has_the_digests_of_its_texts(
    toys, world, assigned, db
):
    """A change between the questions does not make one that no node takes."""
    _add(db, assigned, "ball")
    _add(db, assigned, "bear")
    view = collection.View(db, assigned.uuid, key_file.keys())
    before = registry.digests(view)
    db.execute("UPDATE mail_toys SET note = 'new' WHERE id = 'ball'")
    db.execute("DELETE FROM mail_toys WHERE id = 'bear'")
    bulk = registry.bulk(view, before)
    told, texts = bulk["collections"], bulk["texts"]
    assert told["toys"] == documents.digests(texts["toys"]) != before["toys"]
    assert set(told["toys"]) == {documents.bucket("ball")}


def test_documents_that_a_release_makes_otherwise_have_other_digests(
    toys, world, call, assigned, node, db, monkeypatch
):
    """Those that are stored are of the documents of the release before."""
    _add(db, assigned, "ball", "red")
    world.iterate()
    fewer = [one for one in _TOY.fields if one.name in ("id", "note")]
    toy = dataclasses.replace(_TOY, fields=tuple(fewer))
    real = catalogue.nouns()
    monkeypatch.setattr(catalogue, "nouns", lambda: {**real, "toy": toy})
    answer = call(node).ask()
    assert answer.texts["toys"] == documents.spread({"ball": {"note": "red"}})
    calls.check(answer)


def test_a_table_that_comes_back_is_told_as_it_is(
    toys, world, call, assigned, node, db
):
    """After a step back and another upgrade: what was before it is not wanted."""
    _add(db, assigned, "ball")
    world.iterate()
    db.execute("DROP TABLE mail_toys")
    table, _, attach = _TABLE.partition(";")
    db.execute(table)
    _add(db, assigned, "bear")
    db.execute(attach)
    answer = call(node).ask()
    assert set(_toys(answer)) == {"bear"}
    calls.check(answer)
