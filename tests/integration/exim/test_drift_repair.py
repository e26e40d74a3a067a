# SPDX-FileCopyrightText: 2026 The exordos_mail authors
# SPDX-License-Identifier: Apache-2.0

"""What somebody changes by hand is noticed at the next look and repaired."""

import os
import pathlib
import shutil
import signal

import pytest

from exordos_mail.dataplane.services.exim import domains
from tests.integration.exim import fixtures, payloads, waiting

_FILES = [
    "/etc/exim4/exim4.conf",
    "/etc/exim4/passwd",
    "/etc/exim4/lookups/passwd/35.cdb",
    f"/etc/exim4/lookups/domains/{domains.file_name('example.com')}.cdb",
    "/etc/exim4/hold.filter",
    "/etc/exim4/dkim/example.com/platform.key",
    "/etc/exim4/dkim/platform.txt",
    "/etc/exim4/tls/key.pem",
    "/etc/exim4/tls/cert.pem",
    "/etc/exim4/tls/rsa-key.pem",
    "/etc/exordos_metapaas/mail.env",
]


def _snapshot() -> dict[str, tuple[bytes, int, int, int]]:
    found = {}
    for path in _FILES:
        if "/tls/" not in path:
            status = os.stat(path)
            content = pathlib.Path(path).read_bytes()
            found[path] = (content, status.st_mode, status.st_uid, status.st_gid)
    return found


def _edit(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes() + b"# by hand\n")


def _truncate(path: pathlib.Path) -> None:
    path.write_bytes(b"")


def _open_up(path: pathlib.Path) -> None:
    path.chmod(0o666)


def _give_away(path: pathlib.Path) -> None:
    os.chown(path, 65534, 65534)


def _become_link(path: pathlib.Path) -> None:
    elsewhere = pathlib.Path("/run/elsewhere")
    shutil.move(path, elsewhere)
    path.symlink_to(elsewhere)


def _become_directory(path: pathlib.Path) -> None:
    path.unlink()
    (path / "something").mkdir(parents=True)


_COMMON_DAMAGES = [_edit, pathlib.Path.unlink]
_ODD_DAMAGES = [_truncate, _open_up, _give_away, _become_link, _become_directory]
_ODD_PLACES = [
    "/etc/exim4/exim4.conf",
    "/etc/exim4/lookups/passwd/35.cdb",
    "/etc/exim4/tls/key.pem",
]
_CASES = [(path, damage) for path in _FILES for damage in _COMMON_DAMAGES]
_CASES += [(path, damage) for path in _ODD_PLACES for damage in _ODD_DAMAGES]


@pytest.fixture
def served(mail):
    before = _snapshot()
    yield mail
    target = payloads.without_bulk(payloads.payload())
    assert mail.node.observe().revision == ""
    assert mail.node.observe().status == "IN_PROGRESS"
    target["revision"] = payloads.payload()["revision"]
    # An agent's next passes: a daemon that was killed may hold its ports a while.
    waiting.until(
        lambda: mail.node.converge(target).status == "ACTIVE", "repaired", seconds=30
    )
    assert _snapshot() == before
    assert mail.fresh_node().observe().status == "ACTIVE"
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235


@pytest.mark.parametrize(
    ("path", "damage"),
    _CASES,
    ids=[f"{path}-{damage.__name__.strip('_')}" for path, damage in _CASES],
)
def test_file(served, path, damage):
    damage(pathlib.Path(path))


@pytest.mark.parametrize(
    "directory", ["/etc/exim4/lookups", "/etc/exim4/dkim", "/etc/exim4/tls"]
)
def test_whole_directory(served, directory):
    shutil.rmtree(directory)


@pytest.mark.parametrize(
    "stray",
    ["/etc/exim4/lookups/x.cdb", "/etc/exim4/dkim/other.com/x.key", "/etc/exim4/tls/x"],
)
def test_stray_file(served, stray):
    path = pathlib.Path(stray)
    path.parent.mkdir(exist_ok=True)
    path.write_text("stray")


def test_same_length_and_time_stamp_do_not_hide_a_change(served):
    path = pathlib.Path("/etc/exim4/lookups/passwd/35.cdb")
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_exim_stopped_by_hand(served):
    served.supervisor.stop()


def test_exim_killed(served):
    pid = served.daemon()[0]
    os.kill(pid, signal.SIGKILL)
    waiting.until(lambda: pid not in served.supervisor.pids(), "exim is gone")


def test_another_exim_in_its_place(served, tmp_path):
    """A daemon of our program that runs another configuration is replaced."""
    served.supervisor.stop()
    conf = pathlib.Path("/etc/exim4/exim4.conf")
    good = conf.read_bytes()
    conf.write_bytes(good.replace(b"revision=", b"revision=f00"))
    served.supervisor.start()
    waiting.until(lambda: fixtures.probe.daemon(served.layout), "it runs")
    conf.write_bytes(good)


def test_touched_but_unchanged_file_is_not_repaired(mail):
    daemon = mail.daemon()
    pathlib.Path("/etc/exim4/exim4.conf").touch()
    assert mail.node.observe().status == "ACTIVE"
    assert mail.daemon() == daemon


def test_lost_payload_is_asked_for_again_and_exim_goes_on(mail):
    pathlib.Path(mail.layout.payload).unlink()
    target = payloads.without_bulk(payloads.payload())
    report = mail.node.converge(target)
    assert (report.revision, report.status) == ("", "IN_PROGRESS")
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235
    mail.apply(payloads.payload())


def test_damaged_settings_are_unknown_to_a_new_process(mail):
    digest = mail.node.accepted().digests("settings")["0"]
    path = pathlib.Path(mail.layout.text(("settings", "0"), digest))
    path.write_text("{}")
    node = mail.fresh_node()
    assert node.accepted() is None
    report = node.converge(payloads.without_bulk(payloads.payload()))
    assert (report.revision, report.status) == ("", "IN_PROGRESS")
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235
    mail.apply(payloads.payload())
    assert path.read_text() != "{}"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"bulk": {}}', b"\0" * 100])
def test_damaged_payload_counts_as_lost(mail, content):
    pathlib.Path(mail.layout.payload).write_bytes(content)
    report = mail.node.converge(payloads.without_bulk(payloads.payload()))
    assert (report.revision, report.status) == ("", "IN_PROGRESS")
    assert fixtures.login_code(payloads.ALICE, payloads.PASSWORD) == 235
    mail.apply(payloads.payload())
