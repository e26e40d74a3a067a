# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Tenants of a node's send service: they come, change and go, and how."""

import gc
import shutil
import socket
import threading

import pytest

from exordos_mail.dataplane.agent import gateway
from exordos_mail.dataplane.engine import send_socket
from exordos_mail.dataplane.services.send import control as send_control
from exordos_mail.protocol import messages
from tests.integration.exim import (
    agents,
    far_gateway,
    fixtures,
    payloads,
    send_node,
    waiting,
)
from tests.integration.exim.send_node import (
    DATA,
    DIRECTORY,
    SOCKET,
    accounts_change,
    held,
    send,
    settles,
    tag,
    tags,
    want,
)

agent = send_node.agent
clock = send_node.clock
far = far_gateway.far


def test_tenant_sends_by_https(agent, internet):
    assert send() == 202
    head, content = internet.next_message()
    assert head["recipients"] == ["bob@elsewhere.test"]
    for wanted in (b"s=platform;", b"s=platform-ed25519;", b"d=example.com;"):
        assert wanted in content
    assert send(2) == 401


def test_idle_passes_look_once_and_change_nothing(agent, machine, far, monkeypatch):
    looks = []
    real = send_socket.exchange

    def counted(path, method, *rest):
        looks.append(method)
        return real(path, method, *rest)

    monkeypatch.setattr(send_socket, "exchange", counted)
    for _ in range(5):
        assert agent.status() == ("ACTIVE", "")
    assert looks == ["GET"] * 5
    assert (machine.send.orders, far.fetched) == ([], [])


def _looks() -> list[str]:
    """Return the threads that look at doors."""
    names = [one.name for one in threading.enumerate()]
    return [one for one in names if one.startswith("health of ")]


def test_instance_without_tenants_is_not_asked(machine, tmp_path, far):
    agent = agents.Agent(machine, tmp_path, far.client())
    # The one of the test before looks at its doors until it is gone.
    gc.collect()
    waiting.until(lambda: not _looks(), "nobody looks at doors", 30)
    agent.orchestrator.want(far.want(payloads.payload()))
    SOCKET.parent.mkdir()
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(SOCKET))
            listener.listen()
            listener.setblocking(False)
            for _ in range(5):
                assert agent.status() == ("ACTIVE", "")
            with pytest.raises(BlockingIOError):
                listener.accept()
    finally:
        agent.doorbell.stop()
        shutil.rmtree(SOCKET.parent)
    assert machine.send.orders == []
    assert not DIRECTORY.exists()


def test_only_what_differs_is_fetched(agent, far):
    one, two = payloads.document(1), payloads.document(2)
    want(agent, far, [one, two])
    settles(agent)
    assert held() == tags(one, two)
    assert far.fetched == [[two["uuid"]]]


def _restart(agent, far, *, knows_tenants) -> None:
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    far.knows_tenants = knows_tenants
    far.start()
    waiting.until(lambda: agent.doorbell.is_up, "connected again")


def test_gateway_that_does_not_know_tenants_takes_none_away(agent, far, machine):
    """The control plane steps back to a release before them, and forward again."""
    one = payloads.document()
    _restart(agent, far, knows_tenants=False)
    want(agent, far, [], accounts={"carol": "c"})
    settles(agent)
    assert fixtures.login_code("carol@example.com", "c") == 235
    machine.send.kill()
    settles(agent)
    assert (held(), send()) == (tags(one), 202)
    _restart(agent, far, knows_tenants=True)
    want(agent, far, [], generation=3)
    settles(agent)
    assert not DIRECTORY.exists()


def test_changed_tenant(agent, far):
    changed = payloads.document(1, tag=payloads.document(9)["tag"], api_keys=[])
    want(agent, far, [changed])
    settles(agent)
    assert send() == 401


def test_ring_brings_a_tenant_before_the_platform_does(agent, far):
    two = payloads.document(2)
    far.want(payloads.payload(tenants=[payloads.document(), two], generation=2))
    far.ring()
    waiting.until(lambda: agent.doorbell.is_rung, "the doorbell rings")
    assert agent.look()["generation"] == 2
    assert two["uuid"] in held()


def test_removed_tenant_goes_first(agent, far):
    """Another one may have its id."""
    other = payloads.document(2, id=payloads.document(1)["id"])
    want(agent, far, [other])
    settles(agent)
    assert held() == tags(other)


def test_last_tenant_takes_the_service_along(agent, far, machine):
    assert send() == 202
    want(agent, far, [])
    settles(agent)
    assert machine.send.pid is None
    assert not DIRECTORY.exists()
    assert list(DATA.iterdir()) == []
    smtp = fixtures.probe.connect(10025)
    smtp.ehlo("client.test")
    assert not smtp.has_extn("auth")
    want(agent, far, [payloads.document(2)], generation=3)
    settles(agent)
    assert held() == tags(payloads.document(2))


def test_refused_document(agent, far, clock):
    """The report says which and why; the others come, and so do accounts."""
    bad = payloads.document(2, callback_url="ftp://example.net", tag=tag(0))
    bad["callback_secret"] = "callback-secret"
    good = payloads.document(3)
    want(agent, far, [payloads.document(), bad, good])
    status, reason = agent.status()
    assert status == "ERROR"
    assert reason.startswith(f"tenant {bad['uuid']}: the send service refuses: ")
    assert "callback_url" in reason
    assert agent.orchestrator.report["revision"] == ""
    assert held() == tags(payloads.document(), good)
    far.fetched.clear()
    accounts_change(agent, far, [payloads.document(), bad, good])
    assert agent.orchestrator.status == (status, reason)
    assert far.fetched == []  # it is put off
    clock[0] += 1
    assert agent.status() == (status, reason)
    assert far.fetched == [[bad["uuid"]]]
    # Another document is tried at once.
    fixed = payloads.document(2)
    want(agent, far, [payloads.document(), fixed, good], generation=8)
    settles(agent)
    assert held() == tags(payloads.document(), fixed, good)


def test_absent_document_is_no_removal(agent, far):
    changed = payloads.document(1, tag=tag(1))
    want(agent, far, [changed])
    far.answer = _no_documents
    status, reason = agent.status()
    assert status == "IN_PROGRESS"
    assert "1 tenants" in reason
    assert held() == tags(payloads.document())
    assert send() == 202
    far.answer = lambda honest: honest
    settles(agent)
    assert held() == tags(changed)


def _no_documents(reply):
    for message in reply:
        if isinstance(message, messages.Documents):
            yield messages.Documents(message.number, {}, "", last=True)
        else:
            yield message


def test_gateway_that_cannot_be_asked(agent, far, monkeypatch):
    """The reason is told; what is there stays."""
    want(agent, far, [payloads.document(1, tag=tag(1))])
    monkeypatch.setattr(gateway, "_REPLY_TIMEOUT", 0.2)
    far.answer = lambda reply: () if isinstance(reply[0], messages.Documents) else reply
    status, reason = agent.status()
    assert status == "IN_PROGRESS"
    assert "the node gateway does not answer" in reason
    assert held() == tags(payloads.document())
    far.answer = lambda honest: honest
    settles(agent)


def test_agent_that_ends_between_payload_and_hand_over(agent, far, monkeypatch):
    def killed(*args):
        raise KeyboardInterrupt

    changed = payloads.document(1, tag=tag(1))
    want(agent, far, [changed, payloads.document(2)])
    with monkeypatch.context() as patch:
        patch.setattr(send_control.Control, "put", killed)
        with pytest.raises(KeyboardInterrupt):
            agent.look()
    assert held() == tags(payloads.document())
    agent.restart()
    settles(agent)
    assert held() == tags(changed, payloads.document(2))


def test_platform_without_a_gateway(machine, tmp_path, clock):
    """The documents come with the payload, and again as long as they are needed."""
    agent = agents.Agent(machine, tmp_path)
    one, two = payloads.document(1), payloads.document(2)
    agent.orchestrator.want(payloads.payload(tenants=[one]))
    settles(agent)
    agent.orchestrator.want(payloads.payload(tenants=[one, two], generation=2))
    settles(agent)
    assert held() == tags(one, two)
    machine.send.kill()
    for path in DATA.iterdir():
        if path.is_file():
            path.unlink()
    clock[0] += 60
    settles(agent)
    assert held() == tags(one, two)


def test_ring_ends_the_pass_that_hands_over(agent, far, monkeypatch):
    """exim's part of the next pass waits for one tenant at most."""
    documents = [payloads.document(number) for number in range(1, 12)]
    puts = []
    real = send_control.Control.put

    def ringing(self, uuid, document):
        real(self, uuid, document)
        puts.append(uuid)
        far.ring()
        waiting.until(lambda: agent.doorbell.is_rung, "the doorbell rings")

    want(agent, far, documents)
    with monkeypatch.context() as patch:
        patch.setattr(send_control.Control, "put", ringing)
        status, reason = agent.status()
        assert status == "IN_PROGRESS"
        assert "tenants" in reason
        # Once when the platform's payload was taken, once for the ring.
        assert len(puts) <= 2
        accounts_change(agent, far, documents)
    settles(agent)
    assert held() == tags(*documents)


def test_no_gateway_is_no_failure_of_the_service(agent, far, machine):
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    for _ in range(3):
        assert agent.status() == ("ACTIVE", "")
    assert machine.send.orders == []
