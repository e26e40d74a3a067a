# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An agent that is killed between any two writes leaves mail in service.

The apply runs in a process that exits hard before its n-th change of the file
system or its n-th order to exim, for every n until it gets through.
"""

import contextlib

import pytest

from tests.integration.exim import fixtures, payloads, waiting

_OLD = payloads.payload({"alice": "old", "bob": "b"})
_NEW = payloads.payload(
    {"alice": "new", "carol": "c"}, domain="example.org", generation=2
)


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


def test_during_a_change_of_everything(machine, killed_child):
    count, killed = 0, True
    while killed:
        machine.fresh_node()
        machine.apply(_OLD)
        count += 1
        killed = killed_child.before(count, "converge", _NEW)
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


def test_during_a_change_of_accounts(machine, killed_child):
    """One is new, one is gone, one has another password: three buckets."""
    old = payloads.payload({"alice": "old", "bob": "b"})
    new = payloads.payload({"alice": "new", "carol": "c"}, generation=2)
    layout = machine.layout
    count, killed, kept = 0, True, set()
    while killed:
        machine.fresh_node()
        machine.apply(old)
        count += 1
        killed = killed_child.before(count, "converge", new)
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
        texts = {layout.text(*one) for one in accepted.kept.items()}
        on_disk = layout.disk(layout.documents_dir).glob("*/*")
        assert {str(path) for path in on_disk} == texts
    assert count > 8
    assert len(kept) == 2


def test_during_the_first_apply(machine, killed_child):
    count, killed = 0, True
    while killed:
        machine.clean()
        count += 1
        killed = killed_child.before(count, "converge", _NEW)
        machine.fresh_node()
        machine.apply(_NEW)
        assert _serves() == {"new"}
    assert count > 20


def test_during_the_removal(machine, killed_child):
    count, killed = 0, True
    while killed:
        machine.fresh_node()
        machine.apply(_NEW)
        count += 1
        killed = killed_child.before(count, "remove")
        machine.fresh_node().remove()
        assert _logins() == set()
        for directory in machine.layout.owned_directories:
            assert not machine.layout.disk(directory).exists()
        assert not list(machine.layout.disk(machine.layout.state_dir).iterdir())
    assert count > 10


@pytest.mark.parametrize(
    ("module", "moment"),
    [("rehearsal", "_check_transports"), ("dialogues", "check_relay_port")],
)
def test_during_a_rehearsal(mail, killed_child, module, moment):
    module = f"exordos_mail.dataplane.services.exim.{module}"
    value = payloads.payload(domain="example.org")
    assert killed_child.at(module, moment, value)
    waiting.until(
        lambda: mail.supervisor.pids() == [mail.daemon()[0]],
        "the trial has ended with the agent",
    )
    mail.fresh_node()
    mail.apply(value)
    assert not list(mail.layout.disk(mail.layout.rehearsal_dir).iterdir())
