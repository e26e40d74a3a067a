# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Messages of a recipient or a label are found by an index, on both databases."""

import sqlite3
import time
import typing as tp

import psycopg
import pytest

from exordos_mail.send.messages import records as messages
from exordos_mail.send.queue import sweep
from exordos_mail.send.storage import sql
from exordos_mail.send.trace import records
from tests.integration.send.conftest import Services
from tests.integration.send.service import Client, Service, mail
from tests.integration.send.sink import Sink

_WANTED = {
    "address_key": 1,
    "before": "~",
    "tenant_id": "t",
    "state": "",
    "batch": "",
    "relay_id": "",
    "reference": "",
    "tag": "",
    "limit": 10,
    "position": "",
    "last": "~",
    "ids": "[]",
    "key": 1,
    "first": "",
    "window": 10,
    "reach": "",
}


@pytest.fixture(scope="module")
def empty(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> tp.Iterator[Service]:
    """A service that has no message: PostgreSQL's plans depend on what others made."""
    made = Services(kind, request, tmp_path_factory.mktemp("plans"))
    try:
        yield made.new().start()
    finally:
        made.close()


def _plan(service: Service, statement: sql.Statement) -> str:
    """Return how the database would look for them."""
    if service.database is None:
        base = sqlite3.connect(service.data / "send.sqlite3")
        text = f"EXPLAIN QUERY PLAN {statement.sqlite}"
        return "\n".join(row[3] for row in base.execute(text, _WANTED))
    with psycopg.connect(service.database) as connection:
        # An empty table is read as a whole.
        connection.execute("SET LOCAL enable_seqscan = off")
        text = f"EXPLAIN {statement.postgresql}"
        return "\n".join(row[0] for row in connection.execute(text, _WANTED))


def test_the_index_leads_to_what_has_an_outcome(empty: Service) -> None:
    plan = _plan(empty, messages.SETTLED)
    assert "recipients_address" in plan
    for bad in ("SCAN", "Seq Scan", "TEMP B-TREE", "Sort"):
        assert bad not in plan, plan


def test_what_waits_is_found_from_the_tenants_messages(empty: Service) -> None:
    plan = _plan(empty, messages.WAITING)
    assert "recipients_address" not in plan
    # SQLite: "m" is the query within, which has the tenant's messages.
    for bad in ("SCAN messages", "SCAN r", "Seq Scan"):
        assert bad not in plan, plan


@pytest.mark.parametrize("which", ["reference", "tag"])
def test_the_index_leads_to_what_is_labelled(empty: Service, which: str) -> None:
    plan = _plan(empty, messages.LABELLED[which])
    assert {"reference": "labels_reference", "tag": "tags_messages"}[which] in plan
    for bad in ("SCAN", "Seq Scan", "TEMP B-TREE", "Sort"):
        assert bad not in plan, plan


@pytest.mark.parametrize("action", [sweep.CANCEL, sweep.REMOVE])
@pytest.mark.parametrize("by", ["reference", "tag", "batch"])
def test_the_index_leads_to_what_is_swept(empty: Service, by: str, action: str) -> None:
    plan = _plan(empty, sweep.MEANT[action, by])
    index = {"reference": "labels_reference", "tag": "tags_messages"}
    # PostgreSQL weighs the index of batches against the tenant's messages, and there
    # are none here.
    if by in index or empty.database is None:
        assert index.get(by, "messages_batch") in plan, plan
        for bad in ("SCAN", "Seq Scan", "TEMP B-TREE", "Sort"):
            assert bad not in plan, plan


@pytest.mark.parametrize("which", records.CANDIDATES)
def test_an_index_leads_to_every_trace(empty: Service, which: str) -> None:
    plan = _plan(empty, records.CANDIDATES[which])
    index = {
        "recipient": "recipients_address",
        "sender": "messages_sender",
        "subject": "messages_subject",
        "message_id": "messages_message_id",
    }
    assert index.get(which, "messages") in plan, plan
    for bad in ("SCAN", "Seq Scan", "TEMP B-TREE", "Sort"):
        assert bad not in plan, plan


@pytest.mark.parametrize("which", ["", *records.UNFINISHED])
def test_an_index_leads_to_what_is_not_final(empty: Service, which: str) -> None:
    plan = _plan(empty, records.UNFINISHED[which] if which else records.REACH)
    assert "messages_unfinished" in plan, plan
    bad = ["SCAN messages", "SCAN m", "SCAN r", "Seq Scan"]
    # However many wait: in the order of the index, and not further than it has to.
    bad += [] if which else ["Sort", "TEMP B-TREE"]
    assert [one for one in bad if one in plan] == [], plan


def test_recipients_are_found_before_and_after_their_outcome(
    service: Service, admin: Client, sender: Client, sink: Sink
) -> None:
    states = []
    for later in (None, time.time() + 3600, None):
        more = {} if later is None else {"send_at": later}
        made = sender.send("both@example.net", **more)
        if later is None:
            sender.wait(made, "sent")
        states.append((made, "sent" if later is None else "scheduled"))
    for limit in (1, 2, 9):
        found = sender.get("/v1/messages", recipient="Both@example.net", limit=limit)
        told = [(one["id"], one["state"]) for one in found["messages"]]
        assert told == states[::-1][:limit]
    waiting = sender.get(
        "/v1/messages", recipient="both@example.net", state="scheduled"
    )
    assert [one["id"] for one in waiting["messages"]] == [states[1][0]]


def test_messages_of_a_recipient_are_the_tenants_own(
    service: Service, admin: Client, sender: Client, sink: Sink
) -> None:
    admin.done(admin.post("/v1/tenants", {"id": "rcpt-other", "name": "Other"}))
    other = service.client(tenant="rcpt-other")
    batch = [
        mail(["Ann@Example.net", f"b{number}@example.net"], batch=f"b{number}")
        for number in range(5)
    ]
    answer = sender.done(sender.post("/v1/messages/batch", {"messages": batch}))
    made = [one["id"] for one in answer["messages"]]
    first = sender.get("/v1/messages", recipient="aNN@example.net", limit=2)
    second = sender.get(
        "/v1/messages", recipient="ann@example.net", limit=9, before=first["next"]
    )
    found = [one["id"] for one in (*first["messages"], *second["messages"])]
    assert found == made[::-1]
    one = sender.get("/v1/messages", recipient="ann@example.net", batch="b3")
    assert [row["id"] for row in one["messages"]] == [made[3]]
    assert other.get("/v1/messages", recipient="ann@example.net")["messages"] == []
