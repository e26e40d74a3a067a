# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""An account that is disabled, deleted or has a new password is out at once."""

import pytest

from exordos_mail.dataplane.engine import files
from exordos_mail.dataplane.services.exim import lockout, sessions, strangers
from tests.integration.exim import fixtures, payloads, raw

_BOTH = {"alice": payloads.PASSWORD, "bob": "b"}


def _is_open(smtp) -> bool:
    try:
        return smtp.noop()[0] == 250
    except OSError:
        return False


@pytest.mark.parametrize("after", [{"bob": "b"}, {"alice": "new", "bob": "b"}])
@pytest.mark.parametrize("port", [465, 587])
def test_its_sessions_end_and_others_go_on(machine, port, after):
    machine.apply(payloads.payload(_BOTH))
    sessions_of_alice = [fixtures.alice(port), fixtures.alice(port)]
    bob = fixtures.client(port, "bob@example.com", "b")
    daemon = machine.daemon()
    machine.apply(payloads.payload(after))
    assert [_is_open(one) for one in sessions_of_alice] == [False, False]
    assert _is_open(bob)
    assert machine.daemon() == daemon


def test_session_before_its_login_cannot_use_the_old_password(machine):
    machine.apply(payloads.payload(_BOTH))
    smtp = fixtures.client(465)
    # A wrong password first: now the session holds the old file open.
    assert smtp.docmd("AUTH PLAIN", "AGFAYgBj")[0] == 535
    idle = fixtures.client(465)
    machine.apply(payloads.payload({"alice": "new", "bob": "b"}))
    with pytest.raises((OSError, fixtures.smtplib.SMTPException)):
        smtp.login(payloads.ALICE, payloads.PASSWORD)
    with pytest.raises(fixtures.smtplib.SMTPAuthenticationError):
        idle.login(payloads.ALICE, payloads.PASSWORD)


def test_message_in_the_middle_is_not_accepted(machine, internet):
    machine.apply(payloads.payload(_BOTH))
    smtp = fixtures.alice()
    smtp.mail(payloads.ALICE)
    smtp.rcpt("bob@elsewhere.test")
    assert smtp.docmd("DATA")[0] == 354
    smtp.send(b"From: alice@example.com\r\n\r\nhalf")
    machine.apply(payloads.payload({"bob": "b"}))
    with pytest.raises(OSError):
        smtp.send(b" and half\r\n.\r\n")
        smtp.getreply()
        smtp.noop()
    assert internet.count() == 0


def test_rotated_log_does_not_hide_a_session(machine):
    machine.apply(payloads.payload(_BOTH))
    smtp = fixtures.alice()
    fixtures.MAINLOG.rename(fixtures.MAINLOG.with_name("mainlog.1"))
    fixtures.alice(465).close()
    machine.apply(payloads.payload({"bob": "b"}))
    assert not _is_open(smtp)


def test_killed_agent_does_not_forget_it(machine, monkeypatch):
    machine.apply(payloads.payload(_BOTH))
    smtp = fixtures.alice()

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "end", killed)
        with pytest.raises(KeyboardInterrupt):
            machine.node.converge(payloads.payload({"bob": "b"}))
    assert _is_open(smtp)
    machine.fresh_node()
    assert machine.node.observe().revision == ""
    machine.apply(payloads.payload({"bob": "b"}))
    assert not _is_open(smtp)
    assert lockout.pending(machine.layout) == frozenset()
    assert files.signature(machine.layout.disk(machine.layout.lockout)) is None


def test_who_does_not_log_in_in_time_is_cut_off_however_busy(machine, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(strangers, "_monotonic", lambda: clock[0])
    machine.apply(payloads.payload(_BOTH))
    alice = fixtures.alice(587)
    busy = [raw.Dialogue(port) for port in (465, 587)]
    machine.node.pull()
    clock[0] += strangers.LOGIN_TIME
    fresh = raw.Dialogue(465)
    for one in busy:
        assert one.say("NOOP").startswith("250")
    machine.node.pull()
    assert [one.say("NOOP") for one in busy] == ["", ""]
    assert _is_open(alice)
    assert fresh.say("NOOP").startswith("250")
    # It is known by now, whatever becomes of the log.
    fixtures.MAINLOG.rename(fixtures.MAINLOG.with_name("mainlog.9"))
    clock[0] += strangers.LOGIN_TIME
    machine.node.pull()
    assert _is_open(alice)
    assert fresh.say("NOOP") == ""
