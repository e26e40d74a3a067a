# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A node serves mail from what is on its disk, before any agent has run."""

import pathlib
import shutil

from exordos_mail.dataplane import configure
from exordos_mail.dataplane.engine import lock
from exordos_mail.dataplane.services.exim import render
from tests.integration.exim import fixtures, payloads
from tests.unit.node_values import candidate_of

_CONF = pathlib.Path("/etc/exim4/exim4.conf")


def _boot(machine: fixtures.Machine) -> int:
    status = configure.main()
    machine.supervisor.start()
    fixtures.waiting.until(
        lambda: fixtures.probe.daemon(machine.layout) or not _CONF.exists(), "exim runs"
    )
    return status


def test_reboot(machine):
    machine.apply(payloads.payload())
    machine.supervisor.stop()
    assert _boot(machine) == 0
    assert (
        fixtures.probe.wait_for_revision(machine.layout, _revision(), seconds=5) is None
    )
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235
    assert machine.fresh_node().observe().status == "ACTIVE"


def test_new_root_disk(machine):
    machine.apply(payloads.payload())
    machine.supervisor.stop()
    for directory in machine.layout.owned_directories:
        shutil.rmtree(directory)
    for path in (_CONF, machine.layout.passwd, machine.layout.mail_env):
        pathlib.Path(path).unlink()
    for path in (machine.layout.spool_dir, machine.layout.log_dir):
        shutil.rmtree(path)
    assert _boot(machine) == 0
    fixtures.probe.wait_for_revision(machine.layout, _revision(), seconds=5)
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235
    assert machine.fresh_node().observe().status == "ACTIVE"


def test_new_data_disk_that_belongs_to_root(machine):
    machine.apply(payloads.payload())
    machine.supervisor.stop()
    spool_directory = pathlib.Path(machine.layout.spool_dir)
    shutil.rmtree(spool_directory)
    spool_directory.mkdir(mode=0o755)
    machine.fresh_node()
    machine.apply(payloads.payload())
    assert fixtures.submit("From: alice@example.com\r\n\r\nx\r\n")[0] == 250


def test_software_whose_configuration_does_not_run(machine, monkeypatch):
    machine.apply(payloads.payload())
    machine.supervisor.stop()
    before = _CONF.read_bytes()
    real = render._exim_conf
    with monkeypatch.context() as patch:
        patch.setattr(
            render,
            "_exim_conf",
            lambda *args, **kwargs: real(*args, **kwargs) + "nonsense\n",
        )
        assert _boot(machine) == 1
    assert _CONF.read_bytes() == before
    fixtures.probe.wait_for_revision(machine.layout, _revision(), seconds=5)
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235


def test_node_without_an_instance_starts_nothing(machine):
    assert _boot(machine) == 0
    assert not _CONF.exists()
    assert machine.supervisor.pids() == []


def test_agent_at_work_is_not_waited_for(machine):
    """The agent may be waiting for exim's start, which comes after this program."""
    machine.apply(payloads.payload())
    pathlib.Path(machine.layout.passwd).unlink()
    with lock.Lock(machine.layout):
        assert configure.main() == 0
    assert not pathlib.Path(machine.layout.passwd).exists()


def _revision() -> str:
    spec = candidate_of(payloads.payload()).payload.spec
    return render.revision_of(render.render_conf(spec, fixtures.LAYOUT))
