# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Gateways that are away or lie, and what else is in the way of a change."""

import dataclasses
import pathlib

import pytest

from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.agent import program as agent_lib
from exordos_mail.dataplane.engine import service
from exordos_mail.dataplane.services.exim import service as exim
from exordos_mail.protocol import documents, messages
from tests.integration.exim import (
    agents,
    far_gateway,
    fixtures,
    gateway_node,
    payloads,
    waiting,
)
from tests.integration.exim.gateway_node import (
    ACCOUNTS,
    ALICE,
    BOB,
    changed,
    code,
    ring,
)

agent = gateway_node.agent
far = far_gateway.far
clock = gateway_node.clock


def test_wrong_key(machine, tmp_path, far, clock):
    machine.apply(payloads.payload(ACCOUNTS))
    agent = agents.Agent(machine, tmp_path, far.client(key=bytes(32)))
    agent.orchestrator.want(far.want(changed(carol="c")))
    agent.look()
    clock[0] += 11
    status, reason = agent.status()
    assert status == "IN_PROGRESS"
    assert reason.startswith("the node gateway is away")
    assert not agent.doorbell.is_served
    assert code("bob", "b") == 235
    agent.doorbell.stop()


def _cut(reply):
    if isinstance(reply[0], messages.Documents):
        raise far_gateway.Cut
    return reply


def _half(reply):
    """Give no text."""
    for message in reply:
        yield (
            messages.Documents(message.number, {}, "", last=True)
            if isinstance(message, messages.Documents)
            else message
        )


def _lie(reply):
    for message in reply:
        if isinstance(message, messages.Documents):
            account = {"alice": {"password_hash": payloads.hashed("other")}}
            texts = {ALICE: documents.text(account)}
            message = messages.Documents(message.number, texts, "", last=True)
        yield message


def _other_state(reply):
    """Tell buckets that are not those of the state."""
    for message in reply:
        if isinstance(message, messages.State):
            message = dataclasses.replace(message, changed={})
        yield message


def _refuse(reply):
    yield messages.Refused(reply[0].number, "nothing for this node")


def _nonsense(reply):
    yield messages.Sync(reply[0].number, {})


def _silence(reply):
    return ()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_cut, "the node gateway is away"),
        (_half, "of accounts is missing, or not of its digest"),
        (_lie, "of accounts is missing, or not of its digest"),
        (_other_state, "the buckets of accounts are not those of the state"),
        (_refuse, "nothing for this node"),
        (_nonsense, "the node gateway is away"),
        (_silence, "the node gateway"),
    ],
)
def test_bad_reply(agent, far, clock, monkeypatch, answer, why):
    """What was accepted stays; the report says why, after a while; it heals."""
    monkeypatch.setattr(gateway, "_REPLY_TIMEOUT", 0.2)
    far.answer = answer
    old = agent.orchestrator.report["revision"]
    new = far.want(changed(carol="c"))
    agent.orchestrator.want(new)
    assert agent.status() == ("ACTIVE", "")
    clock[0] += 9
    assert agent.status() == ("ACTIVE", "")
    clock[0] += 2
    status, reason = agent.status()
    assert status == "IN_PROGRESS"
    assert why in reason
    assert agent.orchestrator.report["revision"] == old
    assert (code("bob", "b"), code("carol", "c")) == (235, 535)
    far.answer = lambda honest: honest
    waiting.until(lambda: agent.status() == ("ACTIVE", ""), "healed")
    assert agent.orchestrator.settled
    assert code("carol", "c") == 235


def test_gateway_away(agent, far, clock):
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    for _ in range(3):
        # There is nothing that the node would ask.
        clock[0] += 60
        assert agent.status() == ("ACTIVE", "")
    agent.orchestrator.want(far.want(changed(carol="c")))
    agent.look()
    clock[0] += 11
    assert agent.status()[0] == "IN_PROGRESS"
    assert code("bob", "b") == 235
    far.start()
    waiting.until(lambda: agent.status() == ("ACTIVE", ""), "healed")
    assert agent.orchestrator.settled
    assert code("carol", "c") == 235


def test_wanted_again_what_is_there_ends_the_complaint(agent, far, clock):
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    agent.orchestrator.want(far.want(changed(carol="c")))
    agent.look()
    clock[0] += 11
    assert agent.status()[0] == "IN_PROGRESS"
    agent.orchestrator.want(payloads.without_bulk(payloads.payload(ACCOUNTS)))
    agent.look()
    assert agent.status() == ("ACTIVE", "")


def test_change_missed_while_the_connection_was_lost(agent, far):
    far.stop()
    far.want(changed(carol="c"))
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    far.start()
    waiting.until(lambda: agent.doorbell.is_up and agent.doorbell.is_rung, "back")
    agent.look()
    assert code("carol", "c") == 235


def test_node_without_state_and_without_gateway_locks_nobody_out(agent, far, machine):
    far.stop()
    pathlib.Path(machine.layout.payload).unlink()
    agent.restart()
    for _ in range(3):
        status, reason = agent.status()
        assert status == "IN_PROGRESS"
        assert reason
    assert code("bob", "b") == 235
    far.start()
    waiting.until(lambda: agent.status() == ("ACTIVE", ""), "healed")
    assert agent.orchestrator.settled


@pytest.mark.parametrize("damage", [pathlib.Path.unlink, lambda p: p.write_text("x")])
def test_damaged_bucket_is_fetched_again(agent, far, machine, damage):
    digest = machine.node.accepted().digests("accounts")[BOB]
    path = pathlib.Path(machine.layout.text(("accounts", BOB), digest))
    damage(path)
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    # All else is repaired, what is in service stays.
    pathlib.Path("/etc/exim4/lookups/limits.cdb").unlink()
    for _ in range(2):
        status, reason = agent.status()
        assert (status, agent.orchestrator.report["revision"]) == ("IN_PROGRESS", "")
    assert f"bucket {BOB} of accounts is damaged" in reason
    assert pathlib.Path("/etc/exim4/lookups/limits.cdb").exists()
    assert code("bob", "b") == 235
    far.sent.clear()
    far.start()
    waiting.until(lambda: agent.status() == ("ACTIVE", ""), "healed")
    assert {BOB} in far.sent
    assert {ALICE} & set().union(*far.sent) == set()
    assert agent.orchestrator.settled


def test_account_that_goes_while_its_bucket_is_damaged_is_locked_out(
    agent, far, machine
):
    bob = fixtures.client(587, "bob@example.com", "b")
    digest = machine.node.accepted().digests("accounts")[BOB]
    pathlib.Path(machine.layout.text(("accounts", BOB), digest)).unlink()
    far.want(payloads.payload(generation=2))
    ring(agent, far)
    agent.look()
    with pytest.raises(OSError):
        bob.noop()


def test_content_that_breaks_a_rule_is_an_error(agent, far):
    value = payloads.payload(hashes={"alice": "no hash"}, generation=2)
    agent.orchestrator.want(far.want(value))
    status, reason = agent.status()
    assert status == "ERROR"
    assert reason == "the hash of account alice is not a crypt(5) hash"
    far.syncs.clear()
    assert agent.status()[0] == "ERROR"
    assert far.syncs == []  # it is put off
    assert code("bob", "b") == 235
    far.want(changed(generation=3, carol="c"))
    ring(agent, far)
    agent.look()
    assert code("carol", "c") == 235


def test_agent_that_ends_between_the_change_and_the_report(agent, far, monkeypatch):
    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    far.want(changed(carol="c"))
    ring(agent, far)
    with monkeypatch.context() as patch:
        patch.setattr(agent.orchestrator, "resources_update", killed)
        with pytest.raises(KeyboardInterrupt):
            agent.look()
    assert code("carol", "c") == 235
    assert agent.orchestrator.report["generation"] == 1
    agent.restart()
    assert agent.look()["generation"] == 2


def test_period_is_relaxed_while_the_connection_is_up(agent, far):
    service = agent.service
    service.reset_boost()
    agent.look()
    assert service.effective_iter_min_period == agent_lib.RELAXED_PERIOD_DEFAULT
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    agent.look()
    assert service.effective_iter_min_period == 1.5


def test_period_is_not_relaxed_for_a_node_that_nobody_would_ring_for(agent, far):
    far.answer = _refuse
    ring(agent, far)
    agent.service.reset_boost()
    agent.look()
    assert agent.service.effective_iter_min_period == 1.5


def test_failing_apply_is_not_repeated_in_every_pass(agent, far, monkeypatch):
    tries = []

    def fail(*args):
        tries.append(1)
        raise service.Problem("no")

    with monkeypatch.context() as patch:
        patch.setattr(exim.Exim, "bring", fail)
        agent.orchestrator.want(far.want(changed(carol="c")))
        for _ in range(4):
            assert agent.status() == ("ERROR", "no")
    assert len(tries) == 1
