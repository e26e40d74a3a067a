#    Copyright 2026 The exordos_mail authors.
#
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""The node fetches what it is to be from the node gateway."""

import logging
import pathlib
import threading
import time

import pytest

from exordos_mail.dataplane import agent as agent_lib
from exordos_mail.dataplane import converge, fetcher, gateway
from exordos_mail.protocol import messages, shards
from tests.integration.exim import agents, far_gateway, fixtures, payloads, waiting

_BOTH = {"alice": payloads.PASSWORD, "bob": "b"}
_ALICE, _BOB = shards.number("alice"), shards.number("bob")


@pytest.fixture
def far():
    far = far_gateway.Gateway()
    yield far
    far.stop()


@pytest.fixture
def agent(machine, tmp_path, far, caplog, monkeypatch):
    """An agent that serves alice and bob, all of which came by the gateway."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(gateway, "_BACKOFF_MIN", 0.1)
    agent = agents.Agent(machine, tmp_path, far.client())
    agent.orchestrator.want(far.want(payloads.payload(_BOTH)))
    report = agent.look()
    assert (report["status"], report["status_reason"]) == ("ACTIVE", "")
    assert agent.orchestrator.settled
    _quiet(agent)
    yield agent
    agent.doorbell.stop()
    assert "$6$" not in caplog.text
    assert "Traceback" not in caplog.text


def _quiet(agent) -> None:
    """Let the ring of a new connection be answered."""
    waiting.until(lambda: agent.doorbell.is_up, "connected")
    while agent.doorbell.is_rung:
        agent.look()


def _ring(agent, far) -> None:
    far.ring()
    waiting.until(lambda: agent.doorbell.is_rung, "the doorbell rings")


def _changed(generation=2, **passwords):
    return payloads.payload({**_BOTH, **passwords}, generation=generation)


def _code(name: str, password: str) -> int:
    return fixtures.login_code(f"{name}@example.com", password, new_client=True)


@pytest.fixture
def clock(monkeypatch):
    """The clock of the patience with a gateway."""
    clock = [1000.0]
    monkeypatch.setattr(fetcher, "_monotonic", lambda: clock[0])
    return clock


def test_first_payload(agent):
    assert _code("alice", payloads.PASSWORD) == 235
    assert _code("bob", "b") == 235


def test_ring_brings_a_change_before_the_platform_does(agent, far):
    new = far.want(_changed(carol="c"))
    _ring(agent, far)
    assert agent.look()["generation"] == 2
    assert _code("carol", "c") == 235
    # The platform's payload is still the old one: nothing goes back.
    for _ in range(3):
        assert agent.look()["revision"] == new["revision"]
    assert _code("carol", "c") == 235
    agent.orchestrator.want(new)
    agent.look()
    assert agent.orchestrator.settled


def test_platform_brings_a_change_without_a_ring(agent, far):
    agent.orchestrator.want(far.want(_changed(bob="new")))
    assert agent.look()["generation"] == 2
    assert agent.orchestrator.settled
    assert _code("bob", "new") == 235
    assert _code("bob", "b") == 535


def test_only_what_differs_travels(agent, far):
    far.want(_changed(bob="new"))
    _ring(agent, far)
    far.sent.clear()
    agent.look()
    assert far.sent == [{_BOB}]
    assert far.syncs[-1].settings


def test_one_pass_asks_once(agent, far):
    far.want(_changed(bob="new"))
    _ring(agent, far)
    far.syncs.clear()
    agent.look()
    assert len(far.syncs) == 1


def test_idle_passes_ask_nothing(agent, far):
    far.syncs.clear()
    for _ in range(5):
        agent.look()
    assert far.syncs == []


def test_renamed_instance(agent, far):
    agent.orchestrator.want(far.want(_changed(generation=5) | {"name": "other"}))
    assert agent.look()["name"] == "other"
    assert agent.orchestrator.settled


def test_older_head_of_the_same_content_when_the_gateway_is_away(agent, far):
    far.want(payloads.payload(_BOTH, generation=8))
    _ring(agent, far)
    assert agent.look()["generation"] == 8
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    assert agent.look()["generation"] == 8


def test_account_that_is_gone_is_locked_out_with_its_session(agent, far):
    bob = fixtures.client(587, "bob@example.com", "b")
    alice = fixtures.alice()
    far.want(payloads.payload(generation=2))
    _ring(agent, far)
    agent.look()
    with pytest.raises(OSError):
        bob.noop()
    assert alice.noop()[0] == 250
    assert _code("bob", "b") == 535


def test_wrong_key(machine, tmp_path, far, clock):
    machine.apply(payloads.payload(_BOTH))
    agent = agents.Agent(machine, tmp_path, far.client(key=bytes(32)))
    agent.orchestrator.want(far.want(_changed(carol="c")))
    agent.look()
    clock[0] += 11
    status, reason = _status(agent)
    assert status == "IN_PROGRESS"
    assert reason.startswith("the node gateway is away")
    assert not agent.doorbell.is_served
    assert _code("bob", "b") == 235
    agent.doorbell.stop()


def _status(agent) -> tuple[str, str]:
    agent.look()
    return agent.orchestrator.status


def _cut(reply):
    yield reply[0]
    raise far_gateway.Cut


def _half(reply):
    yield reply[0]
    yield messages.Shards(reply[0].number, {}, last=True)


def _lie(reply):
    yield reply[0]
    text = f"alice:{payloads.hashed('other')}\n"
    yield messages.Shards(reply[0].number, {_ALICE: text}, last=True)


def _refuse(reply):
    yield messages.Refused(reply[0].number, "nothing for this node")


def _nonsense(reply):
    yield reply[1]


def _silence(reply):
    return ()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_cut, "the node gateway is away"),
        (_half, "is missing in the reply"),
        (_lie, "is not of its digest"),
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
    new = far.want(_changed(carol="c"))
    agent.orchestrator.want(new)
    assert _status(agent) == ("ACTIVE", "")
    clock[0] += 9
    assert _status(agent) == ("ACTIVE", "")
    clock[0] += 2
    status, reason = _status(agent)
    assert status == "IN_PROGRESS"
    assert why in reason
    assert agent.orchestrator.report["revision"] == old
    assert (_code("bob", "b"), _code("carol", "c")) == (235, 535)
    far.answer = lambda honest: honest
    waiting.until(lambda: _status(agent) == ("ACTIVE", ""), "healed")
    assert agent.orchestrator.settled
    assert _code("carol", "c") == 235


def test_gateway_away(agent, far, clock):
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    for _ in range(3):
        # There is nothing that the node would ask.
        clock[0] += 60
        assert _status(agent) == ("ACTIVE", "")
    agent.orchestrator.want(far.want(_changed(carol="c")))
    agent.look()
    clock[0] += 11
    assert _status(agent)[0] == "IN_PROGRESS"
    assert _code("bob", "b") == 235
    far.start()
    waiting.until(lambda: _status(agent) == ("ACTIVE", ""), "healed")
    assert agent.orchestrator.settled
    assert _code("carol", "c") == 235


def test_wanted_again_what_is_there_ends_the_complaint(agent, far, clock):
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    agent.orchestrator.want(far.want(_changed(carol="c")))
    agent.look()
    clock[0] += 11
    assert _status(agent)[0] == "IN_PROGRESS"
    agent.orchestrator.want(payloads.without_bulk(payloads.payload(_BOTH)))
    agent.look()
    assert _status(agent) == ("ACTIVE", "")


def test_change_missed_while_the_connection_was_lost(agent, far):
    far.stop()
    far.want(_changed(carol="c"))
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    far.start()
    waiting.until(lambda: agent.doorbell.is_up and agent.doorbell.is_rung, "back")
    agent.look()
    assert _code("carol", "c") == 235


def test_node_without_state_and_without_gateway_locks_nobody_out(agent, far, machine):
    far.stop()
    pathlib.Path(machine.layout.payload).unlink()
    agent.restart()
    for _ in range(3):
        status, reason = _status(agent)
        assert status == "IN_PROGRESS"
        assert reason
    assert _code("bob", "b") == 235
    far.start()
    waiting.until(lambda: _status(agent) == ("ACTIVE", ""), "healed")
    assert agent.orchestrator.settled


@pytest.mark.parametrize("damage", [pathlib.Path.unlink, lambda p: p.write_text("x")])
def test_damaged_shard_is_fetched_again(agent, far, machine, damage):
    digest = machine.node.accepted().digests[_BOB]
    path = pathlib.Path(machine.layout.accounts(_BOB, digest))
    damage(path)
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    # All else is repaired, what is in service stays.
    pathlib.Path("/etc/exim4/lookups/domains.cdb").unlink()
    for _ in range(2):
        status, reason = _status(agent)
        assert (status, agent.orchestrator.report["revision"]) == ("IN_PROGRESS", "")
    assert f"shard {_BOB} of the accounts is damaged" in reason
    assert pathlib.Path("/etc/exim4/lookups/domains.cdb").exists()
    assert _code("bob", "b") == 235
    far.sent.clear()
    far.start()
    waiting.until(lambda: _status(agent) == ("ACTIVE", ""), "healed")
    assert {_BOB} in far.sent
    assert {_ALICE} & set().union(*far.sent) == set()
    assert agent.orchestrator.settled


def test_account_that_goes_while_its_shard_is_damaged_is_locked_out(
    agent, far, machine
):
    bob = fixtures.client(587, "bob@example.com", "b")
    digest = machine.node.accepted().digests[_BOB]
    pathlib.Path(machine.layout.accounts(_BOB, digest)).unlink()
    far.want(payloads.payload(generation=2))
    _ring(agent, far)
    agent.look()
    with pytest.raises(OSError):
        bob.noop()


def test_content_that_breaks_a_rule_is_an_error(agent, far):
    value = payloads.payload(hashes={"alice": "no hash"}, generation=2)
    agent.orchestrator.want(far.want(value))
    status, reason = _status(agent)
    assert status == "ERROR"
    assert reason == "the hash of account alice is not a crypt(5) hash"
    far.syncs.clear()
    assert _status(agent)[0] == "ERROR"
    assert far.syncs == []  # it is put off
    assert _code("bob", "b") == 235
    far.want(_changed(generation=3, carol="c"))
    _ring(agent, far)
    agent.look()
    assert _code("carol", "c") == 235


def test_after_the_deletion_nothing_is_taken(agent, far, machine):
    agent.orchestrator.want(None)
    agent.look()
    _ring(agent, far)
    for _ in range(2):
        agent.look()
    assert agent.orchestrator.facts == {}
    assert not pathlib.Path(machine.layout.payload).exists()
    assert not pathlib.Path(machine.layout.passwd).exists()
    agent.orchestrator.want(far.want(_changed()))
    assert agent.look()["status"] == "ACTIVE"


def test_agent_that_ends_between_the_change_and_the_report(agent, far, monkeypatch):
    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    far.want(_changed(carol="c"))
    _ring(agent, far)
    with monkeypatch.context() as patch:
        patch.setattr(agent.orchestrator, "resources_update", killed)
        with pytest.raises(KeyboardInterrupt):
            agent.look()
    assert _code("carol", "c") == 235
    assert agent.orchestrator.report["generation"] == 1
    agent.restart()
    assert agent.look()["generation"] == 2


def test_bulk_is_taken_as_well(agent, far):
    """A control plane whose gateway is switched off sends all in the payload."""
    agent.orchestrator.want(_changed(carol="c"))
    assert agent.look()["generation"] == 2
    assert _code("carol", "c") == 235
    assert agent.orchestrator.settled


def test_ring_makes_the_next_pass_begin_at_once(agent, far):
    service = agent.service
    service._period = service._relaxed_period = 60.0
    thread = threading.Thread(target=service._loop)
    thread.start()
    try:
        for generation in range(2, 12):
            name = f"user{generation}"
            far.want(_changed(generation=generation, **{name: "p"}))
            far.ring()
            waiting.until(lambda name=name: _code(name, "p") == 235, "it is there", 20)
        waiting.until(
            lambda: agent.orchestrator.report["generation"] == 11, "it is told", 20
        )
    finally:
        service.stop()
        thread.join()


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
    _ring(agent, far)
    agent.service.reset_boost()
    agent.look()
    assert agent.service.effective_iter_min_period == 1.5


def test_clock_of_the_day_is_of_no_matter(agent, far, monkeypatch):
    """Nothing but certificates depends on it."""
    real = time.time
    for jump in (-400_000.0, 400_000.0):
        monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
        generation = 3 if jump > 0 else 2
        far.want(_changed(generation=generation, carol=str(generation)))
        _ring(agent, far)
        assert agent.look()["generation"] == generation
        assert _code("carol", str(generation)) == 235


def test_failing_apply_is_not_repeated_in_every_pass(agent, far, monkeypatch):
    tries = []

    def fail(*args):
        tries.append(1)
        raise converge.NotInService("no")

    with monkeypatch.context() as patch:
        patch.setattr(converge.MailNode, "_apply", fail)
        agent.orchestrator.want(far.want(_changed(carol="c")))
        for _ in range(4):
            assert _status(agent) == ("ERROR", "no")
    assert len(tries) == 1
