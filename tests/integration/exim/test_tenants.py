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

"""The send service of a node: tenants come, change, go, and survive its faults."""

import contextlib
import http.client
import json
import logging
import os
import pathlib
import shutil
import signal
import socket
import ssl

import pytest

from exordos_mail.dataplane import (
    backoff,
    configure,
    gateway,
    send_control,
    tenants,
)
from exordos_mail.protocol import messages
from tests.integration.exim import agents, far_gateway, fixtures, payloads, waiting

_DIRECTORY = pathlib.Path("/etc/exordos_mail_send")
_DATA = pathlib.Path("/var/lib/exordos-mail-send")
_SOCKET = pathlib.Path("/run/exordos-mail-send/control.sock")
_SECRET = _DIRECTORY / "smtp-password"


@pytest.fixture
def far():
    far = far_gateway.Gateway()
    yield far
    far.stop()


@pytest.fixture
def clock(monkeypatch):
    """The clock of what is put off."""
    clock = [1000.0]
    monkeypatch.setattr(backoff, "_monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def agent(machine, tmp_path, far, clock, caplog, monkeypatch):
    """An agent of an instance with one tenant, which has come by the gateway."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(gateway, "_BACKOFF_MIN", 0.1)
    agent = agents.Agent(machine, tmp_path, far.client())
    _want(agent, far, [payloads.document()], generation=1)
    _settles(agent)
    waiting.until(lambda: agent.doorbell.is_up, "connected")
    while agent.doorbell.is_rung:
        agent.look()
    far.fetched.clear()
    machine.send.orders.clear()
    yield agent
    agent.doorbell.stop()
    secret = _SECRET.read_text() if _SECRET.exists() else "nothing"
    told = [caplog.text, str(agent.orchestrator.facts), agent.payload_file.read_text()]
    told += [machine.log(), machine.send.log()]
    for text in told:
        for word in (secret, payloads.api_key(), "callback-secret"):
            assert word not in text
    assert "Traceback" not in caplog.text


def _want(agent, far, documents, generation=2, **changes) -> None:
    value = payloads.payload(tenants=documents, generation=generation, **changes)
    agent.orchestrator.want(far.want(value))


def _status(agent) -> tuple[str, str]:
    agent.look()
    return agent.orchestrator.status


def _settles(agent) -> None:
    waiting.until(lambda: _status(agent) == ("ACTIVE", ""), "settled", 30)
    assert agent.orchestrator.settled


def _held() -> dict[str, str]:
    return send_control.Control(_SOCKET).look().tags


def _tags(*documents) -> dict[str, str]:
    return {one["uuid"]: one["tag"] for one in documents}


def _call(method, path, key, body=None) -> tuple[int, dict]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", 443, context=context)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with contextlib.closing(connection):
        connection.request(method, path, body and json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or "{}")


def _send(number=1) -> int:
    message = {
        "from": "news@example.com",
        "to": "bob@elsewhere.test",
        "subject": "Hello",
        "text": "Sent by HTTP.",
    }
    return _call("POST", "/v1/messages", payloads.api_key(number), message)[0]


def test_tenant_sends_by_https(agent, internet):
    assert _send() == 202
    head, content = internet.next_message()
    assert head["recipients"] == ["bob@elsewhere.test"]
    for wanted in (b"s=platform;", b"s=platform-ed25519;", b"d=example.com;"):
        assert wanted in content
    assert _send(2) == 401


def test_idle_passes_look_once_and_change_nothing(agent, machine, far, monkeypatch):
    looks = []
    real = send_control.Control._exchange

    def counted(self, method, *args):
        looks.append(method)
        return real(self, method, *args)

    monkeypatch.setattr(send_control.Control, "_exchange", counted)
    for _ in range(5):
        assert _status(agent) == ("ACTIVE", "")
    assert looks == ["GET"] * 5
    assert (machine.send.orders, far.fetched) == ([], [])


def test_instance_without_tenants_is_not_asked(machine, tmp_path, far):
    agent = agents.Agent(machine, tmp_path, far.client())
    agent.orchestrator.want(far.want(payloads.payload()))
    _SOCKET.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(_SOCKET))
        listener.listen()
        listener.setblocking(False)
        for _ in range(5):
            assert _status(agent) == ("ACTIVE", "")
        with pytest.raises(BlockingIOError):
            listener.accept()
    agent.doorbell.stop()
    shutil.rmtree(_SOCKET.parent)
    assert machine.send.orders == []
    assert not _DIRECTORY.exists()


def test_files_are_for_the_service_only(agent):
    found = {
        str(path): f"{path.stat().st_mode & 0o7777:o} {path.owner()}:{path.group()}"
        for path in (_DIRECTORY, *_DIRECTORY.rglob("*"))
    }
    directory, file = "750 root:exordos-mail-send", "640 root:exordos-mail-send"
    assert found == {
        "/etc/exordos_mail_send": directory,
        "/etc/exordos_mail_send/environment": file,
        "/etc/exordos_mail_send/smtp-password": file,
        "/etc/exordos_mail_send/tls": directory,
        "/etc/exordos_mail_send/tls/cert.pem": file,
        "/etc/exordos_mail_send/tls/key.pem": file,
    }


def test_only_what_differs_is_fetched(agent, far):
    one, two = payloads.document(1), payloads.document(2)
    _want(agent, far, [one, two])
    _settles(agent)
    assert _held() == _tags(one, two)
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
    _want(agent, far, [], accounts={"carol": "c"})
    _settles(agent)
    assert fixtures.login_code("carol@example.com", "c") == 235
    machine.send.kill()
    _settles(agent)
    assert (_held(), _send()) == (_tags(one), 202)
    _restart(agent, far, knows_tenants=True)
    _want(agent, far, [], generation=3)
    _settles(agent)
    assert not _DIRECTORY.exists()


def test_changed_tenant(agent, far):
    changed = payloads.document(1, tag=payloads.document(9)["tag"], api_keys=[])
    _want(agent, far, [changed])
    _settles(agent)
    assert _send() == 401


def test_ring_brings_a_tenant_before_the_platform_does(agent, far):
    two = payloads.document(2)
    far.want(payloads.payload(tenants=[payloads.document(), two], generation=2))
    far.ring()
    waiting.until(lambda: agent.doorbell.is_rung, "the doorbell rings")
    assert agent.look()["generation"] == 2
    assert two["uuid"] in _held()


def test_removed_tenant_goes_first(agent, far):
    """Another one may have its id."""
    other = payloads.document(2, id=payloads.document(1)["id"])
    _want(agent, far, [other])
    _settles(agent)
    assert _held() == _tags(other)


def test_last_tenant_takes_the_service_along(agent, far, machine):
    assert _send() == 202
    _want(agent, far, [])
    _settles(agent)
    assert machine.send.pid is None
    assert not _DIRECTORY.exists()
    assert list(_DATA.iterdir()) == []
    smtp = fixtures.probe.connect(10025)
    smtp.ehlo("client.test")
    assert not smtp.has_extn("auth")
    _want(agent, far, [payloads.document(2)], generation=3)
    _settles(agent)
    assert _held() == _tags(payloads.document(2))


def test_killed_service_comes_back_with_its_tenants(agent, far, machine):
    machine.send.kill()
    _settles(agent)
    assert machine.send.orders == ["start"]
    assert far.fetched == []
    assert _send() == 202


def test_lost_database_is_filled_again(agent, far, machine, internet):
    machine.send.kill()
    for path in _DATA.iterdir():
        if path.is_file():
            path.unlink()
    _settles(agent)
    assert _held() == _tags(payloads.document())
    assert _send() == 202
    internet.next_message()


def test_service_that_does_not_start(agent, far, machine, clock, monkeypatch):
    """It is told; exim goes on; it is tried again later."""
    monkeypatch.setattr(tenants, "_START_TIMEOUT", 0.2)
    machine.send.kill()
    with monkeypatch.context() as patch:
        patch.setattr(machine.send, "_start", lambda: None)
        _status(agent)
        assert _status(agent) == ("ERROR", "the send service does not start")
        assert agent.orchestrator.report["revision"] == ""
        for _ in range(3):
            _status(agent)
        assert machine.send.orders == ["start"]
        _accounts_change(agent, far, [payloads.document()])
        clock[0] += 1
        _status(agent)
        assert machine.send.orders == ["start", "start"]
    monkeypatch.setattr(tenants, "_START_TIMEOUT", 10.0)
    clock[0] += 60
    _settles(agent)


def test_service_that_ends_at_its_start(agent, far, machine, clock):
    """Nobody waits for it, and when it is back, that is seen at once."""
    machine.send.kill()
    database = _DATA / "send.sqlite3"
    for path in _DATA.glob("send.sqlite3*"):
        path.unlink()
    database.write_text("no database " * 1000)
    told = ("ERROR", "the send service ends at its start")
    waiting.until(lambda: _status(agent) == told, "it is told")
    assert not _SOCKET.exists()
    database.unlink()
    machine.send.start()
    waiting.until(_SOCKET.exists, "it listens")
    _settles(agent)
    assert _held() == _tags(payloads.document())


def _accounts_change(agent, far, documents, generation=7) -> None:
    """An account that is new can log in after one pass."""
    accounts = {"alice": payloads.PASSWORD, "carol": "c"}
    value = payloads.payload(accounts, tenants=documents, generation=generation)
    agent.orchestrator.want(far.want(value))
    agent.look()
    assert fixtures.login_code("carol@example.com", "c", new_client=True) == 235
    assert agent.orchestrator.report["generation"] == generation


def test_hanging_service(agent, far, machine, clock, monkeypatch):
    """It is told, exim goes on, and after some time the service is started anew."""
    monkeypatch.setattr(send_control, "_LOOK_TIMEOUT", 0.2)
    os.kill(machine.send.pid, signal.SIGSTOP)
    assert _status(agent) == ("ERROR", "the send service does not answer")
    _accounts_change(agent, far, [payloads.document()])
    clock[0] += 1
    assert _status(agent)[0] == "ERROR"
    assert machine.send.orders == []
    clock[0] += 2
    assert _status(agent)[0] == "ERROR"
    assert machine.send.orders == ["restart"]
    monkeypatch.setattr(send_control, "_LOOK_TIMEOUT", 2.0)
    clock[0] += 60
    _settles(agent)
    assert _held() == _tags(payloads.document())


def test_service_that_answers_again_is_left_alone(agent, machine, clock, monkeypatch):
    monkeypatch.setattr(send_control, "_LOOK_TIMEOUT", 0.2)
    os.kill(machine.send.pid, signal.SIGSTOP)
    assert _status(agent) == ("ERROR", "the send service does not answer")
    os.kill(machine.send.pid, signal.SIGCONT)
    monkeypatch.setattr(send_control, "_LOOK_TIMEOUT", 2.0)
    clock[0] += 60
    _settles(agent)
    assert machine.send.orders == []


def test_refused_document(agent, far, clock):
    """The report says which and why; the others come, and so do accounts."""
    bad = payloads.document(2, callback_url="ftp://example.net", tag=_tag(0))
    bad["callback_secret"] = "callback-secret"
    good = payloads.document(3)
    _want(agent, far, [payloads.document(), bad, good])
    status, reason = _status(agent)
    assert status == "ERROR"
    assert reason.startswith(f"tenant {bad['uuid']}: the send service refuses: ")
    assert "callback_url" in reason
    assert agent.orchestrator.report["revision"] == ""
    assert _held() == _tags(payloads.document(), good)
    far.fetched.clear()
    _accounts_change(agent, far, [payloads.document(), bad, good])
    assert agent.orchestrator.status == (status, reason)
    assert far.fetched == []  # it is put off
    clock[0] += 1
    assert _status(agent) == (status, reason)
    assert far.fetched == [[bad["uuid"]]]
    # Another document is tried at once.
    fixed = payloads.document(2)
    _want(agent, far, [payloads.document(), fixed, good], generation=8)
    _settles(agent)
    assert _held() == _tags(payloads.document(), fixed, good)


def _tag(number: int) -> str:
    return payloads.document(0x500 + number)["tag"]


def test_absent_document_is_no_removal(agent, far):
    changed = payloads.document(1, tag=_tag(1))
    _want(agent, far, [changed])
    far.answer = _no_documents
    status, reason = _status(agent)
    assert status == "IN_PROGRESS"
    assert "1 tenants" in reason
    assert _held() == _tags(payloads.document())
    assert _send() == 202
    far.answer = lambda honest: honest
    _settles(agent)
    assert _held() == _tags(changed)


def _no_documents(reply):
    for message in reply:
        if isinstance(message, messages.Tenants):
            yield messages.Tenants(message.number, {}, "", last=True)
        else:
            yield message


def test_gateway_that_cannot_be_asked(agent, far, monkeypatch):
    """The reason is told; what is there stays."""
    _want(agent, far, [payloads.document(1, tag=_tag(1))])
    monkeypatch.setattr(gateway, "_REPLY_TIMEOUT", 0.2)
    far.answer = lambda reply: () if isinstance(reply[0], messages.Tenants) else reply
    status, reason = _status(agent)
    assert status == "IN_PROGRESS"
    assert "the node gateway does not answer" in reason
    assert _held() == _tags(payloads.document())
    far.answer = lambda honest: honest
    _settles(agent)


def test_agent_that_ends_between_payload_and_hand_over(agent, far, monkeypatch):
    def killed(*args):
        raise KeyboardInterrupt

    changed = payloads.document(1, tag=_tag(1))
    _want(agent, far, [changed, payloads.document(2)])
    with monkeypatch.context() as patch:
        patch.setattr(send_control.Control, "put", killed)
        with pytest.raises(KeyboardInterrupt):
            agent.look()
    assert _held() == _tags(payloads.document())
    agent.restart()
    _settles(agent)
    assert _held() == _tags(changed, payloads.document(2))


def test_restarted_agent_changes_nothing(agent, far, machine):
    before = _SECRET.read_bytes()
    agent.restart()
    _settles(agent)
    assert (far.fetched, machine.send.orders) == ([], [])
    assert _SECRET.read_bytes() == before


def test_lost_secret_is_made_anew(agent, machine, internet):
    before = _SECRET.read_bytes()
    _SECRET.unlink()
    _settles(agent)
    after = _SECRET.read_bytes()
    assert (len(after), before == after) == (43, False)
    assert machine.send.orders == ["stop", "start"]
    assert _send() == 202
    internet.next_message()


@pytest.mark.parametrize(
    "path",
    [
        "/etc/exordos_mail_send/environment",
        "/etc/exordos_mail_send/tls/key.pem",
        "/etc/exim4/lookups/send.cdb",
    ],
)
def test_damaged_file_is_repaired(agent, path):
    before = pathlib.Path(path).read_bytes()
    pathlib.Path(path).write_text("EXORDOS_MAIL_SEND_NETWORKS=0.0.0.0/0\n")
    _settles(agent)
    assert pathlib.Path(path).read_bytes() == before


def test_stray_lookup_of_a_service_that_is_not_there(machine):
    machine.apply(payloads.payload())
    path = pathlib.Path(machine.layout.send_cdb)
    path.write_bytes(b"x")
    machine.node.converge(payloads.payload())
    assert not path.exists()


def test_new_networks_reach_the_service(agent, far, machine):
    networks = ["10.1.0.0/16", "192.168.7.0/24"]
    _want(agent, far, [payloads.document()], send_networks=networks)
    _settles(agent)
    assert machine.send.orders == ["stop", "start"]
    environment = pathlib.Path(f"/proc/{machine.send.pid}/environ").read_text()
    assert "EXORDOS_MAIL_SEND_NETWORKS=10.1.0.0/16,192.168.7.0/24\0" in environment


def test_new_certificate_is_shown_without_a_restart(agent, machine):
    pathlib.Path(machine.layout.certificate).unlink()
    _settles(agent)
    assert machine.send.orders == []
    new = pathlib.Path(machine.layout.certificate).read_text()

    def is_shown() -> bool:
        return ssl.get_server_certificate(("127.0.0.1", 443)).split() == new.split()

    waiting.until(is_shown, "the new certificate is shown")


def test_boot(agent, machine):
    """The files are there before any agent runs, with a secret that exim knows."""
    machine.stop()
    for path in (_SECRET, pathlib.Path(machine.layout.send_cdb)):
        path.unlink()
    (_DIRECTORY / "environment").write_text("nonsense")
    assert configure.main() == 0
    machine.supervisor.start()
    machine.send.start()
    machine.send.orders.clear()
    fixtures.waiting.until(lambda: fixtures.probe.daemon(machine.layout), "exim runs")
    fixtures.waiting.until(_SOCKET.exists, "the send service listens")
    agent.restart()
    _settles(agent)
    assert machine.send.orders == []
    assert _send() == 202


def test_removal_of_the_instance(agent, machine):
    assert _send() == 202
    agent.orchestrator.want(None)
    agent.look()
    assert agent.orchestrator.facts == {}
    assert machine.send.pid is None
    assert not _DIRECTORY.exists()
    assert list(_DATA.iterdir()) == []


def test_removal_waits_for_the_end_of_the_service(agent, machine, monkeypatch):
    monkeypatch.setattr(tenants, "_REMOVAL_TIMEOUT", 0.2)
    agent.orchestrator.want(None)
    with monkeypatch.context() as patch:
        patch.setattr(machine.send, "stop", lambda: None)
        agent.look()
        assert _DATA.joinpath("send.sqlite3").exists()
    agent.look()
    assert list(_DATA.iterdir()) == []


def test_platform_without_a_gateway(machine, tmp_path, clock):
    """The documents come with the payload, and again as long as they are needed."""
    agent = agents.Agent(machine, tmp_path)
    one, two = payloads.document(1), payloads.document(2)
    agent.orchestrator.want(payloads.payload(tenants=[one]))
    _settles(agent)
    agent.orchestrator.want(payloads.payload(tenants=[one, two], generation=2))
    _settles(agent)
    assert _held() == _tags(one, two)
    machine.send.kill()
    for path in _DATA.iterdir():
        if path.is_file():
            path.unlink()
    clock[0] += 60
    _settles(agent)
    assert _held() == _tags(one, two)


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

    _want(agent, far, documents)
    with monkeypatch.context() as patch:
        patch.setattr(send_control.Control, "put", ringing)
        status, reason = _status(agent)
        assert status == "IN_PROGRESS"
        assert "tenants" in reason
        # Once when the platform's payload was taken, once for the ring.
        assert len(puts) <= 2
        _accounts_change(agent, far, documents)
    _settles(agent)
    assert _held() == _tags(*documents)


def test_no_gateway_is_no_failure_of_the_service(agent, far, machine):
    far.stop()
    waiting.until(lambda: not agent.doorbell.is_up, "the connection is lost")
    for _ in range(3):
        assert _status(agent) == ("ACTIVE", "")
    assert machine.send.orders == []
