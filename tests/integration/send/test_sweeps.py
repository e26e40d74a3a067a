# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Many messages are cancelled or removed with one call, on both databases."""

import threading
import time
import typing as tp

import pytest

from tests.integration.send.conftest import Services, add_relay
from tests.integration.send.service import Client, Service, mail
from tests.integration.send.sink import Sink
from tests.integration.support import waiting

_HOUR = 3600


def accept(client: Client, count: int, **more: tp.Any) -> list[str]:
    """Accept messages for later, in batches; return their ids."""
    made: list[str] = []
    more = {"send_at": time.time() + _HOUR, **more}
    for start in range(0, count, 1000):
        part = [mail(**more)] * min(1000, count - start)
        answer = client.done(client.post("/v1/messages/batch", {"messages": part}))
        made += [one["id"] for one in answer["messages"]]
    return made


def cancel(client: Client, **wanted: tp.Any) -> dict[str, tp.Any]:
    return dict(client.done(client.post("/v1/messages/cancel", wanted)))


def until_ended(client: Client, begun: dict[str, tp.Any]) -> dict[str, tp.Any]:
    """Wait for the end of a sweep; return what it says then."""

    def ended() -> dict[str, tp.Any] | None:
        found = client.get(f"/v1/messages/sweeps/{begun['id']}")
        return found if found["ended_at"] else None

    return dict(waiting.until(ended, "the sweep to end"))


def counts(client: Client, **query: str) -> dict[str, int]:
    found = client.get("/v1/messages/counts", **query)["states"]
    return {state: count for state, count in found.items() if count}


def test_a_few_are_done_in_the_call(sender: Client, sink: Sink) -> None:
    tagged = accept(sender, 3, tags=["a"], reference="r")
    others = accept(sender, 2, tags=["b"])
    found = cancel(sender, tag="a")
    assert (found["action"], found["changed"], found["left"]) == ("cancel", 3, 0)
    assert found["ended_at"] is not None
    assert sender.get(f"/v1/messages/sweeps/{found['id']}") == found
    events = sender.message(tagged[0])["events"]
    assert [one["type"] for one in events] == ["accepted", "cancelled"]
    assert (events[1]["actor"], events[1]["tags"]) == ("admin", ["a"])
    assert counts(sender) == {"cancelled": 3, "scheduled": 2}
    assert cancel(sender, ids=[tagged[0], others[0]])["changed"] == 1
    removed = sender.done(sender.post("/v1/messages/remove", {"reference": "r"}))
    assert (removed["action"], removed["changed"]) == ("remove", 3)
    assert sender.get("/v1/messages", tag="a")["messages"] == []
    assert counts(sender) == {"cancelled": 1, "scheduled": 1}


def test_many_go_on_after_the_answer_and_say_how_far(
    sender: Client, sink: Sink
) -> None:
    accept(sender, 4000, tags=["many"])
    kept = accept(sender, 1, tags=["kept"])
    begun = cancel(sender, tag="many")
    # The service itself may have ended it beside the call.
    assert begun["ended_at"] or 0 < begun["left"] <= 4000 - begun["changed"]
    ended = until_ended(sender, begun)
    assert (ended["changed"], ended["left"]) == (4000, 0)
    assert counts(sender) == {"cancelled": 4000, "scheduled": 1}
    begun = sender.done(sender.post("/v1/messages/remove", {"state": "cancelled"}))
    assert until_ended(sender, begun)["changed"] == 4000
    assert [one["id"] for one in sender.get("/v1/messages")["messages"]] == kept


def test_a_service_that_is_killed_goes_on(services: Services, sink: Sink) -> None:
    service = services.new().start()
    client = service.client(tenant="default")
    client.done(client.call("DELETE", "/v1/relays/default"))
    add_relay(client, sink.port)
    accept(client, 5000, batch="b")
    posting = threading.Thread(target=_try, args=(client, {"batch": "b"}))
    posting.start()
    waiting.until(lambda: "cancelled" in counts(client, batch="b"), "the first piece")
    service.kill()
    posting.join()
    service.start()
    waiting.until(
        lambda: counts(client, batch="b") == {"cancelled": 5000}, "the sweep to end"
    )
    types = [
        event["type"]
        for after in range(5000, 10_500, 500)
        for event in client.get("/v1/events", after=after, limit=500)["events"]
    ]
    assert types == ["cancelled"] * 5000


def _try(client: Client, wanted: dict[str, str]) -> None:
    """Begin a sweep, whatever becomes of the call."""
    try:
        client.post("/v1/messages/cancel", wanted)
    except OSError:
        pass
    except Exception as error:
        assert "http" in type(error).__module__, error


def test_what_is_cancelled_while_it_is_sent_is_one_or_the_other(
    sender: Client, sink: Sink
) -> None:
    made = accept(sender, 2000, batch="race", send_at=time.time())
    sweeps = [cancel(sender, batch="race") for _ in range(2)]
    done = [until_ended(sender, one)["changed"] for one in sweeps]

    def final() -> dict[str, int] | None:
        found = counts(sender, batch="race")
        return found if set(found) <= {"sent", "cancelled"} else None

    found = waiting.until(final, "all to have an end")
    assert sum(found.values()) == len(made)
    assert found.get("cancelled", 0) == sum(done)
    assert found.get("sent", 0) == len(sink.taken)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"tag": None},
        {"tag": ""},
        {"tag": "a\x00b"},
        {"reference": "x" * 201},
        {"batch": 5},
        {"ids": []},
        {"ids": ["x"] * 1001},
        {"ids": ["a'b"]},
        {"ids": ["\x00"]},
        {"ids": "x"},
        {"state": "sent"},
        {"state": "sending"},
        {"metadata": {"a": "b"}},
        {"recipient": "a@example.net"},
    ],
)
def test_who_does_not_say_which_cancels_none(
    sender: Client, sink: Sink, wrong: tp.Any
) -> None:
    accept(sender, 1)
    answer = sender.post("/v1/messages/cancel", wrong)
    assert answer.status_code == 422, answer.text
    assert counts(sender) == {"scheduled": 1}


def test_only_what_is_final_is_removed(sender: Client, sink: Sink) -> None:
    accept(sender, 2, batch="b")
    for state in ("scheduled", "sending", ""):
        answer = sender.post("/v1/messages/remove", {"state": state})
        assert answer.status_code == 422
    removed = sender.done(sender.post("/v1/messages/remove", {"batch": "b"}))
    assert (removed["changed"], counts(sender)) == (0, {"scheduled": 2})


def test_keys_do_what_they_may_and_to_their_tenant(
    service: Service, admin: Client, sender: Client, sink: Sink
) -> None:
    body = {"name": "k", "scopes": ["send"]}
    key = service.client(sender.done(sender.post("/v1/keys", body))["key"])
    made = accept(sender, 2, tags=["a"])
    assert key.post("/v1/messages/remove", {"tag": "a"}).status_code == 403
    begun = key.done(key.post("/v1/messages/cancel", {"tag": "a"}))
    assert begun["changed"] == 2
    actor = sender.message(made[0])["events"][1]["actor"]
    assert actor.startswith("key:")
    assert key.call("GET", f"/v1/messages/sweeps/{begun['id']}").status_code == 403
    name = f"{sender.tenant}-2"
    admin.done(admin.post("/v1/tenants", {"id": name}))
    other = service.client(tenant=name)
    assert other.call("GET", f"/v1/messages/sweeps/{begun['id']}").status_code == 404
    accept(sender, 1, tags=["a"])
    assert cancel(other, tag="a")["changed"] == 0
    nobody = service.client(tenant="nobody-at-all")
    answer = nobody.post("/v1/messages/cancel", {"tag": "a"})
    assert answer.status_code == 404, answer.text


def test_no_log_has_what_callers_wrote(
    service: Service, admin: Client, sender: Client, sink: Sink
) -> None:
    accept(sender, 1, tags=["very-private"], reference="private-too")
    cancel(sender, tag="very-private", reference="private-too")
    wrong = {"tag": "very-private", "nonsense": 1}
    assert sender.post("/v1/messages/cancel", wrong).status_code == 422
    found = admin.get("/v1/commands", tenant=sender.tenant, limit=500)["commands"]
    (command, *_) = [one for one in found if one["path"].startswith("/v1/messages/c")]
    shown = admin.get(f"/v1/commands/{command['id']}")
    assert shown["request"] == {"tag": "***", "reference": "***"}
    assert shown["result"]["changed"] == 1
    assert "private" not in str(shown) + service.log
