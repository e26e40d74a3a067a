# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0


"""The connections of a process have a bound, and everybody gets a turn."""

import pathlib
import typing as tp

import pytest

from tests.integration.send.conftest import add_relay
from tests.integration.send.service import Client, Service, mail
from tests.integration.send.sink import Sink
from tests.integration.support import waiting


@pytest.fixture
def bounded(tmp_path: pathlib.Path) -> tp.Iterator[tp.Callable[[int], Service]]:
    """Start a service with a bound."""
    made: list[Service] = []

    def start(places: int) -> Service:
        made.append(Service(tmp_path, None, f"--max-connections={places}"))
        return made[0].start()

    yield start
    made[0].close()


def tenants(service: Service, sink: Sink, count: int) -> list[Client]:
    found = []
    for number in range(count):
        Client.done(service.client().post("/v1/tenants", {"id": f"t{number}"}))
        found.append(service.client(tenant=f"t{number}"))
        add_relay(found[-1], sink.port)
    return found


def send_many(tenant: Client, count: int) -> None:
    body = {"messages": [mail(f"r{number}@example.net") for number in range(count)]}
    tenant.done(tenant.post("/v1/messages/batch", body))


def sent(tenant: Client) -> int:
    return int(tenant.get("/v1/messages/counts")["states"]["sent"])


def test_never_more_connections_than_allowed(
    bounded: tp.Callable[[int], Service], sink: Sink
) -> None:
    found = tenants(bounded(3), sink, 8)
    for tenant in found:
        send_many(tenant, 30)
    sink.wait_for(240, 60)
    assert len({one.recipients[0] for one in sink.taken}) == 30
    assert 1 < sink.script.most_sessions <= 3
    for tenant in found:
        waiting.until(lambda one=tenant: sent(one) == 30, "its messages")


def test_connection_without_work_makes_room_at_once(
    bounded: tp.Callable[[int], Service], sink: Sink
) -> None:
    first, second = tenants(bounded(1), sink, 2)
    for tenant in (first, second, first):
        message_id = tenant.send()
        # Far below the time that a connection without work is kept.
        waiting.until(
            lambda one=tenant, wanted=message_id: (
                one.message(wanted)["state"] == "sent"
            ),
            "its turn",
            15,
        )


def test_connection_with_work_makes_room_after_its_turn(
    bounded: tp.Callable[[int], Service], sink: Sink
) -> None:
    first, second = tenants(bounded(1), sink, 2)
    for number in range(20):
        sink.do(f"r{number}", "slow")
    send_many(first, 20)
    waiting.until(lambda: sent(first) > 0, "the first one's turn")
    second.wait(second.send("second@example.net"), "sent")
    sink.wait_for(21)
    assert sink.taken[-1] not in sink.to("second")


def test_silent_server_leaves_room_for_others(
    bounded: tp.Callable[[int], Service], sink: Sink
) -> None:
    first, second = tenants(bounded(2), sink, 2)
    sink.do("slow", "hang")
    first.send("slow@example.net")
    waiting.until(lambda: not sink.script.actions["slow"], "the server to hang")
    second.wait(second.send(), "sent")


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "many", "\u00b2"])
def test_bound_is_a_whole_number(tmp_path: pathlib.Path, value: str) -> None:
    service = Service(tmp_path, None, f"--max-connections={value}")
    with pytest.raises(
        RuntimeError, match=r"'--max-connections'.*(1<=x|whole number from 1)"
    ):
        service.start()
