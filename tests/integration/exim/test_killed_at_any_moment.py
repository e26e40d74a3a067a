# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An agent that is killed between any two writes leaves mail in service.

The apply runs in a child process that exits hard before its n-th change of the
file system or its n-th order to exim, for every n until it gets through.
"""

import contextlib
import os
import re
import typing as tp

import pytest

from exordos_mail.dataplane.services.exim import dialogues, rehearsal
from tests.integration.exim import fixtures, payloads, waiting

_CHANGES = ("replace", "unlink", "mkdir", "rmdir")
_UNLINK = os.unlink
# Of the 64 lookup files of accounts these stand for all.
_LIKE_ANOTHER = re.compile(r"/passwd/\.?[1-6][0-9]\.cdb")
_KILLED = 137
_OLD = payloads.payload({"alice": "old", "bob": "b"})
_NEW = payloads.payload(
    {"alice": "new", "carol": "c"}, domain="example.org", generation=2
)


@pytest.fixture
def no_rehearsal(monkeypatch):
    """Keep the trial runs out: their files are private; see the last test."""
    monkeypatch.setattr(rehearsal, "rehearse", lambda *args: None)


def _killed_before(count: int, supervisor: tp.Any) -> None:
    """Make this process exit before its n-th change."""
    left = [count]

    def counted(real: tp.Callable[..., tp.Any]) -> tp.Callable[..., tp.Any]:
        def change(*args: tp.Any, **kwargs: tp.Any) -> tp.Any:
            if real is _UNLINK and not os.path.lexists(args[0]):
                return real(*args, **kwargs)
            if not (args and _LIKE_ANOTHER.search(str(args[-1]))):
                left[0] -= 1
            if left[0] == 0:
                os._exit(_KILLED)
            return real(*args, **kwargs)

        return change

    for name in _CHANGES:
        setattr(os, name, counted(getattr(os, name)))
    for name in ("reload", "restart", "stop"):
        setattr(supervisor, name, counted(getattr(supervisor, name)))


def _in_child(machine: fixtures.Machine, count: int, step: tp.Callable) -> bool:
    """Run `step(node)` in a child; return whether it was killed."""
    pid = os.fork()
    if pid == 0:
        status = 1
        with contextlib.suppress(BaseException):
            _killed_before(count, machine.supervisor)
            step(fixtures.engine(machine))
            status = 0
        os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in (0, _KILLED)
    return status == _KILLED


def _serves() -> set[str]:
    """Return whose state is served; exim refuses for some ms when it reloads."""
    return waiting.until(_logins, "mail is served", seconds=1)


def _logins() -> set[str]:
    served = set()
    for login, password in (
        ("alice@example.com", "old"),
        ("alice@example.org", "new"),
    ):
        with contextlib.suppress(OSError):
            if fixtures.login_code(login, password, new_client=True) == 235:
                served.add(password)
    return served


def test_during_a_change_of_everything(machine, no_rehearsal):
    count, killed = 0, True
    while killed:
        machine.fresh_node()
        machine.apply(_OLD)
        count += 1
        killed = _in_child(machine, count, lambda node: node.converge(_NEW))
        assert len(_serves()) == 1, f"after change {count}"
        machine.fresh_node()
        if killed and count % 2:
            # The control plane cannot be reached: the node settles by itself.
            report = machine.node.converge(payloads.without_bulk(_NEW))
            assert report.status == "ACTIVE"
            assert report.revision in (_OLD["revision"], _NEW["revision"])
            assert len(_serves()) == 1
        machine.apply(_NEW)
        assert _serves() == {"new"}
    assert count > 20


def test_during_a_change_of_accounts(machine, no_rehearsal):
    """One is new, one is gone, one has another password: three shards."""
    old = payloads.payload({"alice": "old", "bob": "b"})
    new = payloads.payload({"alice": "new", "carol": "c"}, generation=2)
    layout = machine.layout
    count, killed, kept = 0, True, set()
    while killed:
        machine.fresh_node()
        machine.apply(old)
        count += 1
        killed = _in_child(machine, count, lambda node: node.converge(new))
        accepted = machine.fresh_node().accepted()
        assert accepted.revision in (old["revision"], new["revision"])
        kept.add(accepted.revision)
        # The accepted one is whole, whichever it is; it is gone on to alone.
        report = machine.node.converge(payloads.without_bulk(new))
        assert (report.status, report.revision) == ("ACTIVE", accepted.revision)
        is_new = accepted.revision == new["revision"]
        for name, password, served in (
            ("alice", "new" if is_new else "old", True),
            ("alice", "old" if is_new else "new", False),
            ("bob", "b", not is_new),
            ("carol", "c", is_new),
        ):
            login = f"{name}@example.com"
            code = fixtures.login_code(login, password, new_client=True)
            assert code == (235 if served else 535), f"{login} after change {count}"
        texts = {layout.accounts(*one) for one in accepted.digests.items()}
        on_disk = layout.disk(layout.accounts_dir).iterdir()
        assert {str(path) for path in on_disk} == texts
    assert count > 8
    assert len(kept) == 2


def test_during_the_first_apply(machine, no_rehearsal):
    count, killed = 0, True
    while killed:
        machine.clean()
        count += 1
        killed = _in_child(machine, count, lambda node: node.converge(_NEW))
        machine.fresh_node()
        machine.apply(_NEW)
        assert _serves() == {"new"}
    assert count > 20


def test_during_the_removal(machine, no_rehearsal):
    count, killed = 0, True
    while killed:
        machine.fresh_node()
        machine.apply(_NEW)
        count += 1
        killed = _in_child(machine, count, lambda node: node.remove())
        machine.fresh_node().remove()
        assert _logins() == set()
        for directory in machine.layout.owned_directories:
            assert not machine.layout.disk(directory).exists()
        assert not list(machine.layout.disk(machine.layout.state_dir).iterdir())
    assert count > 10


@pytest.mark.parametrize(
    ("module", "moment"),
    [(rehearsal, "_check_transports"), (dialogues, "check_relay_port")],
)
def test_during_a_rehearsal(mail, module, moment):
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            setattr(module, moment, lambda *args: os._exit(_KILLED))
            node = fixtures.engine(mail)
            node.converge(payloads.payload(domain="example.org"))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == _KILLED
    waiting.until(
        lambda: mail.supervisor.pids() == [mail.daemon()[0]],
        "the trial has ended with the agent",
    )
    mail.fresh_node()
    mail.apply(payloads.payload(domain="example.org"))
    assert not list(mail.layout.disk(mail.layout.rehearsal_dir).iterdir())
