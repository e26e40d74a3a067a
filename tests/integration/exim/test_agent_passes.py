# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The driver in the real agent: it settles, repairs, and tells no secret."""

import logging
import pathlib
import ssl

import pytest

from tests.integration.exim import agents, fixtures, payloads


@pytest.fixture
def agent(machine, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    agent = agents.Agent(machine, tmp_path)
    yield agent
    key = payloads.keys()["platform"]["private_key"].splitlines()[1]
    told = {"the log": caplog.text, "the reports": str(agent.orchestrator.facts)}
    for path in tmp_path.iterdir():
        told[str(path)] = path.read_text()
    for where, text in told.items():
        for secret in ("$6$", key, "PRIVATE KEY", "bulk", "rate_limit"):
            assert secret not in text, f"{where} holds {secret}"
    assert "Traceback" not in caplog.text


def test_first_pass_settles(agent):
    value = payloads.payload()
    agent.orchestrator.want(value)
    report = agent.look()
    assert (report["status"], report["status_reason"]) == ("ACTIVE", "")
    assert agent.orchestrator.settled
    assert set(report["dkim"]) == {"platform", "platform-ed25519"}
    assert report["dkim"]["platform"].startswith("v=DKIM1; k=rsa; p=")
    shown = ssl.get_server_certificate(("127.0.0.1", 465))
    assert shown in report["certificates"]
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235


def test_idle_passes_change_nothing(agent, machine, caplog):
    agent.orchestrator.want(payloads.payload())
    agent.look()
    daemon, meta = machine.daemon(), agent.meta_file.stat()
    caplog.clear()
    for _ in range(5):
        assert agent.look()["status"] == "ACTIVE"
    assert "Updating" not in caplog.text
    assert machine.daemon() == daemon
    assert agent.meta_file.stat() == meta


def test_damage_is_repaired_within_two_passes_without_the_bulk(agent, machine):
    agent.orchestrator.want(payloads.payload())
    agent.look()
    pathlib.Path("/etc/exim4/lookups/passwd/35.cdb").unlink()
    machine.supervisor.stop()
    agent.look()
    assert agent.look()["status"] == "ACTIVE"
    assert agent.orchestrator.settled
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235


def test_restarted_agent_goes_on(agent):
    agent.orchestrator.want(payloads.payload())
    agent.look()
    agent.restart()
    assert agent.look()["status"] == "ACTIVE"
    assert agent.orchestrator.settled


def test_changes_follow_one_another(agent):
    for number in range(3):
        accounts = {f"user{number}": "p"}
        agent.orchestrator.want(payloads.payload(accounts, generation=number))
        assert agent.look()["generation"] == number
        assert agent.orchestrator.settled
        assert fixtures.login_code(f"user{number}@example.com", "p") == 235


@pytest.mark.parametrize(
    "damage",
    [
        {"bulk": {"collections": {}, "texts": {"accounts": {"1": "$6$secret$hash"}}}},
        {"bulk": "$6$secret$hash"},
        {"bulk": ["$6$secret$hash"]},
        {"domain": None},
        {"domain": 5},
        {"generation": "many"},
        {"revision": "0" * 64},
        {"name": ["x"]},
        {"unknown": 1},
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_bad_payload_is_an_error_report_and_nothing_is_written(
    agent, machine, damage, first
):
    if not first:
        agent.orchestrator.want(payloads.payload())
        agent.look()
    before = _tree()
    agent.orchestrator.want({**payloads.payload({"bob": "b"}), **damage})
    report = agent.look()
    if "unknown" in damage:
        # A newer control plane's field beside the known ones is left out.
        assert report["status"] == "ACTIVE"
        return
    assert report["status"] == "ERROR"
    assert report["status_reason"]
    assert not agent.orchestrator.settled
    assert _tree() == before
    agent.orchestrator.want(payloads.payload(generation=5))
    assert agent.look()["status"] == "ACTIVE"
    assert agent.orchestrator.settled


def test_lost_local_payload_brings_the_full_one(agent, machine):
    agent.orchestrator.want(payloads.payload())
    agent.look()
    pathlib.Path(machine.layout.payload).unlink()
    for _ in range(2):
        agent.look()
    assert agent.orchestrator.settled
    assert pathlib.Path(machine.layout.payload).exists()


def test_lost_meta_file_does_not_make_an_orphan(agent, machine):
    agent.orchestrator.want(payloads.payload())
    agent.look()
    agent.meta_file.unlink()
    agent.meta_file = agent.meta_file.with_name("another.json")
    agent.restart()
    agent.orchestrator.want(None)
    agent.look()
    assert not pathlib.Path(machine.layout.passwd).exists()
    assert machine.supervisor.pids() == []


def test_removal(agent, machine):
    agent.orchestrator.want(payloads.payload())
    agent.look()
    agent.orchestrator.want(None)
    agent.look()
    assert agent.orchestrator.facts == {}
    assert not pathlib.Path(machine.layout.passwd).exists()
    assert machine.supervisor.pids() == []
    agent.orchestrator.want(payloads.payload())
    assert agent.look()["status"] == "ACTIVE"


def test_broken_engine_is_an_error_report(agent, machine, monkeypatch):
    agent.orchestrator.want(payloads.payload())
    agent.look()

    def broken(value):
        raise ZeroDivisionError(payloads.hashed("secret"))

    monkeypatch.setattr(machine.node, "converge", broken)
    agent.orchestrator.want(payloads.payload(generation=2))
    report = agent.look()
    assert report["status"] == "ERROR"
    assert report["status_reason"] == "internal error: ZeroDivisionError"


def _tree() -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for place in ("/etc/exim4", "/etc/exordos_metapaas")
        for path in pathlib.Path(place).rglob("*")
        if path.is_file()
    }
