# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The node fetches what it is to be from the node gateway."""

import pathlib
import threading
import time

import pytest

from exordos_mail.protocol import documents
from tests.integration.exim import (
    far_gateway,
    fixtures,
    gateway_node,
    payloads,
    waiting,
)
from tests.integration.exim.gateway_node import ACCOUNTS, BOB, changed, code, ring

agent = gateway_node.agent
far = far_gateway.far


def test_first_payload(agent):
    assert code("alice", payloads.PASSWORD) == 235
    assert code("bob", "b") == 235


def test_ring_brings_a_change_before_the_platform_does(agent, far):
    new = far.want(changed(carol="c"))
    ring(agent, far)
    assert agent.look()["generation"] == 2
    assert code("carol", "c") == 235
    # The platform's payload is still the old one: nothing goes back.
    for _ in range(3):
        assert agent.look()["revision"] == new["revision"]
    assert code("carol", "c") == 235
    agent.orchestrator.want(new)
    agent.look()
    assert agent.orchestrator.settled


def test_platform_brings_a_change_without_a_ring(agent, far):
    agent.orchestrator.want(far.want(changed(bob="new")))
    assert agent.look()["generation"] == 2
    assert agent.orchestrator.settled
    assert code("bob", "new") == 235
    assert code("bob", "b") == 535


def test_only_what_differs_travels(agent, far):
    far.want(changed(bob="new"))
    ring(agent, far)
    far.sent.clear()
    agent.look()
    assert far.sent == [{BOB}]
    assert set(far.syncs[-1].have) == {"accounts", "settings", "tenants"}


def test_what_it_does_not_know_is_named_and_all_else_served(agent, far, machine):
    toys = {"toys": documents.spread({"ball": {"note": "red"}})}
    far.want(payloads.payload({**ACCOUNTS, "bob": "new"}, generation=2, more=toys))
    ring(agent, far)
    report = agent.look()
    reason = "this node's image is too old for: toys"
    assert (report["status"], report["status_reason"]) == ("ACTIVE", reason)
    assert (report["generation"], code("bob", "new")) == (2, 235)
    # A later image finds it.
    assert machine.node.accepted().documents("toys") == {"ball": {"note": "red"}}
    far.want(payloads.payload(ACCOUNTS, generation=3))
    ring(agent, far)
    assert agent.look()["status_reason"] == ""


def test_one_pass_asks_once(agent, far):
    far.want(changed(bob="new"))
    ring(agent, far)
    far.syncs.clear()
    agent.look()
    assert len(far.syncs) == 1


def test_idle_passes_ask_nothing(agent, far):
    far.syncs.clear()
    for _ in range(5):
        agent.look()
    assert far.syncs == []


def test_renamed_instance(agent, far):
    agent.orchestrator.want(far.want(changed(generation=5) | {"name": "other"}))
    assert agent.look()["name"] == "other"
    assert agent.orchestrator.settled


def test_older_head_of_the_same_content_when_the_gateway_is_away(agent, far):
    far.want(payloads.payload(ACCOUNTS, generation=8))
    ring(agent, far)
    assert agent.look()["generation"] == 8
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    assert agent.look()["generation"] == 8


def test_account_that_is_gone_is_locked_out_with_its_session(agent, far):
    bob = fixtures.client(587, "bob@example.com", "b")
    alice = fixtures.alice()
    far.want(payloads.payload(generation=2))
    ring(agent, far)
    agent.look()
    with pytest.raises(OSError):
        bob.noop()
    assert alice.noop()[0] == 250
    assert code("bob", "b") == 535


def test_after_the_deletion_nothing_is_taken(agent, far, machine):
    agent.orchestrator.want(None)
    agent.look()
    ring(agent, far)
    for _ in range(2):
        agent.look()
    assert agent.orchestrator.facts == {}
    assert not pathlib.Path(machine.layout.payload).exists()
    assert not pathlib.Path(machine.layout.passwd).exists()
    agent.orchestrator.want(far.want(changed()))
    assert agent.look()["status"] == "ACTIVE"


def test_bulk_is_taken_as_well(agent, far):
    """A control plane whose gateway is switched off sends all in the payload."""
    agent.orchestrator.want(changed(carol="c"))
    assert agent.look()["generation"] == 2
    assert code("carol", "c") == 235
    assert agent.orchestrator.settled


def test_ring_makes_the_next_pass_begin_at_once(agent, far):
    service = agent.service
    service._period = service._relaxed_period = 60.0
    thread = threading.Thread(target=service._loop)
    thread.start()
    try:
        for generation in range(2, 12):
            name = f"user{generation}"
            far.want(changed(generation=generation, **{name: "p"}))
            far.ring()
            waiting.until(lambda name=name: code(name, "p") == 235, "it is there", 20)
        waiting.until(
            lambda: agent.orchestrator.report["generation"] == 11, "it is told", 20
        )
    finally:
        service.stop()
        thread.join()


def test_clock_of_the_day_is_of_no_matter(agent, far, monkeypatch):
    """Nothing but certificates depends on it."""
    real = time.time
    for jump in (-400_000.0, 400_000.0):
        monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
        generation = 3 if jump > 0 else 2
        far.want(changed(generation=generation, carol=str(generation)))
        ring(agent, far)
        assert agent.look()["generation"] == generation
        assert code("carol", str(generation)) == 235
