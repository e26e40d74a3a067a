# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""A configuration that exim cannot run never replaces one that it can."""

import itertools
import pathlib
import signal
import time

import pytest

from exordos_mail.dataplane.engine import backoff, service
from exordos_mail.dataplane.engine import trial as engine_trial
from exordos_mail.dataplane.services.exim import daemon, rehearsal, render, trial
from tests.integration.exim import fixtures, payloads, waiting

_CONF = pathlib.Path("/etc/exim4/exim4.conf")

# Faults that `exim -bV` does not see and
# some that it does: text in the template, text put there instead.
_FAULTS = {
    "unknown option": ("helo_accept_junk_hosts ", "helo_accept_any "),
    "unknown transport": ("transport = remote_smtp\n", "transport = no_such\n"),
    "undefined ACL": ("= acl_data\n", "= acl_nothing\n"),
    "bad expansion in an ACL": ("${if >{$max_received_linelength}", "${if >{$max_"),
    "bad expansion in AUTH": ("acl_check_password}}}{$auth2}", "acl_check_password}}"),
    "missing lookup file": ("/passwd/${eval", "/nothing/${eval"),
    "missing certificate": ("/tls.cdb", "/nothing.cdb"),
    "open relay": (
        "  deny   !authenticated = *\n         message = 550 5.7.1 Relay",
        "  accept !authenticated = *\n         message = 550 5.7.1 Relay",
    ),
    "any password": ("crypteq{$acl_arg2}{\\{crypt\\}$value}", "bool{true}"),
    "any sender": (
        "${if !acl{{acl_own_address}{$sender_address}}}",
        "no",
    ),
    "any author": (
        "${if !acl{{acl_own_address}{$acl_m_mailbox}}}",
        "no",
    ),
    "any secret of the send service": ("{eq{${lc:${sha256:$acl_arg2}}}", "{!eq{}"),
    "no secret of the send service": ("/send.cdb", "/nothing.cdb"),
    "any domain of the send service": ("match_domain{${domain:$acl_arg1}}", "!eq{}"),
    "AUTH on port 25": (
        "{{def:tls_in_cipher}{inlist{$received_port}{SUBMISSION_PORTS}}}",
        "{{def:tls_in_cipher}{bool{true}}}",
    ),
}


def _broken(fault: str):
    find, put = _FAULTS[fault]
    render_conf = render._exim_conf

    def exim_conf(*args, **kwargs):
        text = render_conf(*args, **kwargs)
        broken = text.replace(find, put)
        assert broken != text, f"{find!r} is not in the configuration"
        return broken

    return exim_conf


@pytest.mark.parametrize("fault", _FAULTS)
def test_old_one_stays_in_service(mail, monkeypatch, fault):
    before, conf = mail.daemon(), _CONF.read_bytes()
    wanted = payloads.payload({"bob": "b"}, generation=2)
    with monkeypatch.context() as patch:
        patch.setattr(render, "_exim_conf", _broken(fault))
        report = mail.node.converge(wanted)
    assert report.status == "ERROR"
    assert report.reason
    assert "\n" not in report.reason
    assert report.revision != wanted["revision"]
    assert report.generation == 1
    assert (mail.daemon(), _CONF.read_bytes()) == (before, conf)
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235
    assert mail.node.observe().status == "ACTIVE"


def test_first_configuration_that_fails_starts_nothing(machine, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(render, "_exim_conf", _broken("unknown option"))
        report = machine.node.converge(payloads.payload())
    assert (report.status, report.revision) == ("ERROR", "")
    assert not _CONF.exists()
    machine.apply(payloads.payload(generation=2, domain="example.org"))


def test_next_good_change_heals_at_once(mail, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(render, "_exim_conf", _broken("missing lookup file"))
        mail.node.converge(payloads.payload({"bob": "b"}))
    mail.apply(payloads.payload({"bob": "b", "carol": "c"}))
    assert fixtures.login_code("carol@example.com", "c") == 235


def test_failing_apply_is_put_off_ever_longer(mail, monkeypatch):
    clock = [1000.0]
    tries = []

    def fail(*args):
        tries.append(clock[0])
        raise service.RehearsalFailed("no")

    monkeypatch.setattr(backoff, "_monotonic", lambda: clock[0])
    monkeypatch.setattr(rehearsal, "rehearse", fail)
    _CONF.unlink()
    wanted = payloads.payload()
    waits = [1, 2, 4, 8, 16, 32, 60, 60]
    for wait in waits:
        for moment in (0.0, wait - 0.5):
            clock[0] += moment
            report = mail.node.converge(wanted)
            assert (report.status, report.reason) == ("ERROR", "no")
        clock[0] += 0.5
    assert [after - before for before, after in itertools.pairwise(tries)] == waits[:-1]
    monkeypatch.undo()
    mail.fresh_node()
    mail.apply(wanted)


def test_reload_that_is_lost_is_repeated_or_becomes_a_restart(mail, monkeypatch):
    monkeypatch.setattr(daemon, "_RELOAD_TIMEOUT", 0.3)
    monkeypatch.setattr(mail.supervisor, "reload", lambda: None)
    mail.apply(payloads.payload(domain="example.org"))
    assert fixtures.login_code("alice@example.org", payloads.PASSWORD) == 235


def test_daemon_that_does_not_take_it_gets_the_old_one_back(mail, monkeypatch):
    """The rehearsal passes, but the service cannot be brought to the new one."""
    conf = _CONF.read_bytes()
    monkeypatch.setattr(daemon, "_RELOAD_TIMEOUT", 0.2)
    monkeypatch.setattr(daemon, "_START_TIMEOUT", 0.2)
    with monkeypatch.context() as patch:
        patch.setattr(mail.supervisor, "reload", lambda: None)
        patch.setattr(mail.supervisor, "restart", lambda: None)
        report = mail.node.converge(payloads.payload(domain="example.org"))
    assert report.status == "ERROR"
    assert report.domain == "example.com"
    assert _CONF.read_bytes() == conf
    assert mail.node.observe().status == "ACTIVE"
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235


def test_stopped_rehearsal_ends_in_time_and_leaves_no_process(mail, monkeypatch):
    monkeypatch.setattr(trial, "_START_TIMEOUT", 0.5)
    real = trial.wait_until_up

    def hang(private, revision, process):
        process.send_signal(signal.SIGSTOP)
        real(private, revision, process)

    monkeypatch.setattr(trial, "wait_until_up", hang)
    monkeypatch.setattr(engine_trial, "STOP_TIMEOUT", 0.5)
    monkeypatch.setattr(fixtures.probe, "_TIMEOUT", 0.5)
    start = time.monotonic()
    report = mail.node.converge(payloads.payload(domain="example.org"))
    assert report.status == "ERROR"
    assert time.monotonic() - start < 5
    waiting.until(
        lambda: mail.supervisor.pids() == [mail.daemon()[0]], "only the service runs"
    )
    assert list(pathlib.Path(mail.layout.rehearsal_dir).iterdir()) == []
