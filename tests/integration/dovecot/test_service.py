# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""The service as a whole: certificates, faults, repairs, and how it comes and goes."""

import os
import pathlib
import signal

import pytest

from exordos_mail.dataplane.services.dovecot import render
from tests.integration.dovecot import boxes as boxes_lib
from tests.integration.dovecot.boxes import ALICE, PATHS, Boxes, deliver, imap
from tests.integration.exim import certificates, waiting

_HOST = "example.com"
_OTHER = "imap.second.test"


def _certificates(*leaves: tuple[str, object]) -> dict[str, dict[str, str]]:
    return {"certificates": certificates.texts(*leaves)}  # type: ignore[arg-type]


def _shown(name: str) -> int:
    return certificates.shown(name, 993)


def test_certificates_by_name_are_taken_without_ending_sessions(fresh: Boxes) -> None:
    fresh.apply()
    with imap(ALICE) as made_here:
        first, other = certificates.leaf(_HOST), certificates.leaf(_OTHER)
        fresh.apply(more=_certificates((_HOST, first), (_OTHER, other)))
        serials = [certificates.serial(one) for one in (first, other)]
        assert [_shown(_HOST), _shown(_OTHER)] == serials
        # Who asks for another name is shown the usual one.
        assert _shown("unknown.test") == serials[0]
        with imap(ALICE) as with_first:
            renewed = certificates.leaf(_HOST)
            fresh.apply(more=_certificates((_HOST, renewed), (_OTHER, other)))
            assert _shown(_HOST) == certificates.serial(renewed)
            assert with_first.noop()[0] == "OK"
        assert made_here.noop()[0] == "OK"
    assert "restart" not in fresh.machine.dovecot.orders
    names = [one.name for one in pathlib.Path(PATHS.tls_dir).iterdir()]
    assert len(names) == 4  # those of an earlier one are gone


def test_sessions_from_before_a_reload_can_be_ended(fresh: Boxes) -> None:
    fresh.apply()
    with imap(ALICE) as found:
        fresh.apply(more=_certificates((_HOST, certificates.leaf(_HOST))))
        changed = {"alice": boxes_lib.account(password="another password")}
        leaf = certificates.leaf(_HOST)
        fresh.apply(changed, more=_certificates((_HOST, leaf)))
        with pytest.raises((OSError, found.error)):
            found.noop()


def test_bad_configuration_never_comes_into_service(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = render._text
    before = pathlib.Path(PATHS.conf).read_bytes()

    for template, line, reason in (
        ("dovecot.conf.j2", "nonsense = 1\n", "nonsense"),
        ("dovecot.conf.j2", "disable_plaintext_auth = perhaps\n", "perhaps"),
        ("accounts.lua.j2", "function auth_password_verify(\n", "lua"),
        (
            "accounts.lua.j2",
            "function auth_password_verify() return dovecot.auth.PASSDB_RESULT_OK, {}"
            " end\n",
            "a login in clear",
        ),
    ):
        monkeypatch.setattr(
            render,
            "_text",
            lambda name, *, _line=line, _at=template, **values: (
                text(name, **values) + (_line if name == _at else "")
            ),
        )
        render.configuration.cache_clear()
        changed = {"alice": boxes_lib.account(quota_messages=len(line))}
        report = boxes.machine.fresh_node().converge(boxes_lib.payload(changed))
        monkeypatch.undo()
        render.configuration.cache_clear()
        assert report.status == "ERROR" and reason in report.reason, report.reason
        assert pathlib.Path(PATHS.conf).read_bytes() == before
    boxes.apply()
    assert boxes_lib.logs_in(ALICE)


def test_what_somebody_changed_is_put_right(boxes: Boxes) -> None:
    conf, rows = pathlib.Path(PATHS.conf), pathlib.Path(PATHS.accounts("0"))
    whole = conf.read_bytes(), rows.read_bytes()
    conf.write_bytes(whole[0] + b"# mine\n")
    rows.unlink()
    stray = pathlib.Path(PATHS.before_dir, "mine.sieve")
    stray.write_text("discard;")
    report = boxes.machine.fresh_node().observe()
    assert report.reason
    boxes.apply()
    assert (conf.read_bytes(), rows.read_bytes()) == whole
    assert not stray.exists()


def test_dovecot_that_was_killed_is_started(boxes: Boxes) -> None:
    deliver(ALICE)
    boxes.machine.dovecot.kill()
    assert "Dovecot does not run" in boxes.machine.fresh_node().observe().reason
    boxes.apply()
    assert boxes_lib.logs_in(ALICE)


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("imap-login", "port 143"),
        ("pop3-login", "port 110"),
        ("managesieve-login", "port 4190"),
    ],
)
def test_door_that_hangs_is_named(boxes: Boxes, program: str, told: str) -> None:
    pids = boxes_lib.processes(program)
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        node = boxes.machine.fresh_node()
        what = f"{told} is named"
        waiting.until(lambda: told in node.observe().reason, what, seconds=30)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    boxes.apply()


def test_instance_without_mailboxes_runs_none_and_keeps_mail(boxes: Boxes) -> None:
    deliver(ALICE)
    with imap(ALICE) as found:
        count = found.select("INBOX")[1]
        boxes.apply(mailboxes=None)
        assert not boxes_lib.processes("imap")
    waiting.until(lambda: not boxes_lib.processes("dovecot"), "all has ended")
    assert not pathlib.Path(PATHS.directory).exists()
    assert boxes.home().is_dir()
    boxes.apply()
    with imap(ALICE) as found:
        assert found.select("INBOX")[1] == count


def test_removal_keeps_mail_and_nothing_else(fresh: Boxes) -> None:
    fresh.apply()
    deliver(ALICE)
    fresh.machine.node.remove()
    assert not pathlib.Path(PATHS.directory).exists()
    assert not boxes_lib.processes("dovecot")
    assert fresh.home().is_dir()


def test_boot_puts_all_in_place(fresh: Boxes) -> None:
    fresh.apply()
    fresh.machine.stop()
    conf = pathlib.Path(PATHS.conf)
    before = conf.read_bytes()
    conf.unlink()
    assert fresh.machine.fresh_node().prepare()
    assert conf.read_bytes() == before
    fresh.machine.dovecot.start()
    waiting.until(lambda: boxes_lib.is_up(), "Dovecot answers")
    assert boxes_lib.logs_in(ALICE)
