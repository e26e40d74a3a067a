# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""Removing the instance removes every secret and every trace of the tenant."""

import pathlib

import pytest

from exordos_mail.dataplane.engine import unit
from tests.integration.exim import fixtures, payloads

_PLACES = ("/etc/exim4", "/etc/exordos_metapaas", "/var/spool/exim4", "/run")
_PLACES += ("/var/lib/exordos", "/tmp", "/var/tmp", "/root")  # noqa: S108


# The tests' own: repository, tools and the far side's inbox.
_OURS = {("/", "run", name) for name in ("repository", "tools", "inbox", "elsewhere")}


def _files_with(text: bytes) -> list[str]:
    found = []
    for place in _PLACES:
        for path in pathlib.Path(place).rglob("*"):
            if path.parts[:3] in _OURS:
                continue
            if path.is_file() and text in path.read_bytes():
                found.append(str(path))
    return found


def _leftovers() -> list[str]:
    key = payloads.keys()["platform"]["private_key"].splitlines()[1].encode()
    wanted = [payloads.hashed(payloads.PASSWORD).encode(), key, b"PRIVATE KEY"]
    wanted += [b"the tenant's text", b"alice@example.com"]
    return [path for text in wanted for path in _files_with(text)]


def _serve_and_queue(machine) -> None:
    machine.apply(payloads.payload())
    # Nothing answers there: the message stays in the queue.
    code, _ = fixtures.submit(
        "From: alice@example.com\r\n\r\nthe tenant's text\r\n",
        recipients=["x@[192.0.2.99]", "bob@192.0.2.99.test"],
    )
    assert code in (250, 501)


def test_nothing_is_left(machine):
    _serve_and_queue(machine)
    assert _leftovers()
    machine.node.remove()
    assert _leftovers() == []
    assert machine.supervisor.pids() == []
    assert not pathlib.Path(machine.layout.exim_conf).exists()
    assert not pathlib.Path(machine.layout.mail_env).exists()


def test_open_sessions_end(machine):
    machine.apply(payloads.payload())
    smtp = fixtures.alice()
    machine.node.remove()
    with pytest.raises(OSError):
        smtp.noop()


def test_files_go_even_if_exim_cannot_be_stopped(machine, monkeypatch):
    machine.apply(payloads.payload())

    def fail() -> None:
        raise unit.ServiceError("no")

    with monkeypatch.context() as patch:
        patch.setattr(machine.supervisor, "stop", fail)
        with pytest.raises(unit.ServiceError):
            machine.node.remove()
    machine.supervisor.stop()
    assert _leftovers() == []


def test_twice_is_fine(machine):
    machine.apply(payloads.payload())
    machine.node.remove()
    machine.node.remove()
    machine.apply(payloads.payload())
