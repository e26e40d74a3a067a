# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An address is erased from all that the service keeps, on both databases."""

import concurrent.futures
import sqlite3
import threading
import time
import typing as tp

import psycopg
import pytest

from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.hooks import new_tenant
from tests.integration.send.service import Client, Service, mail
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

_DAY = 24 * 3600
ANN, BOB = "Ann.Private@example.net", "bob@example.net"


def erase(client: Client, address: str = ANN) -> dict[str, tp.Any]:
    return dict(client.done(client.post("/v1/erasures", {"address": address})))


def until_ended(client: Client, begun: dict[str, tp.Any]) -> dict[str, tp.Any]:
    """Wait for the end of an erasure; return what it says then."""

    def ended() -> dict[str, tp.Any] | None:
        found = client.get(f"/v1/erasures/{begun['id']}")
        return found if found["ended_at"] else None

    return dict(waiting.until(ended, "the erasure to end"))


def everything(service: Service, tenant: str) -> str:
    """Return all that the database has of a tenant, and all contents, in lower case."""
    tables = {
        "messages": f"tenant_id = '{tenant}'",
        "recipients": "1 = 1",
        "contents": "1 = 1",
        "labels": f"tenant_id = '{tenant}'",
        "tags": f"tenant_id = '{tenant}'",
        "events": f"tenant_id = '{tenant}'",
        "erasures": f"tenant_id = '{tenant}'",
        "commands": f"tenant_id = '{tenant}'",
    }
    texts = [f"SELECT * FROM {table} WHERE {tables[table]}" for table in tables]  # noqa: S608 our own names
    if service.database is None:
        with sqlite3.connect(service.data / "send.sqlite3") as base:
            return str([base.execute(text).fetchall() for text in texts]).lower()
    with psycopg.connect(service.database) as connection:
        return str([connection.execute(text).fetchall() for text in texts]).lower()


@pytest.fixture
def own(services: Services, sink: Sink) -> tuple[Service, Client]:
    """A service of the test's own, and its tenant."""
    service = services.new("--networks", "127.0.0.0/8").start()
    client = service.client(tenant="default")
    client.done(client.call("DELETE", "/v1/relays/default"))
    add_relay(client, sink.port)
    return service, client


def test_an_address_goes_from_messages_events_and_labels(
    own: tuple[Service, Client], sink: Sink
) -> None:
    service, client = own
    both = client.send(
        [ANN, BOB],
        subject="For Ann Private",
        text="Dear ann.private@example.net",
        tags=["to-ann.private@example.net", "x"],
        reference="r",
        batch="for-ann.private@example.net",
    )
    client.wait(both, "sent")
    other = client.send(BOB, subject="For Bob", reference="r2", tags=["x"])
    client.wait(other, "sent")
    assert "ann.private" in everything(service, "default")
    done = until_ended(client, erase(client, ANN.upper()))
    assert (done["messages"], done["waiting"], done["suppressed"]) == (1, 0, False)
    assert done["events"] >= 1
    assert "ann.private" not in everything(service, "default") + service.log.lower()
    found = client.message(both)
    name = done["pseudonym"]
    assert [one["address"] for one in found["recipients"]] == [name, BOB]
    assert (found["subject"], found["reference"], found["batch"]) == ("", None, None)
    told = [(e["type"], e["recipient"]) for e in found["events"]]
    assert told == [("accepted", None), ("sent", name), ("sent", BOB)]
    # What is known of it is not doubled, nor lost.
    codes = [e["details"].get("code") for e in found["events"][1:]]
    assert codes == [250, 250]
    for query in ({"to": ANN}, {"subject": "For Ann Private"}):
        assert client.get("/v1/trace", **query)["traces"] == []
    assert [o["id"] for o in client.get("/v1/trace", to=BOB)["traces"]] == [other, both]
    kept = client.message(other)
    assert (kept["subject"], kept["reference"], kept["tags"]) == (
        "For Bob",
        "r2",
        ["x"],
    )
    # A content that is gone is sent to nobody again.
    again = client.post(f"/v1/messages/{both}/resend")
    assert again.status_code == 409, again.text


def test_what_was_refused_is_not_told_in_the_servers_words(
    own: tuple[Service, Client], sink: Sink
) -> None:
    service, client = own
    sink.do("Ann.Private", f"550 5.1.1 <{ANN}> unknown, says {ANN}")
    one = client.send(ANN)
    client.wait(one, "failed")
    assert client.get(f"/v1/suppressions/{ANN}")["source"] == "hard_bounce"
    done = until_ended(client, erase(client))
    assert done["suppressed"]
    found = client.message(one)
    assert found["recipients"][0]["reply"] is None
    failed = found["events"][-1]
    assert (failed["type"], failed["details"]["enhanced"]) == ("failed", "5.1.1")
    assert "reply" not in failed["details"]
    assert "ann.private" not in everything(service, "default")
    # The list keeps it, else the next message went out.
    assert client.get(f"/v1/suppressions/{ANN}")["source"] == "hard_bounce"
    assert client.message(client.send(ANN))["state"] == "suppressed"
    again = client.post(f"/v1/messages/{one}/resend")
    assert (again.status_code, again.json()["code"]) == (409, "erased")


def test_what_waits_is_cancelled_for_the_address_and_sent_to_the_others(
    own: tuple[Service, Client], sink: Sink
) -> None:
    service, client = own
    later = time.time() + _DAY
    alone = client.send(ANN, send_at=later)
    both = client.send([ANN, BOB], send_at=later)
    begun = erase(client)
    assert (begun["ended_at"], begun["waiting"]) == (None, 1)
    found = client.message(alone)
    assert found["state"] == "cancelled"
    last = found["events"][-1]
    assert (last["type"], last["recipient"]) == ("cancelled", begun["pseudonym"])
    assert last["details"] == {"reason": "erased"}
    states = [one["state"] for one in client.message(both)["recipients"]]
    assert states == ["cancelled", "waiting"]
    # The same call again is the same erasure.
    assert erase(client)["id"] == begun["id"]
    client.done(client.call("PATCH", f"/v1/messages/{both}", json={"send_at": 1}))
    client.wait(both, "partial")
    assert [one.recipients for one in sink.taken] == [[BOB]]
    # It looks again later; a call looks at once.
    erase(client)
    done = until_ended(client, begun)
    assert (done["messages"], done["waiting"]) == (2, 0)
    assert "ann.private" not in everything(service, "default")
    counts = client.get("/v1/messages/counts")
    assert counts["unfinished"] == 0


def test_a_sender_is_erased_too(own: tuple[Service, Client], sink: Sink) -> None:
    service, client = own
    one = client.send(BOB, **{"from": ANN})
    client.wait(one, "sent")
    done = until_ended(client, erase(client))
    assert done["messages"] == 1
    found = client.message(one)
    assert (found["sender"], found["recipients"][0]["address"]) == (
        done["pseudonym"],
        BOB,
    )
    assert "ann.private" not in everything(service, "default")


def test_events_that_outlive_their_message_lose_it(
    own: tuple[Service, Client], sink: Sink
) -> None:
    service, _ = own
    client = new_tenant(service, sink, "https://127.0.0.1/none")
    one = client.send(ANN)
    client.wait(one, "sent")
    client.done(client.call("DELETE", f"/v1/messages/{one}"))
    tenant = str(client.tenant)
    assert "ann.private" in everything(service, tenant)
    done = until_ended(client, erase(client))
    assert (done["messages"], done["events"]) == (0, 1)
    assert "ann.private" not in everything(service, tenant)
    told = [e["recipient"] for e in client.get("/v1/events")["events"]]
    assert told == [None, done["pseudonym"]]


def test_a_service_that_is_killed_goes_on_erasing(
    own: tuple[Service, Client], sink: Sink
) -> None:
    service, client = own
    later = time.time() + _DAY
    for _ in range(4):
        batch = [mail(ANN, send_at=later)] * 1000
        client.done(client.post("/v1/messages/batch", {"messages": batch}))
    posting = threading.Thread(target=_try, args=(client,))
    posting.start()

    def begun() -> bool:
        return client.get("/v1/messages/counts")["states"]["cancelled"] > 0

    waiting.until(begun, "the first piece")
    service.kill()
    posting.join()
    service.start()
    waiting.until(
        lambda: "ann.private" not in everything(service, "default"), "the erasure"
    )
    counts = client.get("/v1/messages/counts")["states"]
    assert counts["cancelled"] == 4000
    told = client.get("/v1/events", last=500)["events"]
    assert {e["type"] for e in told} == {"cancelled"}
    numbers = [
        e["seq"] for e in client.get("/v1/events", after=4000, limit=500)["events"]
    ]
    assert numbers == list(range(4001, 4501))


def _try(client: Client) -> None:
    """Begin an erasure, whatever becomes of the call."""
    try:
        erase(client)
    except (OSError, AssertionError):
        pass
    except Exception as error:
        assert "http" in type(error).__module__, error


def test_calls_about_one_address_at_once_are_one_erasure(
    sender: Client, sink: Sink
) -> None:
    sender.send([ANN, BOB], send_at=time.time() + _DAY)
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        begun = list(threads.map(lambda _: erase(sender)["id"], range(16)))
    assert len(set(begun)) == 1


def test_others_keep_what_is_theirs(
    service: Service, admin: Client, sender: Client, sink: Sink
) -> None:
    name = f"{sender.tenant}-2"
    admin.done(admin.post("/v1/tenants", {"id": name}))
    other = service.client(tenant=name)
    add_relay(other, sink.port)
    one = other.send(ANN, subject="mine")
    other.wait(one, "sent")
    begun = until_ended(sender, erase(sender))
    assert begun["messages"] == 0
    assert other.message(one)["subject"] == "mine"
    path = f"/v1/erasures/{begun['id']}"
    assert other.call("GET", path).status_code == 404
    key = sender.done(sender.post("/v1/keys", {"name": "k", "scopes": ["read"]}))["key"]
    reader = service.client(key)
    assert reader.get(f"/v1/erasures/{begun['id']}") == begun
    assert reader.post("/v1/erasures", {"address": ANN}).status_code == 403
    rows = admin.get("/v1/commands", tenant=sender.tenant, method="POST", limit=500)
    asked = [row for row in rows["commands"] if row["path"].startswith("/v1/erasures")]
    assert asked[0]["request"] == {"address": "***"}
    nobody = service.client(tenant="nobody-at-all")
    answer = nobody.post("/v1/erasures", {"address": ANN})
    assert answer.status_code == 404, answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"address": ""},
        {"address": "ann"},
        {"address": "*@example.net"},
        {"address": "a\x00@example.net"},
        {"address": 5},
        {"address": "x" * 400 + "@example.net"},
        {"address": ANN, "more": 1},
    ],
)
def test_what_is_no_address_is_refused(sender: Client, wrong: tp.Any) -> None:
    answer = sender.post("/v1/erasures", wrong)
    assert answer.status_code == 422, answer.text
    assert "address" in answer.text or "more" in answer.text
